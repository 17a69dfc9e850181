//! Contexts: which platform is meant, what goes with it and what never does, and the commands that change the file.

use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use trackside::config::{Config, Layers, check_name, sample, schema};

/// A person's home with a config file in it, and commands of theirs.
pub struct Home {
    pub folder: tempfile::TempDir,
    pub env: Vec<(String, String)>,
}

impl Home {
    pub fn new(config: &str) -> Self {
        let it = Self { folder: tempfile::tempdir().unwrap(), env: Vec::new() };
        std::fs::create_dir_all(it.config().parent().unwrap()).unwrap();
        std::fs::write(it.config(), config).unwrap();
        it
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn config(&self) -> PathBuf {
        self.path("config/trackside/config.toml")
    }

    pub fn file(&self, name: &str, text: &str, mode: u32) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        path
    }

    /// A program in this home's `bin`. Another process writes it: whatever is forked here meanwhile must not hold it open.
    pub fn program(&self, name: &str, text: &str) {
        let path = self.path("bin").join(name);
        std::fs::create_dir_all(self.path("bin")).unwrap();
        let mut child =
            Command::new("sh").args(["-c", "cat > \"$0\" && chmod 700 \"$0\""]).arg(path).stdin(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        assert!(child.wait().unwrap().success());
    }

    pub fn run(&self, args: &[&str]) -> Said {
        self.run_with(args, "")
    }

    pub fn run_with(&self, args: &[&str], input: &str) -> Said {
        let mut command = Command::new(env!("CARGO_BIN_EXE_trackside"));
        command.args(args).env_clear().env("HOME", self.folder.path()).env("XDG_CONFIG_HOME", self.path("config"));
        command.env("XDG_STATE_HOME", self.path("state")).env("XDG_DATA_HOME", self.path("data"));
        command.env("PATH", format!("{}:/usr/bin:/bin", self.path("bin").display()));
        command.envs(self.env.iter().map(|it| (it.0.as_str(), it.1.as_str())));
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        Said::of(&child.wait_with_output().unwrap())
    }
}

/// What a command said, and how it ended.
#[derive(Debug)]
pub struct Said {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Said {
    fn of(it: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self { code: it.status.code().unwrap_or(-1), out: text(&it.stdout), err: text(&it.stderr) }
    }
}

const FILE: &str = r#"
context = "staging"
theme = "day"
[notify]
quiet = "22:00-07:00"
[contexts.prod]
url = "https://deploy.example.com"
production = true
theme = "mono"
scope = "shop/api"
poll = "10s"
token_command = ["pass", "show", "prod"]
notify.quiet = "23:00-06:00"
[contexts.prod.notify.to]
deploy = ["bell"]
[contexts.staging]
url = "https://staging.example.com"
read_only = true
keyring = true
"#;

fn layers(text: &str, env: &[(&str, &str)], flags: &[(&str, &str)]) -> (Layers, Vec<String>) {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    let flags: Vec<_> = flags.iter().map(|(key, value)| (*key, config::ValueKind::String((*value).to_owned()))).collect();
    let env = env.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
    let (layers, complaints) = Layers::read(file.path(), env, &flags);
    let name = file.path().display().to_string();
    (layers, complaints.iter().map(|it| it.to_string().replace(&name, "F")).collect())
}

fn of(it: &Layers) -> Config {
    it.config(None).unwrap().0
}

#[test]
fn a_context_is_named_by_flag_or_environment_or_file_and_brings_its_own_settings() {
    let (it, complaints) = layers(FILE, &[], &[]);
    assert_eq!(complaints, Vec::<String>::new());
    assert_eq!(it.names(), ["local", "prod", "staging"]);
    let staging = of(&it);
    assert_eq!((staging.context.name.as_str(), staging.context.read_only, staging.theme.as_str()), ("staging", true, "day"));
    assert_eq!(staging.notify.quiet.as_deref(), Some("22:00-07:00"));
    let (it, _) = layers(FILE, &[("TRACKSIDE_CONTEXT", "prod")], &[]);
    let prod = of(&it);
    assert_eq!((prod.context.name.as_str(), prod.context.production, prod.theme.as_str()), ("prod", true, "mono"));
    assert_eq!((prod.context.scope.as_deref(), prod.context.poll.map(|it| it.0)), (Some("shop/api"), Some(10_000)));
    assert_eq!(prod.notify.quiet.as_deref(), Some("23:00-06:00"));
    assert_eq!(prod.notify.to.deploy.as_deref(), Some(&["bell".to_owned()][..]));
    assert_eq!(prod.context.token_command, ["pass", "show", "prod"]);
    let (it, _) = layers(FILE, &[("TRACKSIDE_CONTEXT", "prod")], &[("context", "local"), ("theme", "ansi")]);
    let local = of(&it);
    assert_eq!((local.context.name.as_str(), local.context.url, local.theme.as_str()), ("local", None, "ansi"));
}

#[test]
fn a_context_that_is_not_there_is_never_another_one_instead() {
    let (it, _) = layers(FILE, &[], &[("context", "prd")]);
    let said = it.config(None).unwrap_err().to_string();
    assert_eq!(said, "there is no context `prd`, did you mean `prod`?; there are local, prod, staging");
    let home = Home::new(FILE);
    let said = home.run(&["--context", "prd", "status"]);
    assert_eq!((said.code, said.err.contains("did you mean `prod`")), (2, true), "{said:?}");
}

#[test]
fn an_address_on_the_command_line_takes_nothing_of_a_context_with_it() {
    let (it, _) = layers(FILE, &[("TRACKSIDE_CONTEXT", "prod")], &[("context.url", "https://evil.example.com/x")]);
    let other = of(&it);
    assert_eq!(other.context.name, "evil.example.com");
    assert!(other.context.token_command.is_empty() && !other.context.keyring && other.context.token_file.is_none());
    // And what was given for this start says nothing of another context.
    let prod = it.config(Some("prod")).unwrap().0;
    assert_eq!((prod.context.name.as_str(), prod.context.url.as_deref()), ("prod", Some("https://deploy.example.com")));
    let env = [("TRACKSIDE__CONTEXT__URL", "https://evil.example.com"), ("TRACKSIDE__CONTEXT__READ_ONLY", "true")];
    let named = of(&layers(FILE, &env, &[("context", "prod")]).0);
    assert_eq!((named.context.url.as_deref(), named.context.read_only), (Some("https://deploy.example.com"), true));
}

#[test]
fn one_context_alone_may_stand_in_a_table_of_its_own() {
    let (it, complaints) = layers("[context]\nname = \"shop\"\nurl = \"https://shop.example.com\"\nproduction = true\n", &[], &[]);
    assert_eq!((complaints.len(), it.chosen().as_str(), of(&it).context.production), (0, "shop", true));
    assert_eq!(it.names(), ["local", "shop"]);
    assert_eq!(it.config(Some("local")).unwrap().0.context.url, None);
}

#[test]
fn what_does_not_fit_in_a_context_is_said_with_its_line_and_a_secret_is_sent_elsewhere() {
    let text = "[contexts.prod]\nulr = \"https://p\"\ntoken = \"s3cret\"\ntoken_command = \"pass show\"\n[contexts.prod.notify]\nqiuet = \"x\"\n[contexts.\"a/b\"]\nurl = \"https://q\"\n[contexts]\nlocal = 1\n";
    let (it, mut said) = layers(text, &[], &[]);
    said.sort();
    let wanted = [
        "F:10: `contexts.local` should be a table: [contexts.local]",
        "F:2: there is no setting `contexts.prod.ulr`; did you mean `contexts.prod.url`?",
        "F:3: `contexts.prod.token`: no secret belongs in this file; `trackside login` keeps it, or name a token_file or a token_command",
        "F:4: `contexts.prod.token_command` should be a list, as [\"pass\", \"show\", \"prod\"]: no shell reads it, is \"pass show\"",
        "F:6: there is no setting `contexts.prod.notify.qiuet`; did you mean `contexts.prod.notify.quiet`?",
        "F:7: `a/b` cannot be the name of a context: letters, digits, `-`, `_` and `.` can, 64 of them at most",
    ];
    assert_eq!(said, wanted);
    assert_eq!(it.names(), ["local", "prod"]);
    assert!(check_name("eu-west.2").is_ok() && check_name("../x").is_err() && check_name("-x").is_err());
}

#[test]
fn a_file_that_is_saved_broken_keeps_what_was_right_before() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let save = |text: &str| std::fs::write(file.path(), text).unwrap();
    save("theme = \"day\"\nutc = true\n[contexts.prod]\nurl = \"https://p.example.com\"\nproduction = true\n");
    let (first, _) = Layers::read(file.path(), [], &[]);
    save("theme = 7\nutc = false\n[contexts.prod]\nurl = \"https://p.example.com\"\nprodution = true\n");
    let (second, complaints) = first.again();
    assert_eq!(complaints.len(), 2, "{complaints:?}");
    let prod = second.config(Some("prod")).unwrap().0;
    assert_eq!((prod.theme.as_str(), prod.utc, prod.context.production), ("day", false, true));
    save("theme = = 1\n");
    let third = second.again().0.config(Some("prod")).unwrap().0;
    assert_eq!((third.theme.as_str(), third.utc, third.context.production), ("day", false, true));
}

#[test]
fn the_environment_may_leave_the_second_underscore_out() {
    let (it, complaints) =
        layers("", &[("TRACKSIDE_LOG_BYTES", "2 MiB"), ("TRACKSIDE_THEME", "day"), ("TRACKSIDE_NOTIFY_TO_DEPLOY", "bell")], &[]);
    let it = of(&it);
    assert_eq!((complaints.len(), it.log_bytes, it.theme.as_str()), (0, 2 * 1024 * 1024, "day"));
    assert_eq!(it.notify.to.deploy, Some(vec!["bell".to_owned()]));
}

#[test]
fn the_schema_in_the_tree_is_the_one_of_these_settings() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/config.schema.json");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), schema(), "`trackside config schema > assets/config.schema.json` mends it");
}

#[test]
fn the_sample_says_every_default_so_that_it_counts_when_its_mark_is_taken_away() {
    let (it, complaints) = layers(&sample(), &[], &[]);
    assert_eq!((complaints.len(), of(&it)), (0, Config::default()));
    let text = sample();
    let mut set = String::new();
    for (at, it) in text.lines().enumerate().take_while(|(_, it)| !it.contains("[contexts.")) {
        let said = text.lines().nth(at.wrapping_sub(1)).unwrap_or_default();
        let setting = it.strip_prefix("# ").filter(|it| it.contains(" = ") && !said.ends_with("(an example)"));
        set.push_str(setting.unwrap_or(it));
        set.push('\n');
    }
    let (it, complaints) = layers(&set, &[], &[]);
    let it = of(&it);
    assert_eq!(complaints, Vec::<String>::new());
    assert!(it.response.hours.is_some() && it.notify.to.deploy.is_some(), "{set}");
    // Said or not, it comes to the same.
    let (said, unsaid) = (it.notify.rules(), Config::default().notify.rules());
    for kind in trackside::app::notify::kind::Kind::ALL {
        assert_eq!(said.ways(kind), unsaid.ways(kind));
    }
    assert_eq!(it.response.rules(None), Config::default().response.rules(None));
    let usual = Config::default();
    assert_eq!(Config { response: usual.response.clone(), notify: usual.notify.clone(), ..it }, usual);
}

#[test]
fn the_config_commands_check_show_begin_and_find_the_file() {
    let home = Home::new("theme = \"day\"\nutc = \"maybe\"\n");
    let checked = home.run(&["config", "check"]);
    assert_eq!((checked.code, checked.out.contains("config.toml:2: `utc` should be true or false")), (1, true), "{checked:?}");
    home.file("config/trackside/config.toml", "theme = \"day\"\n[rules]\ncalm = \"5m\"\n", 0o600);
    assert_eq!(home.run(&["config", "check"]).code, 0);
    let shown = home.run(&["config", "show", "--origin"]);
    let line = |key: &str| {
        shown.out.lines().find(|it| it.starts_with(&format!("{key} ="))).unwrap_or_else(|| panic!("{key} in {shown:?}")).to_owned()
    };
    assert!(line("theme").contains("\"day\"") && line("theme").ends_with("config.toml:1"), "{}", line("theme"));
    assert!(line("rules.calm").contains("\"5m\"") && line("utc").ends_with("# default"));
    let flagged = home.run(&["config", "show", "--json", "--url", "https://x.example.com"]);
    assert!(flagged.out.contains(r#"{"key":"context.url","value":"\"https://x.example.com\"","origin":"command line"}"#), "{flagged:?}");
    let path = home.run(&["config", "path"]);
    assert_eq!(path.out.trim(), home.config().display().to_string());
    assert_eq!(home.run(&["config", "init"]).code, 2, "a file that is there is not written over");
    std::fs::remove_file(home.config()).unwrap();
    assert_eq!(home.run(&["config", "init"]).code, 0);
    assert_eq!(std::fs::read_to_string(home.config()).unwrap(), sample());
}

#[test]
fn what_is_wrong_is_said_with_its_line_whether_a_theme_an_address_or_the_file_itself() {
    let home = Home::new("theme = \"nihgt\"\n[contexts.prod]\nproduction = true\nurl = \"http://deploy.example.com\"\ntheme = \"mine\"\n");
    std::fs::create_dir(home.path("config/trackside/themes")).unwrap();
    home.file("config/trackside/themes/mine.toml", "inherits = \"night\"\n[role]\nbda = \"red\"\n", 0o600);
    let checked = home.run(&["config", "check"]);
    let said: Vec<&str> = checked.out.lines().collect();
    let has = |part: &str| said.iter().filter(|it| it.contains(part)).count();
    assert_eq!(checked.code, 1);
    assert_eq!(has("config.toml:1: there is no theme `nihgt`, did you mean `night`?"), 1, "{said:?}");
    assert_eq!(has("config.toml:4: context prod: http:// to deploy.example.com"), 1, "{said:?}");
    assert_eq!(has("themes/mine.toml:3: there is no role `bda`"), 1, "{said:?}");
    let missing = home.path("nowhere.toml").display().to_string();
    let none = home.run(&["--config", &missing, "config", "check"]);
    assert_eq!((none.code, none.err.contains("there is no config file")), (2, true), "{none:?}");
    assert_eq!(home.run(&["--config", &missing, "status"]).code, 2);
    assert_eq!(home.run(&["--config", &missing, "config", "init"]).code, 0);
    let shown = home.run(&["--config", &missing, "config", "show"]);
    for line in [
        "response.hours = \"09:00-17:00\"",
        "response.p1 = \"15m\"",
        "notify.to.other_deploy = [\"toast\"]",
        "limits.builds = (the platform's own default)",
    ] {
        assert!(shown.out.contains(line), "{line} in {}", shown.out);
    }
    let keys = home.file("keys.toml", "[keys]\n\"time.live\" = \"g l\"\n\"quit\" = []\n", 0o600);
    let help = home.run(&["--config", keys.to_str().unwrap(), "help", "keys"]);
    let of = |action: &str| help.out.lines().find(|it| it.contains(&format!(" {action} "))).unwrap_or_default().trim().to_owned();
    assert!(of("time.live").starts_with("g l ") && of("quit").starts_with("quit "), "{} / {}", of("time.live"), of("quit"));
}

#[test]
fn contexts_are_added_chosen_listed_and_removed_and_the_rest_of_the_file_stays() {
    let home = Home::new("# mine\ntheme = \"day\" # bright\n");
    let added =
        home.run(&["context", "add", "prod", "--url", "https://deploy.example.com", "--production", "--token-command", "pass show prod"]);
    assert_eq!(added.code, 0, "{added:?}");
    assert_eq!(home.run(&["context", "add", "prod", "--url", "https://x.example.com"]).code, 2);
    assert_eq!(home.run(&["context", "add", "far", "--url", "http://deploy.example.com"]).code, 2, "in the clear");
    assert_eq!(home.run(&["context", "use", "prdo"]).code, 5);
    assert_eq!(home.run(&["context", "use", "prod"]).code, 0);
    let listed = home.run(&["context", "list"]);
    assert!(
        listed.out.contains("* prod") && listed.out.contains("PROD") && listed.out.contains("token from the command `pass`"),
        "{listed:?}"
    );
    let text = std::fs::read_to_string(home.config()).unwrap();
    assert_eq!(
        text,
        "# mine\ncontext = \"prod\"\ntheme = \"day\" # bright\n\n[contexts.prod]\nurl = \"https://deploy.example.com\"\nproduction = true\ntoken_command = [\"pass\", \"show\", \"prod\"]\n"
    );
    assert_eq!(home.run(&["context", "remove", "prod"]).code, 0);
    assert_eq!(std::fs::read_to_string(home.config()).unwrap(), "# mine\ntheme = \"day\" # bright\n");
    assert_eq!(home.run(&["context", "remove", "local"]).code, 2);
}

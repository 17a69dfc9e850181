//! The command line as scripts and shells see it: lists, waiting, names on standard input, the shape of JSON, completions, the manual.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use crate::commands::Served;

fn command(it: &Served, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_trackside"));
    command.args(args).env_clear().env("HOME", it.home.path()).env("PATH", "/usr/bin:/bin");
    command
}

/// Runs `args` with `input` on standard input.
fn fed(it: &Served, args: &[&str], input: &str) -> Output {
    let mut child = command(it, args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // A command that is wrong does not read it.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A platform with one static service that is live.
fn shop() -> Served {
    let it = Served::start();
    let repo = it.repo();
    it.ok(&["project", "create", "shop"]);
    it.ok(&["service", "create", "shop/site", "--repo", &repo]);
    it.ok(&["deploy", "site", "--wait", "--timeout", "90s"]);
    it
}

/// Names of fields, whatever their values: a list is as its first thing, a plain value is a dot.
fn shape(it: &Value) -> Value {
    match it {
        Value::Object(fields) => Value::Object(fields.iter().map(|(name, it)| (name.clone(), shape(it))).collect()),
        Value::Array(all) => Value::Array(all.iter().take(1).map(shape).collect()),
        _ => Value::from("·"),
    }
}

#[test]
fn the_shape_of_what_json_answers_is_kept() {
    let it = shop();
    let said: BTreeMap<&str, Value> = [
        ("projects", it.json(&["projects", "--json"])),
        ("services", it.json(&["services", "--json"])),
        ("deployments", it.json(&["deployments", "--json"])),
        ("deployments --quiet", it.json(&["deployments", "--quiet", "--json"])),
        ("incidents", it.json(&["incidents", "--json"])),
        ("wait", it.json(&["wait", "site", "--json"])),
        ("wait --healthy", it.json(&["wait", "site", "--healthy", "--timeout", "60s", "--json"])),
        ("restart", it.json(&["restart", "site", "--json"])),
        ("handoff", it.json(&["handoff", "--json"])),
        ("help", it.json(&["help", "json", "--json"])),
    ]
    .into_iter()
    .map(|(name, value)| (name, shape(&value)))
    .collect();
    insta::assert_snapshot!(serde_json::to_string_pretty(&said).unwrap());
    let line = it.ok(&["logs", "-n", "1", "--json"]);
    let line: Value = serde_json::from_str(&line).unwrap();
    for field in ["off", "at", "kind", "level", "text"] {
        assert!(line.get(field).is_some(), "{field} is not in {line}");
    }
}

#[test]
fn waiting_ends_with_the_code_of_what_was_waited_for() {
    let it = shop();
    let id = it.json(&["deployments", "--json"])[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(it.run(&["wait", &id]).0, 0, "it is live already");
    assert!(it.ok(&["wait", "shop/site", "--healthy", "--timeout", "60s"]).contains("1 of 1 replicas up"));
    assert_eq!(it.run(&["wait", "no-such"]).0, 5);
    assert_eq!(it.run(&["wait", "d99999"]).0, 5);
    assert_eq!(it.run(&["wait"]).0, 2);
    assert_eq!(it.run(&["deploy", "site", "--branch", "no-such-branch", "--wait", "--timeout", "60s"]).0, 1);
    assert_eq!(it.run(&["wait", "site"]).0, 1, "the newest deployment failed");
    assert_eq!(it.run(&["wait", &id, "site", "nobody"]).0, 5, "the worst of all");
    it.ok(&["stop", "site"]);
    let (code, said, _) = it.run(&["wait", "site", "--healthy", "--timeout", "60s"]);
    assert!(code == 1 && said.contains("0 of 1 replicas up"), "{code}: {said}");
    it.ok(&["project", "create", "other"]);
    it.ok(&["service", "create", "other/never", "--repo", &it.home.path().join("site").display().to_string()]);
    assert_eq!(it.run(&["wait", "never"]).0, 5, "it was never deployed");
}

#[test]
fn waiting_has_an_end_of_its_own_while_the_deployment_goes_on() {
    let it = Served::start();
    let repo = it.repo();
    let git = |args: &[&str]| {
        let mut git = Command::new("git");
        git.args(["-c", "user.name=a", "-c", "user.email=a@example.org"]).args(args).current_dir(&repo).env("HOME", it.home.path());
        assert!(git.status().unwrap().success());
    };
    // Nobody ever writes to it, so the build waits without doing anything.
    std::fs::write(it.home.path().join("site/trackside.toml"), "kind = \"static\"\nbuild = \"mkfifo forever && read line < forever\"\n")
        .unwrap();
    git(&["add", "-A"]);
    git(&["commit", "-q", "-m", "A build that never ends"]);
    it.ok(&["project", "create", "shop"]);
    it.ok(&["service", "create", "shop/site", "--repo", &repo]);
    it.ok(&["deploy", "site"]);
    let (code, _, said) = it.run(&["wait", "site", "--timeout", "1s"]);
    assert!(code == 124 && said.contains("goes on"), "{code}: {said}");
    assert!(it.ok(&["deployments", "--running"]).contains("shop/site"));
    let ids = it.ok(&["deployments", "--running", "--quiet"]);
    assert_eq!(ids.lines().count(), 1);
    let cancelled = fed(&it, &["cancel", "-"], &ids);
    assert_eq!(cancelled.status.code(), Some(0), "{}", text(&cancelled.stderr));
    assert_eq!(it.run(&["wait", "site", "--timeout", "60s"]).0, 6, "it was cancelled");
}

#[test]
fn names_on_standard_input_are_all_tried_and_the_worst_is_the_exit_code() {
    let it = shop();
    let said = fed(&it, &["restart", "-"], "site\nno-such\n\n");
    assert_eq!(said.status.code(), Some(5));
    assert_eq!(text(&said.stdout).lines().count(), 1, "what there is was restarted: {}", text(&said.stdout));
    assert!(text(&said.stderr).contains("trackside: no-such: there is no service"), "{}", text(&said.stderr));
    let said = fed(&it, &["restart", "-", "--json"], "no-such\n");
    let lines: Vec<Value> = text(&said.stdout).lines().map(|it| serde_json::from_str(it).unwrap()).collect();
    assert_eq!((lines[0]["target"].as_str(), lines[0]["code"].as_u64()), (Some("no-such"), Some(5)));
    let nothing = fed(&it, &["ack", "-"], "\n");
    assert_eq!((nothing.status.code(), text(&nothing.stdout).as_str()), (Some(0), ""), "nothing is named, so nothing is left to be done");
    assert!(text(&nothing.stderr).contains("nothing was done"));
    assert_eq!(fed(&it, &["note", "-", "seen"], "i9\n").status.code(), Some(5));
    assert_eq!(fed(&it, &["wait", "-", "--healthy", "--timeout", "60s"], "site\n").status.code(), Some(0));
    assert_eq!(fed(&it, &["deploy", "-", "--wait", "--timeout", "60s"], "site\n").status.code(), Some(0));
}

#[test]
fn where_nothing_may_be_written_no_command_writes_and_all_can_be_read() {
    let it = shop();
    let refused = |args: &[&str], why: &str| {
        let (code, out, err) = it.run(args);
        assert_eq!((code, out.as_str()), (4, ""), "{args:?}: {err}");
        assert!(err.contains("nothing was changed") && err.contains(why), "{args:?}: {err}");
    };
    let writes: [&[&str]; 6] = [
        &["restart", "site"],
        &["deploy", "site"],
        &["stop", "site"],
        &["service", "set", "site", "replicas=2"],
        &["token", "create", "ci"],
        &["project", "create", "other"],
    ];
    let before = it.json(&["status", "--json"]);
    for args in writes {
        refused(&[&["--read-only"], args].concat(), "started with --read-only");
    }
    let folder = it.home.path().join(".config/trackside");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("config.toml"), "[contexts.local]\nread_only = true\n").unwrap();
    for args in writes {
        refused(args, "this context is read-only in the config");
    }
    let after = it.json(&["status", "--json"]);
    for what in ["projects", "services", "deployments"] {
        assert_eq!(before[what], after[what]);
    }
    assert_eq!(fed(&it, &["restart", "-"], "site\nshop/site\n").status.code(), Some(4));
}

#[test]
fn lists_are_narrowed_and_the_old_words_for_them_still_work() {
    let it = shop();
    assert_eq!(it.ok(&["projects"]), it.ok(&["project", "list"]));
    assert_eq!(it.ok(&["services", "shop"]), it.ok(&["service", "list", "shop"]));
    assert!(it.ok(&["deployments", "site"]).contains("live"));
    assert!(it.ok(&["deployments", "--status", "success", "-n", "1"]).contains("shop/site"));
    assert_eq!(it.ok(&["deployments", "--status", "failed"]), "");
    assert_eq!(it.run(&["deployments", "--status", "lost"]).0, 2);
    assert_eq!(it.run(&["services", "nobody"]).0, 5);
    assert_eq!(it.run(&["metrics", "site", "-m", "speed"]).0, 2);
    assert_eq!(it.run(&["metrics", "nobody"]).0, 5);
    let said = it.json(&["metrics", "site", "-m", "cpu,memory", "--since", "5m", "--json"]);
    assert!(said.as_array().unwrap().iter().all(|it| it["metric"] == "cpu" || it["metric"] == "memory"), "{said}");
    it.ok(&["metrics", "site"]);
}

/// What `trackside` offers after `words`, the last of which is being typed.
fn offered(it: &Served, words: &[&str]) -> String {
    let mut command = command(it, &["--", "trackside"]);
    command.args(words).env("_TRACKSIDE_COMPLETE", "bash").env("_CLAP_COMPLETE_INDEX", words.len().to_string()).env("_CLAP_IFS", "\n");
    let said = command.output().unwrap();
    assert_eq!(text(&said.stderr), "");
    text(&said.stdout)
}

#[test]
fn a_shell_completes_commands_flags_words_and_live_names() {
    let it = shop();
    assert!(offered(&it, &["depl"]).lines().any(|it| it == "deployments"));
    assert!(!offered(&it, &[""]).contains("supervise"), "what is hidden stays hidden");
    assert!(offered(&it, &["wait", "--tim"]).contains("--timeout"));
    assert!(offered(&it, &["completions", "b"]).contains("bash"));
    assert!(offered(&it, &["--context", "lo"]).contains("local"));
    assert!(offered(&it, &["context", "use", ""]).contains("local"));
    let texts = offered(&it, &["help", ""]);
    assert!(texts.contains("exit-codes") && texts.contains("rollback"), "{texts}");
    assert!(offered(&it, &["--theme", "ni"]).contains("night"));
    let until = std::time::Instant::now() + std::time::Duration::from_mins(1);
    // A machine with a lot to do may be too slow for the shell's patience; it is asked again then.
    for (words, name) in [
        (&["deploy", "sh"][..], "shop/site"),
        (&["logs", "s"], "shop"),
        (&["rollback", "site", "--to", "d"], "d"),
        (&["wait", ""], "shop/site"),
    ] {
        while !offered(&it, words).lines().any(|it| it.starts_with(name)) {
            assert!(std::time::Instant::now() < until, "{words:?} never offers {name}");
        }
    }
    let nowhere = offered(&it, &["--url", "http://127.0.0.1:1", "deploy", "s"]);
    assert_eq!(nowhere.trim(), "", "a platform that is not there offers nothing, and says nothing");
}

#[test]
fn the_scripts_for_shells_are_read_by_those_that_are_here() {
    let it = |shell: &str| {
        let said = Command::new(env!("CARGO_BIN_EXE_trackside")).args(["completions", shell]).output().unwrap();
        assert!(said.status.success() && said.stderr.is_empty());
        text(&said.stdout)
    };
    for (shell, reads) in [("bash", &["-n"][..]), ("zsh", &["-n"]), ("fish", &["--no-execute"]), ("powershell", &[]), ("elvish", &[])] {
        let script = it(shell);
        assert!(script.contains("trackside") && script.contains("_TRACKSIDE_COMPLETE"), "{shell}: {script}");
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(script.as_bytes()).unwrap();
        if reads.is_empty() {
            continue;
        }
        // A shell that is not on this machine cannot be asked.
        if let Ok(said) = Command::new(shell).args(reads).arg(file.path()).output() {
            assert!(said.status.success(), "{shell}: {}", text(&said.stderr));
        }
    }
    let said = Command::new(env!("CARGO_BIN_EXE_trackside")).args(["completions", "cmd"]).output().unwrap();
    assert_eq!(said.status.code(), Some(2));
}

#[test]
fn the_manual_is_read_by_man_and_help_has_its_texts() {
    let said = |args: &[&str]| {
        let said = Command::new(env!("CARGO_BIN_EXE_trackside")).args(args).output().unwrap();
        (said.status.code().unwrap(), text(&said.stdout), text(&said.stderr))
    };
    let (code, page, _) = said(&["man"]);
    assert!(code == 0 && page.contains(".TH") && page.contains("EXIT"), "{page}");
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(page.as_bytes()).unwrap();
    if let Ok(said) = Command::new("groff").args(["-k", "-man", "-Tutf8", "-wall"]).arg(file.path()).output() {
        assert!(said.status.success());
        assert_eq!(text(&said.stderr), "", "groff has nothing to complain about");
    }
    for topic in ["config", "contexts", "exit-codes", "json", "keys", "query", "security", "ssh"] {
        let (code, text, _) = said(&["help", topic]);
        assert!(code == 0 && text.lines().count() > 8, "{topic}: {text}");
        assert!(said(&["help"]).1.contains(topic));
    }
    assert!(said(&["help", "service", "set"]).1.contains("SETTING=VALUE"));
    let (code, _, why) = said(&["help", "exit-code"]);
    assert!(code == 2 && why.contains("did you mean `exit-codes`?"), "{why}");
}

#[test]
fn doctor_says_what_is_right_and_fails_where_something_is_not() {
    let it = shop();
    let said = it.json(&["doctor", "--json"]);
    assert_eq!(said["ok"], true, "{said}");
    let checks = said["checks"].as_array().unwrap();
    let of = |name: &str| checks.iter().find(|it| it["name"] == name).unwrap_or_else(|| panic!("{name} is not in {said}"));
    for name in ["token", "address", "reachable", "line", "rights", "stream"] {
        assert_eq!(of(name)["verdict"], "ok", "{name}");
    }
    assert!(of("rights")["text"].as_str().unwrap().contains("owner: may deploy"), "{}", of("rights"));
    for name in
        ["output", "size", "between", "colours", "letters", "clipboard", "file", "latency", "clock", "git", "limits", "sandbox", "disk"]
    {
        assert!(of(name)["text"].is_string() && (of(name)["verdict"] == "ok" || of(name)["hint"].is_string()), "{name}");
    }
    let token = std::fs::read_to_string(it.home.path().join(".local/share/trackside/token")).unwrap();
    assert!(!it.ok(&["doctor"]).contains(token.trim()), "kinds are said, never values");

    let (code, said, _) = it.run(&["doctor", "--url", "http://127.0.0.1:1"]);
    assert!(code == 1 && said.contains("fail") && said.contains("nothing listens there"), "{code}: {said}");
    assert!(said.contains("there is no token"), "{said}");
    std::fs::create_dir_all(it.home.path().join(".config/trackside")).unwrap();
    std::fs::write(it.home.path().join(".config/trackside/config.toml"), "colour = 1\n").unwrap();
    let (code, said, _) = it.run(&["doctor"]);
    assert!(code == 0 && said.contains("there is no setting `colour`"), "{code}: {said}");
}

//! The command line without a platform: help, exit codes, and output that no terminal can be harmed by.

use std::process::{Command, Output};

fn trackside(args: &[&str]) -> Output {
    let home = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_trackside"));
    command.args(args).env_clear().env("HOME", home.path()).env("PATH", "/usr/bin:/bin");
    command.output().unwrap()
}

fn code(args: &[&str]) -> i32 {
    trackside(args).status.code().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn help_names_every_subcommand_with_examples_and_exit_codes() {
    let help = text(&trackside(&["--help"]).stdout);
    for word in ["serve", "token", "scale", "stop", "deploy", "rollback", "logs", "status", "incidents", "wait", "Examples:", "exit-codes"]
    {
        assert!(help.contains(word), "{word} is not in:\n{help}");
    }
    assert!(!help.contains("supervise"), "the hidden commands are hidden");
}

#[test]
fn exit_codes_say_what_was_wrong() {
    assert_eq!(code(&[]), 2, "no terminal, no dashboard");
    assert_eq!(code(&["deploy"]), 2, "a service is missing");
    assert_eq!(code(&["no-such-command"]), 2);
    assert_eq!(code(&["logs", "--level", "loud"]), 2);
    assert_eq!(code(&["--url", "http://example.com", "status"]), 2, "a token would go over the network in the clear");
    assert_eq!(code(&["--url", "http://127.0.0.1:1", "status"]), 3);
    assert_eq!(code(&["status"]), 3, "no platform runs here");
    assert_eq!(code(&["--url", "http://127.0.0.1:1", "--token-file", "/nonexistent", "status"]), 4);
}

#[test]
fn a_token_file_that_others_can_read_is_refused_with_the_way_to_mend_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::set_permissions(file.path(), std::fs::Permissions::from_mode(0o644)).unwrap();
    let it = trackside(&["--url", "http://127.0.0.1:1", "--token-file", file.path().to_str().unwrap(), "status"]);
    assert_eq!(it.status.code(), Some(4));
    assert!(text(&it.stderr).contains("chmod 600"), "{}", text(&it.stderr));
}

#[test]
fn without_a_platform_it_says_how_to_start_one() {
    let it = trackside(&["status"]);
    let said = text(&it.stderr);
    assert!(said.contains("trackside serve") && said.contains("trackside demo"), "{said}");
    assert_eq!(it.stdout, b"");
}

#[test]
fn what_was_typed_comes_back_without_its_control_characters() {
    let it = trackside(&["--url", "http://127.0.0.1:1/\u{1b}]0;x\u{7}\u{9b}31m", "status"]);
    let said = text(&it.stderr) + &text(&it.stdout);
    assert!(!said.chars().any(|c| c.is_control() && c != '\n'), "{said:?}");
}

/// `trackside serve` on a folder of its own, and commands on it.
pub struct Served {
    server: std::process::Child,
    pub home: tempfile::TempDir,
}

impl Served {
    pub fn start() -> Self {
        Self::with_path("/usr/bin:/bin").0
    }

    /// One that finds its programs in `path`; and what it said of itself.
    pub fn with_path(path: &str) -> (Self, serde_json::Value) {
        use std::io::BufRead as _;
        let home = tempfile::tempdir().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_trackside"));
        command.args(["serve", "--json", "--allow-unsandboxed"]).env_clear().env("HOME", home.path()).env("PATH", path);
        let mut server = command.stdout(std::process::Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        std::io::BufReader::new(server.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let said: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert!(said["url"].as_str().unwrap().starts_with("http://127.0.0.1:"), "{said}");
        (Self { server, home }, said)
    }

    pub fn run(&self, args: &[&str]) -> (i32, String, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_trackside"));
        command.args(args).env_clear().env("HOME", self.home.path()).env("PATH", "/usr/bin:/bin");
        let it = command.output().unwrap();
        (it.status.code().unwrap(), text(&it.stdout), text(&it.stderr))
    }

    /// Runs what must work; what it printed.
    pub fn ok(&self, args: &[&str]) -> String {
        let (code, out, err) = self.run(args);
        assert_eq!(code, 0, "{args:?}: {out}{err}");
        assert!(!out.chars().any(|c| c.is_control() && c != '\n'), "{out:?}");
        out
    }

    pub fn json(&self, args: &[&str]) -> serde_json::Value {
        serde_json::from_str(&self.ok(args)).unwrap()
    }

    /// A repository with one page, whose commit message tries to drive a terminal.
    pub fn repo(&self) -> String {
        let at = self.home.path().join("site");
        std::fs::create_dir(&at).unwrap();
        std::fs::write(at.join("index.html"), "<h1>hello</h1>").unwrap();
        for args in [vec!["init", "-q", "-b", "main"], vec!["add", "-A"], vec!["commit", "-q", "-m", "First \u{1b}[31mpage\u{202e}"]] {
            let mut git = Command::new("git");
            git.args(["-c", "user.name=a", "-c", "user.email=a@example.org"]).args(args).current_dir(&at);
            assert!(git.env("HOME", self.home.path()).status().unwrap().success());
        }
        at.display().to_string()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

#[test]
fn a_service_is_made_deployed_looked_at_and_stopped_from_the_command_line() {
    let mut it = Served::start();
    let repo = it.repo();
    it.ok(&["project", "create", "shop"]);
    it.ok(&["service", "create", "shop/site", "--repo", &repo]);
    let said = it.ok(&["deploy", "site", "--wait", "--timeout", "60s"]);
    assert!(said.contains("live after"), "{said}");

    let all = it.json(&["status", "--json"]);
    assert_eq!((all["services"][0]["name"].as_str(), all["services"][0]["health"].as_str()), (Some("site"), Some("live")));
    assert!(it.ok(&["status"]).contains("live"));
    assert!(it.ok(&["logs", "shop/site", "--build", "-n", "50"]).contains("index.html"));
    for line in it.ok(&["logs", "--json"]).lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(line["off"].is_u64());
    }
    assert_eq!(it.json(&["incidents", "--json"]), serde_json::json!([]));
    let commit = all["deployments"][0]["commit"]["id"].as_str().unwrap();
    let told = it.json(&["deploy", "site", "--commit", &commit[..7], "--json"]);
    let id = told["object"]["deployment"]["id"].as_str();
    assert!(id.is_some_and(|it| it.starts_with('d')), "who does not wait learns the deployment's id: {told}");
    let all = it.json(&["status", "site", "--json"]);
    assert_eq!(all["services"].as_array().unwrap().len(), 1);

    let again = it.json(&["redeploy", "site", "--wait", "--json"]);
    assert_eq!(again["status"], "success");
    it.ok(&["rollback", "site", "--wait"]);

    assert_eq!(it.run(&["deploy", "sitte"]).0, 5);
    assert!(it.run(&["deploy", "sitte"]).2.contains("did you mean `site`?"));
    assert_eq!(it.run(&["cancel", "site"]).0, 5, "nothing is running");
    assert!(it.run(&["status", "sohp"]).2.contains("did you mean `shop`?"));
    let (code, _, said) = it.run(&["service", "create", "shop/other", "--repo", "no-such-folder"]);
    assert_eq!(code, 5);
    assert!(said.contains("/no-such-folder: give the path"), "{said}");
    assert_eq!(it.run(&["deploy", "site", "--branch", "no-such-branch", "--wait"]).0, 1);
    assert_eq!(it.run(&["ack", "nothing"]).0, 5);
    it.ok(&["service", "remove", "site"]);
    assert_eq!(it.json(&["service", "list", "--json"]), serde_json::json!([]));

    let pid = rustix::process::Pid::from_child(&it.server);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    assert_eq!(it.server.wait().unwrap().code(), Some(0), "ctrl-c is how one stops it");
    assert_eq!(it.run(&["status"]).0, 3);
}

#[test]
fn a_service_is_changed_scaled_and_stopped_and_its_variables_set_from_the_command_line() {
    let it = Served::start();
    let repo = it.repo();
    it.ok(&["project", "create", "shop"]);
    it.ok(&["service", "create", "shop/site", "--repo", &repo, "--memory", "512M"]);
    let service = || it.json(&["service", "list", "--json"])[0].clone();
    assert_eq!(service()["limits"]["memory"], 512 << 20);
    let said = it.ok(&["service", "set", "site", "branch=main", "replicas=2", "health=/index.html", "cpu=0.5", "memory="]);
    assert!(said.contains("branch, health path, replicas, cpu, memory changed"), "{said}");
    let now = service();
    assert_eq!((now["repo"]["branch"].as_str(), now["desired"].as_u64()), (Some("main"), Some(2)));
    assert_eq!((now["health_path"].as_str(), now["limits"]["cpu"].as_f64()), (Some("/index.html"), Some(0.5)));
    assert!(now["limits"]["memory"].is_null());
    let rev = now["rev"].as_u64();
    let wrong: [(&[&str], i32); 8] = [
        (&["branch"], 2),
        (&["colour=red"], 2),
        (&["replicas=many"], 2),
        (&["replicas=1", "replicas=2"], 2),
        (&["repo="], 2),
        (&["memory=12Q"], 2),
        (&["replicas=999"], 1),
        (&["root=../up", "replicas=3"], 1),
    ];
    for (settings, code) in wrong {
        let (got, _, said) = it.run(&[&["service", "set", "site"], settings].concat());
        assert_eq!(got, code, "{settings:?}: {said}");
    }
    assert_eq!(service()["rev"].as_u64(), rev, "what is refused changes nothing");
    it.ok(&["service", "set-variable", "site", "A=1", "B=x=y"]);
    assert_eq!(it.ok(&["service", "variables", "site"]), "A\nB\n");
    it.ok(&["service", "unset-variable", "site", "A"]);
    assert_eq!(it.json(&["service", "variables", "site", "--json"]), serde_json::json!(["B"]));
    assert_eq!(it.run(&["service", "unset-variable", "site", "A"]).0, 5);
    assert_eq!(it.run(&["service", "set-variable", "site", "PORT=1"]).0, 1);

    it.ok(&["deploy", "site", "--wait", "--timeout", "60s"]);
    let told = it.json(&["scale", "site", "1", "--json"]);
    assert_eq!(told["object"]["service"]["desired"], 1, "{told}");
    assert!(it.ok(&["stop", "site"]).contains("stopped"));
    assert_eq!(it.run(&["stop", "site"]).0, 1, "it does not run");
    assert_eq!(it.json(&["status", "--json"])["degraded"], serde_json::Value::Null);
    assert_eq!(it.run(&["project", "remove", "shop"]).0, 1, "it still has a service");
    it.ok(&["service", "remove", "site"]);
    it.ok(&["project", "remove", "shop"]);
    assert_eq!(it.run(&["severity", "i1", "p9"]).0, 2);
    assert_eq!(it.run(&["severity", "i1", "p2"]).0, 5);
    assert_eq!(it.run(&["step", "i1", "dance"]).0, 2);
    assert_eq!(it.run(&["mitigate", "i1"]).0, 5);
}

#[test]
fn a_token_is_handed_out_used_and_taken_back_from_the_command_line() {
    use std::os::unix::fs::PermissionsExt as _;
    let it = Served::start();
    let url = serde_json::from_str::<serde_json::Value>(
        &std::fs::read_to_string(it.home.path().join(".local/share/trackside/platform.json")).unwrap(),
    )
    .unwrap()["url"]
        .as_str()
        .unwrap()
        .to_owned();
    let file = it.home.path().join("ci.token");
    let path = file.to_str().unwrap();
    let said = it.ok(&["token", "create", "ci", "--role", "developer", "--expires", "30d", "--file", path]);
    assert!(said.contains("token ci made: developer") && !said.contains("tsk_"), "{said}");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let ci = |args: &[&str]| it.run(&[&["--url", &url, "--token-file", path], args].concat());
    assert_eq!(ci(&["status"]).0, 0);
    let (code, _, said) = ci(&["project", "create", "shop"]);
    assert_eq!(code, 4, "{said}");
    assert_eq!(ci(&["token", "list"]).0, 4);
    assert_eq!(ci(&["token", "create", "more"]).0, 4);

    let (code, out, err) = it.run(&["token", "create", "eyes"]);
    assert!(code == 0 && out.starts_with("tsk_") && out.trim().len() == 68, "the secret alone is the answer: {out:?}");
    assert!(err.contains("viewer") && !err.contains("tsk_"), "{err}");
    assert_eq!(it.run(&["token", "create", "eyes"]).0, 1, "the name is taken");
    assert_eq!(it.run(&["token", "create", "x", "--role", "king"]).0, 2);
    assert_eq!(it.run(&["token", "create", "x", "--file", path]).0, 2, "a file that is there is left as it is");
    let new = it.home.path().join("new");
    assert_eq!(it.run(&["token", "create", "Bad Name", "--file", new.to_str().unwrap()]).0, 1);
    assert!(!new.exists(), "no token, no file");
    let all = it.ok(&["token", "list"]);
    assert!(all.contains("ends in 29d") && all.contains("until revoked") && !all.contains("tsk_"), "{all}");
    assert_eq!(it.json(&["token", "list", "--json"]).as_array().unwrap().len(), 3);
    it.ok(&["token", "revoke", "ci"]);
    assert_eq!(ci(&["status"]).0, 4);
    assert_eq!(it.run(&["token", "revoke", "ci"]).0, 5);
}

#[test]
fn the_sweeper_of_a_demo_ends_its_work_first_whoever_asks_it_to_end() {
    use rustix::process::{Pid, Signal, kill_process};
    let folder = tempfile::Builder::new().prefix("trackside-demo-").tempdir().unwrap();
    std::fs::write(folder.path().join("left"), "over").unwrap();
    let mut sweeper = Command::new(crate::site::binary())
        .args(["sample", "sweep"])
        .arg(folder.path())
        .stdin(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let pid = Pid::from_raw(i32::try_from(sweeper.id()).unwrap()).unwrap();
    let caught = || std::fs::read_to_string(format!("/proc/{}/status", sweeper.id())).unwrap();
    let began = std::time::Instant::now();
    while !caught().lines().any(|it| it.strip_prefix("SigCgt:\t").is_some_and(|it| u64::from_str_radix(it, 16).unwrap() & (1 << 14) != 0)) {
        assert!(began.elapsed() < std::time::Duration::from_secs(20), "it never got ready");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    for signal in [Signal::TERM, Signal::HUP, Signal::INT] {
        kill_process(pid, signal).unwrap();
    }
    assert!(folder.path().exists(), "its demo is still there");
    drop(sweeper.stdin.take());
    assert!(sweeper.wait().unwrap().success());
    assert!(!folder.path().exists());
}

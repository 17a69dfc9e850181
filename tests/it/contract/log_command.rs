//! `trackside logs` on a platform: what it asks for, prints, follows and says.

use std::io::{BufRead as _, BufReader, Read};
use std::os::unix::fs::OpenOptionsExt as _;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use trackside::local::clock::now;
use trackside::local::logs::Rate;
use trackside::local::port::Entry;
use trackside::model::event::Change;
use trackside::model::log::{Level, LogKind};
use trackside::model::time::{Millis, Time};

use super::desk::{Desk, TOKEN};
use super::samples;

/// A line `age` ago.
fn line(level: Level, deployment: &str, age: Millis, text: &str) -> Entry {
    let service = Some("svc_1".into());
    let deployment = Some(deployment.into());
    Entry {
        at: now() - age,
        kind: LogKind::Runtime,
        level: Some(level),
        service,
        deployment,
        replica: 1,
        cont: false,
        text: text.to_owned(),
    }
}

/// The command, set on `desk`, with a home of its own.
struct Shell {
    home: tempfile::TempDir,
    url: String,
}

impl Shell {
    fn new(desk: &Desk) -> Self {
        use std::io::Write as _;
        let home = tempfile::tempdir().unwrap();
        let mut file = std::fs::OpenOptions::new().create_new(true).write(true).mode(0o600).open(home.path().join("token")).unwrap();
        file.write_all(TOKEN.as_bytes()).unwrap();
        Self { home, url: format!("http://127.0.0.1:{}", desk.port) }
    }

    fn logs(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_trackside"));
        command.env_clear().env("HOME", self.home.path()).env("PATH", "/usr/bin:/bin").env("TZ", "UTC");
        command.arg("--url").arg(&self.url).arg("--token-file").arg(self.home.path().join("token")).arg("logs").args(args);
        command
    }

    /// Code, last words of each line of stdout, stderr.
    fn run(&self, args: &[&str]) -> (i32, Vec<String>, String) {
        let it = tokio::task::block_in_place(|| self.logs(args).output().unwrap());
        let out = String::from_utf8(it.stdout).unwrap();
        let texts = out.lines().map(|it| it.splitn(4, ' ').last().unwrap_or_default().trim_start().to_owned()).collect();
        (it.status.code().unwrap(), texts, String::from_utf8(it.stderr).unwrap())
    }
}

/// A platform with one service and the lines `lines`.
async fn desk(lines: Vec<Entry>) -> Desk {
    let desk = Desk::start().await;
    desk.write(vec![Change::Service(samples::service("svc_1")), Change::Deployment(samples::deployment("dep_1", samples::AT))]).await;
    desk.feeds.logs.append(lines);
    desk.feeds.logs.flush();
    desk
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_goes_on_where_the_one_before_it_was_cut_is_marked() {
    let desk = desk(vec![line(Level::Info, "dep_1", Millis(0), &"y".repeat(40_000)), line(Level::Info, "dep_1", Millis(0), "next")]).await;
    let (_, texts, err) = Shell::new(&desk).run(&[]);
    let marked: Vec<bool> = texts.iter().map(|it| it.starts_with('…')).collect();
    assert_eq!(marked, [false, true, true, false], "{err}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_asks_in_the_same_language_and_a_mistake_has_its_caret() {
    let old = Millis::hours(2);
    let desk = desk(vec![
        line(Level::Info, "dep_0", old, "one"),
        line(Level::Error, "dep_0", old, r#"{"status":503}"#),
        line(Level::Info, "dep_1", Millis(0), "two"),
        line(Level::Warn, "dep_1", Millis(0), "three healthz"),
    ])
    .await;
    let it = Shell::new(&desk);
    let name = samples::service("svc_1").name.to_string();
    let commit = samples::deployment("dep_1", samples::AT).commit.unwrap().id.to_string();
    let all = ["one", r#"{"status":503}"#, "two", "three healthz"];
    for (args, want) in [
        (&[&*name][..], &all[..]),
        (&["", "level:>=warn"], &[all[1], all[3]]),
        (&["level:>=warn"], &[all[1], all[3]]),
        (&[&name, "-healthz level:>=warn"], &[all[1]]),
        (&[&name, "@status:500..599"], &[all[1]]),
        (&[&name, "--since", "1h"], &[all[2], all[3]]),
        (&[&name, "--since", "-1h", "-n", "1"], &[all[3]]),
        (&[&name, "--until", "1h"], &[all[0], all[1]]),
        (&[&name, "--since", "3h", "--until", "1h", "one"], &[all[0]]),
        (&[&name, "-n", "2"], &[all[2], all[3]]),
        (&[&name, "-n", "0"], &[]),
        (&["--deploy", &commit[..7]], &[all[2], all[3]]),
        (&[&name, &format!("deploy:{}", &commit[..7]), "--level", "warn"], &[all[3]]),
        (&[&name, "--build"], &[]),
        (&[&name, "--grep", "HEALTHZ"], &[all[3]]),
    ] {
        let (code, texts, err) = it.run(args);
        assert_eq!((code, texts), (0, want.iter().map(|it| (*it).to_owned()).collect()), "{args:?} {err}");
    }
    let (code, texts, err) = it.run(&[&name, "two level:>=wrn"]);
    assert_eq!((code, texts.len()), (2, 0));
    assert!(err.contains("  two level:>=wrn\n              ^ expected trace"), "{err}");
    assert_eq!(it.run(&[&name, "--since", "soon"]).0, 2);
    assert_eq!(it.run(&["nobody"]).0, 5);
}

/// A command that goes on, and the lines it prints.
struct Running {
    child: Child,
    out: Receiver<String>,
    err: Receiver<String>,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn lines_of(from: impl Read + Send + 'static) -> Receiver<String> {
    let (tell, heard) = channel();
    std::thread::spawn(move || BufReader::new(from).lines().map_while(Result::ok).try_for_each(|it| tell.send(it)));
    heard
}

fn follow(mut command: Command) -> Running {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let (out, err) = (lines_of(child.stdout.take().unwrap()), lines_of(child.stderr.take().unwrap()));
    Running { child, out, err }
}

fn next(lines: &Receiver<String>) -> String {
    tokio::task::block_in_place(|| lines.recv_timeout(Duration::from_secs(30)).expect("a line in time"))
}

#[tokio::test(flavor = "multi_thread")]
async fn following_goes_on_over_deployments_and_says_on_stderr_when_the_connection_is_lost() {
    let desk = desk(vec![line(Level::Info, "dep_0", Millis(0), "old even"), line(Level::Info, "dep_0", Millis(0), "old odd")]).await;
    let shell = Shell::new(&desk);
    let name = samples::service("svc_1").name.to_string();
    let it = follow(shell.logs(&[&name, "even", "-f", "-n", "5"]));
    assert!(next(&it.out).ends_with("old even"));
    for (deployment, text) in [("dep_1", "new odd"), ("dep_1", "new even"), ("dep_2", "newer even")] {
        desk.feeds.logs.append(vec![line(Level::Info, deployment, Millis(0), text)]);
    }
    assert!(next(&it.out).ends_with(" new even"));
    assert!(next(&it.out).ends_with("newer even"));
    desk.feeds.stop.cancel();
    let said = next(&it.err);
    assert!(said.contains("connection is lost"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_lost_is_said_on_stderr_and_stands_in_its_place_among_records() {
    let desk = Desk::keeping(Rate { steady: 1000, burst: 1000 }).await;
    desk.write(vec![Change::Service(samples::service("svc_1"))]).await;
    let long = "x".repeat(99);
    desk.feeds.logs.append((0..40).map(|_| line(Level::Info, "dep_1", Millis::secs(5), &long)).collect());
    desk.feeds.logs.append(vec![line(Level::Info, "dep_1", Millis(0), "after")]);
    desk.feeds.logs.flush();
    let shell = Shell::new(&desk);
    let (code, texts, err) = shell.run(&[]);
    assert_eq!((code, texts.last().map(String::as_str)), (0, Some("after")));
    assert!(
        err.starts_with("trackside: ") && err.contains(" lines lost") && err.contains("written faster than the platform keeps"),
        "{err}"
    );
    let (_, records, err) = shell.run(&["--json"]);
    assert!(records.len() > 2 && records[records.len() - 2].starts_with(r#"{"gap":"#), "{records:?}");
    assert!(err.contains(" lines lost"), "{err}");
}

#[tokio::test(flavor = "multi_thread")]
async fn following_without_a_past_prints_only_what_is_new() {
    let desk = desk(vec![line(Level::Info, "dep_0", Millis(0), "old")]).await;
    let shell = Shell::new(&desk);
    for args in [&["-f", "-n", "0", "--json"][..], &["-f", "--since", "2100-01-01", "--json"]] {
        let it = follow(shell.logs(args));
        let connected =
            || desk.feeds.logs.append(vec![Entry { at: Time(4_200_000_000_000), ..line(Level::Info, "dep_1", Millis(0), "new") }]);
        // Until it has asked what is newest, what is written is old to it.
        let first = loop {
            connected();
            if let Ok(line) = it.out.recv_timeout(Duration::from_millis(200)) {
                break line;
            }
        };
        let first: serde_json::Value = serde_json::from_str(&first).unwrap();
        assert_eq!(first["text"], "new");
    }
}

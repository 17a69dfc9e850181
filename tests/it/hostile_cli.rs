//! The corpus through the real binary: what commands print for people and for programs, and which doors text leaves the program by.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json as value};
use trackside::wire::rest::Envelope;

use crate::figures;
use crate::hostile::{Filler, Judge, harmless, strings};
use crate::source_fake::{Fake, json};

/// Runs a command against `fake`.
async fn run(fake: &Fake, args: &[&str]) -> (Option<i32>, Vec<u8>, Vec<u8>) {
    let home = tempfile::tempdir().unwrap();
    let token = home.path().join("token");
    std::fs::write(&token, "c4nary-token").unwrap();
    std::fs::set_permissions(&token, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_trackside"));
    command
        .args(["--url", &fake.url, "--token-file"])
        .arg(&token)
        .args(args)
        .env_clear()
        .env("HOME", home.path())
        .env("PATH", "/usr/bin:/bin");
    let done = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let log = std::fs::read_to_string(home.path().join(".local/state/trackside/trackside.log")).unwrap_or_default();
    assert_eq!(harmless(&log.replace('\n', "")), Ok(()), "in the log");
    (done.status.code(), done.stdout, done.stderr)
}

fn check(what: &str, printed: &[u8]) {
    let text = std::str::from_utf8(printed).expect("text");
    assert_eq!(harmless(&text.replace('\n', "")), Ok(()), "{what}");
    assert_eq!(Judge::of(printed), Vec::<String>::new(), "{what}");
}

#[test]
fn what_is_typed_wrong_is_said_back_with_nothing_unseen_in_it() {
    for odd in ["\u{200d}", "\u{fe0f}", "\u{202e}", "\u{1b}]0;x\u{7}", "\u{9b}31m", "\r"] {
        for args in [
            vec![format!("--a{odd}b")],
            vec![format!("a{odd}b:c{odd}"), odd.to_owned()],
            vec!["deployments".to_owned(), format!("--status=a{odd}b")],
        ] {
            let out = Command::new(env!("CARGO_BIN_EXE_trackside")).args(&args).env_clear().output().unwrap();
            assert_eq!(out.status.code(), Some(2), "{args:?}");
            check(&format!("{args:?}"), &out.stderr);
            assert!(out.stdout.is_empty() && out.stderr.starts_with(b"error: "), "{args:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_commands_print_drives_no_terminal_whatever_a_platform_says() {
    let now = Arc::new(Mutex::new(Value::Null));
    let lines: Vec<Value> = strings()
        .iter()
        .zip(1..)
        .map(|(text, off)| value!({"off": off, "at": "2026-11-22T14:22:07Z", "kind": "runtime", "level": "info", "service": "api", "deployment": null, "replica": 1, "text": text}))
        .collect();
    let served = Arc::clone(&now);
    let page = lines.clone();
    let fake = Fake::start(move |_, request| {
        let line = request.lines().next().unwrap_or_default();
        let data = if line.contains("/snapshot") {
            value!({"position": {"epoch": "e", "rev": 9}, "digest": "00", "snapshot": *served.lock().unwrap(), "degraded": null})
        } else if line.contains("/logs") {
            value!({"epoch": "l", "lines": page, "beginning": true, "end": true})
        } else {
            value!({"user": "ada\u{202e}", "deploy": true})
        };
        json(&serde_json::to_string(&Envelope::ok(data)).unwrap())
    })
    .await;
    let mut filler = Filler::new();
    let (mut rendered, mut rounds) = (0, 0);
    // All strings of all fields would be half a thousand runs of the program; a part of them in each kind of list is its way of printing.
    while rounds < 7 {
        let (snapshot, filled) = filler.next();
        *now.lock().unwrap() = snapshot;
        for args in [&["status"][..], &["projects"], &["services"], &["deployments"], &["incidents"], &["whoami"]] {
            for json in [false, true] {
                let args: Vec<&str> = if json { ["--json"].iter().chain(args).copied().collect() } else { args.to_vec() };
                let (code, out, err) = run(&fake, &args).await;
                assert_eq!(code, Some(0), "{args:?}: {}", String::from_utf8_lossy(&err));
                check(&format!("{args:?}"), &out);
                check(&format!("{args:?}"), &err);
                rendered += filled;
            }
        }
        rounds += 1;
    }
    for args in [&["logs"][..], &["--json", "logs"]] {
        let (code, out, err) = run(&fake, args).await;
        assert_eq!(code, Some(0), "{args:?}: {}", String::from_utf8_lossy(&err));
        check(&format!("{args:?}"), &out);
        rendered += lines.len();
        if args.len() > 1 {
            let read = String::from_utf8(out).unwrap();
            assert!(read.lines().all(|it| serde_json::from_str::<Value>(it).is_ok()), "each line is JSON");
        }
    }
    figures::keep("hostile strings in what commands print", format!("{rendered}, 0 leaks"), "209636, 0 leaks");
    assert!(rendered >= 209_636, "{rendered}");
}

/// Files that may write to the process's own outputs, and why there is no other way for them.
const DOORS: [&str; 10] = [
    "cli/out.rs",
    // Scripts for shells and the manual, as they were made.
    "cli/complete.rs",
    "cli/man.rs",
    // What a replica, a process of its own whose output is a log, says of itself.
    "local/samples.rs",
    "local/static_files.rs",
    // The same of a program that could not be put into its sandbox.
    "local/cage/enter.rs",
    // Asks what the outputs are.
    "cli/doctor_terminal.rs",
    "runtime/run.rs",
    "runtime/terminal.rs",
    "runtime/tty.rs",
];

fn sources(folder: &Path, found: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else {
            let name = path.strip_prefix(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).unwrap().display().to_string();
            found.push((name, std::fs::read_to_string(&path).unwrap()));
        }
    }
}

#[test]
fn text_leaves_the_program_and_reaches_cells_by_known_doors_alone() {
    let mut all = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut all);
    let mut wrong = BTreeSet::new();
    for (name, text) in &all {
        // Tests of a file stand at its end.
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for (n, line) in code.lines().enumerate().filter(|(_, it)| !it.trim_start().starts_with("//")) {
            let prints = ["println!", "print!(", "eprint", "io::stdout()", "io::stderr()", "dbg!"].iter().any(|it| line.contains(it));
            // A cell's text goes through a widget's pen, which is given clean text; signs of our own are drawn in the kit and the two axes.
            let cells = ["set_symbol(", "set_string(", "set_stringn(", "Span::raw", "Line::raw", "Paragraph::new"]
                .iter()
                .any(|it| line.contains(it));
            if (prints && !DOORS.contains(&name.as_str())) || (cells && !name.starts_with("ui/kit/")) {
                wrong.insert(format!("{name}:{}: {}", n + 1, line.trim()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

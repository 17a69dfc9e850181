//! The supervisor of one tree, as the binary it is: what it holds the tree to, and that nobody outlives it.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Waits until the supervisor has ended its tree; one that does not within a minute fails the test and leaves nothing.
pub fn ends(child: &mut Child) {
    let deadline = Instant::now() + Duration::from_mins(1);
    while child.try_wait().unwrap().is_none() {
        if Instant::now() > deadline {
            // Its lifeline is cut, so the tree does not stay.
            drop(child.stdin.take());
            child.wait().unwrap();
            panic!("the tree was not ended");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Runs `script` under a supervisor and gives its report and how many processes with `mark` were left.
fn supervised(bounds: &str, mark: &str, script: &str) -> (String, usize) {
    let folder = tempfile::tempdir().unwrap();
    let report = folder.path().join("report");
    let mut child = Command::new(env!("CARGO_BIN_EXE_trackside"))
        .arg("supervise")
        .arg("--report")
        .arg(&report)
        .args(["--bounds", bounds, "--", "sh", "-c", script])
        .env("SUPERVISE_TEST", mark)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    ends(&mut child);
    let entry = format!("SUPERVISE_TEST={mark}");
    let holds =
        |pid: &std::path::Path| std::fs::read(pid.join("environ")).is_ok_and(|all| all.split(|b| *b == 0).any(|it| it == entry.as_bytes()));
    let left = std::fs::read_dir("/proc").unwrap().flatten().filter(|it| holds(&it.path())).count();
    (std::fs::read_to_string(&report).unwrap(), left)
}

#[test]
fn a_tree_with_too_many_processes_is_killed_even_while_others_of_it_end_all_the_time() {
    // Each `(true &)` leaves an orphan that ends at once: the supervisor hears of an end every few milliseconds.
    let script = "i=0; while [ $i -lt 60 ]; do sleep 60 & i=$((i+1)); done; while :; do (true &); done";
    let (report, left) = supervised(r#"{"processes":40}"#, "churn", script);
    assert!(report.contains("had more than 40 processes"), "{report}");
    assert_eq!(left, 0);
}

#[test]
fn a_child_in_a_session_of_its_own_goes_with_the_tree() {
    let (report, left) =
        supervised("{}", "session", "setsid sleep 60 & setsid sh -c 'trap \"\" TERM; sleep 60; sleep 60' & sleep 0.2; exit 7");
    assert!(report.contains("\"code\":7"), "{report}");
    assert_eq!(left, 0);
}

//! A harness that cannot fail proves nothing: bugs put in on purpose, each of which some ordinary test has to catch.

use secrecy::SecretString;
use trackside::platform::token::secrets;
use trackside::runtime::journal;

#[test]
fn a_token_that_was_seen_is_in_nothing_that_is_noted() {
    let folder = tempfile::tempdir().unwrap();
    secrets::remember(&SecretString::from("c4nary-of-the-journal"));
    journal::append(folder.path(), r#"{"said":"Bearer c4nary-of-the-journal was refused"}"#).unwrap();
    let mut found = 0;
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        assert!(!text.contains("c4nary"), "{text}");
        found += usize::from(text.contains("was refused"));
    }
    assert_eq!(found, 1);
}

/// In a build of its own (`cargo test --features seeded-bugs`), which has the bugs in it, each asleep until it is named.
#[cfg(feature = "seeded-bugs")]
mod caught {
    use std::collections::{BTreeMap, BTreeSet};
    use std::process::{Command, Stdio};
    use std::sync::Mutex;

    const SIM: &str = "sim::runs::whatever_the_network_and_the_platform_do_every_promise_of_the_stream_holds";
    const MODEL: &str = "sim::model::in_every_order_of_events_the_two_machines_keep_the_promises_of_the_stream";
    const LAWS: &str = "logs_laws::nothing_shown_or_copied_can_drive_a_terminal";

    /// Each bug, and who has to catch it.
    const BUGS: [(&str, &[&str]); 13] = [
        ("drop_last_event", &[SIM, MODEL]),
        ("dup_on_resume", &[SIM, MODEL]),
        ("serve_future_rev", &["contract::stream::a_position_that_cannot_be_served_is_gone_and_never_taken_for_now"]),
        ("bookmark_early", &[SIM, MODEL]),
        ("slow_consumer_drop", &[SIM, MODEL]),
        ("timestamp_dedupe", &[SIM]),
        ("partial_snapshot", &[SIM, MODEL]),
        ("esc_passthrough", &[LAWS]),
        ("c1_passthrough", &[LAWS]),
        ("no_term_handler", &["pty::every_ending_signal_gives_the_terminal_back_and_is_in_the_exit_code"]),
        ("token_in_log", &["seeded::a_token_that_was_seen_is_in_nothing_that_is_noted"]),
        ("deadlines_by_calendar", &["wrong_clock::a_platform_whose_clock_is_set_ends_nothing_early_and_puts_nothing_off"]),
        ("false_all_clear", &["screens::laws::no_incidents_is_never_said_of_an_old_answer"]),
    ];

    /// Runs one test in a process of its own, with the bug in; true when it passes.
    fn passes(test: &str, bug: &str) -> bool {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .args(["--exact", test])
            .env("TRACKSIDE_SEEDED_BUG", bug)
            .env("PROPTEST_DISABLE_FAILURE_PERSISTENCE", "1")
            .stdin(Stdio::null());
        let out = command.output().unwrap();
        let said = String::from_utf8_lossy(&out.stdout);
        assert!(said.contains("running 1 test"), "there is no test {test}: {said}");
        out.status.success()
    }

    /// Whether each test passes with each bug (or with none), two at a time.
    fn outcomes(wanted: BTreeSet<(&'static str, &'static str)>) -> BTreeMap<(&'static str, &'static str), bool> {
        let (left, done) = (Mutex::new(wanted), Mutex::new(BTreeMap::new()));
        let work = || {
            loop {
                let next = left.lock().unwrap().pop_first();
                let Some((bug, test)) = next else { return };
                // A test that fails anyway catches nothing; one that waits for the world may fail once on a busy machine.
                let passed = passes(test, bug) || (bug.is_empty() && passes(test, bug));
                done.lock().unwrap().insert((bug, test), passed);
            }
        };
        std::thread::scope(|scope| {
            scope.spawn(work);
            scope.spawn(work);
        });
        done.into_inner().unwrap()
    }

    #[test]
    fn every_seeded_bug_is_caught() {
        let with = BUGS.iter().flat_map(|(bug, tests)| tests.iter().map(|test| (*bug, *test)));
        let without = BUGS.iter().flat_map(|(_, tests)| tests.iter().map(|test| ("", *test)));
        let passed = outcomes(with.chain(without).collect());
        let mut caught = 0;
        for (bug, tests) in BUGS {
            let unsound: Vec<_> = tests.iter().filter(|test| !passed[&("", **test)]).collect();
            assert!(unsound.is_empty(), "fails without any bug: {unsound:?}");
            let missed: Vec<_> = tests.iter().filter(|test| passed[&(bug, **test)]).collect();
            println!("{bug}: {}", if missed.is_empty() { "caught".to_owned() } else { format!("not seen by {missed:?}") });
            caught += usize::from(missed.is_empty());
        }
        println!("caught {caught}/{}", BUGS.len());
        assert_eq!(caught, BUGS.len());
        crate::figures::keep("seeded bugs caught", format!("{caught}/{}", BUGS.len()), format!("all {}", BUGS.len()));
    }
}

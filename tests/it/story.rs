//! The demo's story from its bad deployment to the hand-off, as somebody on call goes through it: real repositories, real traffic,
//! the real program in a pseudo-terminal. It takes the minutes that the story takes.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::rig::{PATIENCE, Rig};

/// The bad deployment goes out a minute after the shop has opened, its errors take a while to be an incident, and an incident
/// closes itself a while after its cause is gone.
const A_WHILE: Duration = Duration::from_mins(4);
/// What a key does is seen within this time, or it is pressed again.
const ANSWER: Duration = Duration::from_secs(5);

fn waits_for(it: &Rig, why: &str, what: impl Fn(&str) -> bool) -> String {
    let end = Instant::now() + A_WHILE;
    let mut screen = it.screen.0.lock().unwrap();
    loop {
        let text = screen.parser.screen().contents();
        if what(&text) {
            return text;
        }
        let left = end.saturating_duration_since(Instant::now());
        assert!(!left.is_zero(), "{why}:\n{text}");
        screen = it.screen.1.wait_timeout(screen, left).unwrap().0;
    }
}

fn header(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

/// Presses `keys` until the screen is as `what` says: a key that came before a question could be read is thrown away, and one that
/// did nothing is pressed again. `back` takes away what they may have left.
fn presses_until(it: &mut Rig, why: &str, keys: &str, back: &str, what: impl Fn(&str) -> bool) -> String {
    let end = Instant::now() + A_WHILE;
    loop {
        it.press(keys);
        let mut screen = it.screen.0.lock().unwrap();
        let look = Instant::now() + ANSWER;
        loop {
            let text = screen.parser.screen().contents();
            if what(&text) {
                return text;
            }
            assert!(Instant::now() < end, "{why}:\n{text}");
            let left = look.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            screen = it.screen.1.wait_timeout(screen, left).unwrap().0;
        }
        drop(screen);
        it.press(back);
    }
}

/// The time the header says one looks at: `PAST 14:02:10Z`.
fn past(text: &str) -> Option<String> {
    header(text).split_once("PAST ").map(|it| it.1.split(',').next().unwrap_or_default().to_owned())
}

/// The line of the screen with all of `words`.
fn line<'a>(text: &'a str, words: &[&str]) -> Option<&'a str> {
    text.lines().find(|line| words.iter().all(|it| line.contains(it)))
}

/// The first share on a line of the screen with all of `words`: 8.4 of `errors  ▁▁▅▇  !! 8.4 %`.
fn share(text: &str, words: &[&str]) -> Option<f64> {
    let line = line(text, words)?;
    let (before, _) = line.split_once(" %")?;
    before.rsplit(' ').next()?.parse().ok()
}

/// One story at a time: each is a platform with all its services, builds and customers.
static STAGE: Mutex<()> = Mutex::new(());

#[test]
#[ignore = "it takes five minutes: cargo test --test it -- --ignored story::"]
fn a_bad_deployment_is_found_on_the_time_axis_taken_back_and_told_of() {
    play(120, 40);
}

#[test]
#[ignore = "it takes five minutes: cargo test --test it -- --ignored story::"]
fn a_bad_deployment_is_found_and_taken_back_on_a_small_screen() {
    play(80, 24);
}

#[test]
#[ignore = "it takes five minutes: cargo test --test it -- --ignored story::"]
fn a_bad_deployment_is_found_and_taken_back_on_a_large_screen() {
    play(200, 60);
}

fn play(width: u16, height: u16) {
    let _stage = STAGE.lock().unwrap_or_else(PoisonError::into_inner);
    let mut it = Rig::start(width, height, env!("CARGO_BIN_EXE_trackside"), &["--utc", "demo"], true);
    // Half a minute into the P1, as somebody comes who was paged. On a small screen a pane is looked at after the other.
    waits_for(&it, "the dashboard", |text| text.contains("2 Deployments"));
    it.press("2");
    let first = waits_for(&it, "a P1 of half a minute", |text| {
        let clock = header(text).split_once("P1").map_or("", |it| it.1.trim_start());
        clock.starts_with("14:3") && line(text, &["live", "api", "Give a rebate"]).is_some()
    });
    let row = line(&first, &["live", "api", "Give a rebate"]).unwrap();
    let commit = row.split_whitespace().find(|it| it.len() == 7 && it.bytes().all(|b| b.is_ascii_hexdigit())).unwrap().to_owned();

    let at_fault = what_changed(&mut it, &commit);
    judged_and_taken_back(&mut it);
    let (closed, told) = handed_off(&mut it);
    let part = |name: &str| told.split("\n## ").find(|it| it.starts_with(name)).unwrap_or_else(|| panic!("no {name}:\n{told}"));
    let place = |what: &str| told.find(what).unwrap_or_else(|| panic!("nothing of {what:?}:\n{told}"));
    assert!(closed.contains("**P1**") && closed.contains("by platform"), "{closed}");
    let went_out = format!("{} storefront/api: `{commit}` Give a rebate on bundles of five live", at_fault.trim_end_matches('Z'));
    assert!(part("Deployments").contains(&went_out), "{went_out}: {told}");
    assert!(part("Rollbacks").contains("Take orders over HTTP"), "{told}");
    let order =
        ["# Hand-off", "## Open incidents", &closed, "Give a rebate on bundles of five live", "rolled back to", "## Notes"].map(place);
    assert!(order.is_sorted(), "{order:?}:\n{told}");
    presses_until(&mut it, "the panes", "\x1b", "", |text| !text.contains("## Notes"));
    it.press("q");
    assert_eq!(it.ended(PATIENCE).exit_code(), 0);
    it.is_clean();
}

/// What changed? One key per mark, from now back: where the P1 began it is lit, and the errors are there to be read; where the bad
/// deployment went live there are none yet, and the lines of both releases. Gives back when that was.
fn what_changed(it: &mut Rig, commit: &str) -> String {
    it.press("(");
    let then = waits_for(it, "the past", |text| past(text).is_some());
    presses_until(it, "the P1 lit", "5", "", |text| text.contains("open then") && text.contains("▸ P1"));
    let errors = |text: &str| line(text, &["4 Metrics", "at "]).and_then(|_| share(text, &["errors", "%"]));
    let read = presses_until(it, "the errors read out", "4", "", |text| errors(text).is_some());
    let high = errors(&read).unwrap();

    // The deployment before it: the axis, the logs and the lists go there. Of marks there are a few at most in between.
    let now = |it: &Rig| past(&it.screen.0.lock().unwrap().parser.screen().contents());
    let mut at = past(&then);
    for _ in 0..10 {
        let text = it.screen.0.lock().unwrap().parser.screen().contents();
        if line(&text, &["api live", commit]).is_some() {
            break;
        }
        it.press("(");
        // Each mark is another instant, but two may lie in one second.
        let look = Instant::now() + ANSWER;
        while Instant::now() < look && now(it) == at {
            std::thread::sleep(Duration::from_millis(20));
        }
        at = now(it);
    }
    let there = waits_for(it, "the bad deployment's mark", |text| line(text, &["api live", commit]).is_some());
    waits_for(it, "what failed of the requests before it", |text| errors(text).is_some_and(|low| low < high / 2.0));
    presses_until(it, "the P1 not lit", "5", "", |text| text.contains("open then") && !text.contains("▸ P1"));
    presses_until(it, "what was live then", "2", "", |text| {
        text.contains("live then") && line(text, &["▸", "live", "api", commit]).is_some()
    });
    // The old release ends there. The new one's first lines are as far above as it took to be found healthy.
    let log = |text: &str| text.lines().skip_while(|line| !line.contains("3 Logs")).collect::<Vec<_>>().join("\n");
    presses_until(it, "the old release's last lines", "3", "", |text| log(text).contains("stopped: every request answered"));
    presses_until(it, "the new release's first lines", "kkkk", "", |text| log(text).contains("listening on"));
    it.press("L");
    waits_for(it, "now", |text| !header(text).contains("PAST"));
    past(&there).unwrap()
}

/// The card of the deployment says what it did; back it goes with B, the name that production asks for, and Enter.
fn judged_and_taken_back(it: &mut Rig) {
    it.press("2g");
    waits_for(it, "the api's deployment under the cursor", |text| text.contains("2 Deployments"));
    it.press("\r");
    let card = waits_for(it, "the verdict", |text| {
        text.contains("before and after") && line(text, &["errors", "worse"]).is_some() && line(text, &["new patterns", "worse"]).is_some()
    });
    assert!(card.contains("Give a rebate on bundles of five"), "{card}");
    it.press("B");
    let question = waits_for(it, "the question", |text| text.contains("Roll back api"));
    assert!(question.contains("Take orders over HTTP"), "the target is named: {question}");
    presses_until(it, "the name typed", "api", "\x7f\x7f\x7f\x7f\x7f\x7f", |text| {
        text.contains("> api") && text.contains("Enter Roll back")
    });
    it.press("\r");
    waits_for(it, "the old release", |text| !text.contains("Roll back api"));
    // Each by itself, or a terminal's bytes mean alt-0.
    presses_until(it, "the deployment closed", "\x1b", "", |text| !text.contains("before and after"));
    it.press("0");
    presses_until(it, "the older release serving", "2", "", |text| line(text, &["live", "api", "Take orders"]).is_some());
    // The worker's crash loop, which the story goes on with, is another incident.
    let failing = |line: &str| line.contains("P1") && line.contains("of requests") && !line.contains("✓ platform");
    presses_until(it, "the incidents", "5", "", |text| text.contains("5 Incidents ─"));
    waits_for(it, "the P1 closing itself", |text| text.contains("5 Incidents ─") && !text.lines().any(failing));
}

/// And the story, in order: read to its end, and taken along. The line of the closed P1, and all of it.
fn handed_off(it: &mut Rig) -> (String, String) {
    it.press("H");
    waits_for(it, "the hand-off", |text| text.contains("# Hand-off"));
    presses_until(it, "its end", "G", "", |text| text.contains("## Notes"));
    it.press("w");
    waits_for(it, "the file", |text| text.contains("written to handoff-"));
    let files = std::fs::read_dir(it.home.path()).unwrap().filter_map(|it| it.ok().map(|it| it.path()));
    let file = files.into_iter().find(|it| it.file_name().is_some_and(|it| it.to_string_lossy().starts_with("handoff-"))).unwrap();
    let told = std::fs::read_to_string(file).unwrap();
    let part = told.split("\n## ").find(|it| it.starts_with("Incidents closed")).unwrap_or_else(|| panic!("none closed:\n{told}"));
    let closed = part.lines().find(|line| line.contains("of requests f")).unwrap_or_else(|| panic!("{told}"));
    (closed.to_owned(), told.clone())
}

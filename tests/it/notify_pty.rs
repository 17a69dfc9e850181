//! The whole way: a real deployment on a real platform ends, and a hook, the desktop's notification and the bell tell it once.

use std::time::Instant;

use crate::commands::Served;
use crate::rig::{PATIENCE, Rig};

const PROGRAM: &str = env!("CARGO_BIN_EXE_trackside");

fn count(it: &Rig, needle: &[u8]) -> usize {
    it.screen.0.lock().unwrap().raw.windows(needle.len()).filter(|part| *part == needle).count()
}

#[test]
fn a_deployment_that_ends_reaches_hook_desktop_and_bell_once() {
    let served = Served::start();
    let repo = served.repo();
    served.ok(&["project", "create", "shop"]);
    served.ok(&["service", "create", "shop/site", "--repo", &repo]);
    let home = served.home.path().display().to_string();
    let told = served.home.path().join("told");
    let hook = format!("cat >> '{}'; echo >> '{}'", told.display(), told.display());
    let variables = [
        ("HOME", home.as_str()),
        ("XDG_CONFIG_HOME", ""),
        ("XDG_STATE_HOME", ""),
        ("XDG_DATA_HOME", ""),
        ("TERM_PROGRAM", "ghostty"),
        ("TRACKSIDE__NOTIFY__HOOK", hook.as_str()),
        ("TRACKSIDE__NOTIFY__TO__OTHER_DEPLOY", "toast,bell,osc,hook"),
        ("TRACKSIDE__NOTIFY__WATCH", "replicas < 1 on site for 1h"),
    ];
    let mut it = Rig::start_with(120, 40, PROGRAM, &[], &variables, true);
    it.sees("site");
    it.until("it is not live", |it| it.contents().lines().next().is_some_and(|line| line.contains("live")));
    served.ok(&["deploy", "site", "--wait", "--timeout", "60s"]);
    it.sees("is live after");
    let end = Instant::now() + PATIENCE;
    let text = loop {
        let text = std::fs::read_to_string(&told).unwrap_or_default();
        if text.ends_with("}\n") {
            break text;
        }
        assert!(Instant::now() < end, "the hook was not run: {text:?}");
        std::thread::sleep(std::time::Duration::from_millis(5));
    };
    let said: serde_json::Value = serde_json::from_str(text.trim()).unwrap();
    assert_eq!((said["event"].as_str(), said["deployment"]["object"]["status"].as_str()), (Some("deploy.ended"), Some("success")));
    assert!(!text.contains('\u{1b}'), "the commit's message has an escape in it");
    // Asked for the whole state anew, and with the list of watches in between: nothing is told again.
    it.press("\x12");
    it.press(":watches\r");
    it.sees("replicas < 1 on site for 1h");
    it.press("q");
    it.until("the list is closed", |it| !it.contents().contains("Watches"));
    it.press("q");
    assert_eq!(it.ended(PATIENCE).exit_code(), 0);
    assert_eq!((count(&it, b"\x1b]9;trackside local: site "), count(&it, b"\x1b]9;"), count(&it, b"\x1b]777;")), (1, 1, 0));
    assert_eq!(std::fs::read_to_string(&told).unwrap(), text, "told once");
    it.is_clean();
}

#[test]
fn a_hook_does_not_outlive_the_program() {
    let served = Served::start();
    let repo = served.repo();
    served.ok(&["project", "create", "shop"]);
    served.ok(&["service", "create", "shop/site", "--repo", &repo]);
    let home = served.home.path().display().to_string();
    let begun = served.home.path().join("begun");
    let hook = format!("cat >/dev/null; echo $$ > '{}'; sleep 600", begun.display());
    let variables = [
        ("HOME", home.as_str()),
        ("XDG_CONFIG_HOME", ""),
        ("XDG_STATE_HOME", ""),
        ("XDG_DATA_HOME", ""),
        ("TRACKSIDE__NOTIFY__HOOK", hook.as_str()),
        ("TRACKSIDE__NOTIFY__TO__OTHER_DEPLOY", "hook"),
    ];
    let mut it = Rig::start_with(120, 40, PROGRAM, &[], &variables, true);
    it.sees("site");
    it.until("it is not live", |it| it.contents().lines().next().is_some_and(|line| line.contains("live")));
    served.ok(&["deploy", "site", "--wait", "--timeout", "60s"]);
    let end = Instant::now() + PATIENCE;
    let pid = loop {
        if let Some(pid) = std::fs::read_to_string(&begun).ok().and_then(|it| it.trim().parse::<u32>().ok()) {
            break pid;
        }
        assert!(Instant::now() < end, "the hook was not run");
        std::thread::sleep(std::time::Duration::from_millis(5));
    };
    it.signal(rustix::process::Signal::TERM);
    assert_eq!(it.ended(PATIENCE).exit_code(), 143);
    while runs(pid) {
        assert!(Instant::now() < end, "it is still there");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}

/// Whether anything of the process group still runs: who has ended and was not waited for yet does not.
fn runs(group: u32) -> bool {
    let stats = std::fs::read_dir("/proc").unwrap().flatten().filter_map(|it| std::fs::read_to_string(it.path().join("stat")).ok());
    stats.into_iter().any(|stat| {
        let mut fields = stat.rsplit_once(')').map_or("", |it| it.1).split_whitespace();
        let state = fields.next();
        fields.nth(1).is_some_and(|it| it == group.to_string()) && !matches!(state, Some("Z" | "X"))
    })
}

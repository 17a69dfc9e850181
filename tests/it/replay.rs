//! Recording what comes in, and showing it again: the same picture, by its own clock, with nothing leaving.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::sync::mpsc;
use trackside::app::chord;
use trackside::app::effect::Effect;
use trackside::app::msg::Msg;
use trackside::app::state::App;
use trackside::model::deploy::DeployStatus;
use trackside::model::event::{Answer, Change, Event};
use trackside::model::ids::SourceId;
use trackside::model::link::Link;
use trackside::model::log::{Level, LogKind, LogLine, LogPage};
use trackside::model::request::Request;
use trackside::model::text::Clean;
use trackside::model::time::{Millis, Time};
use trackside::runtime::player::Player;
use trackside::runtime::recorder::Draft;
use trackside::runtime::recording::{Header, KIND, Named, Recording, VERSION};
use trackside::runtime::tape::{Plan, Tape};

use crate::dash::{START, all_caps, deployment, world};
use crate::fixture::objects;
use crate::rig::{PATIENCE, Rig};

fn header() -> Header {
    Header {
        recording: KIND.to_owned(),
        version: VERSION,
        program: Clean::new("0.1.0"),
        began: START,
        context: Clean::new("night-shift"),
        production: false,
        sources: vec![Named { name: Clean::new("platform"), adapter: Clean::new("trackside") }],
    }
}

fn line(off: u64, at: Time, text: &str) -> LogLine {
    LogLine {
        off,
        at,
        kind: LogKind::Runtime,
        level: Level::Info,
        service: None,
        deployment: None,
        replica: 0,
        cont: false,
        text: text.to_owned(),
    }
}

/// Ten minutes with a dashboard that is recorded: a world, a line a second, a deployment in the fifth minute. The file, and the state at the end.
fn recorded(folder: &Path, name: &str) -> (PathBuf, App) {
    let path = folder.join(name);
    let (lane, _kept) = mpsc::channel(4);
    let mut app = App::new(objects::settings(&["night", "mono"]), vec![objects::source()], START);
    let mut tape = Plan::Record(Draft::create(&path).unwrap(), header()).begin(&mut app, &lane).unwrap();
    tape.update(&mut app, Msg::Resize(120, 40));
    let mut asked = Vec::new();
    let mut tell = |app: &mut App, event: Event, secs: i64| {
        let fx = tape.update(app, Msg::Fact(SourceId(0), event, START + Millis::secs(secs)));
        asked.extend(fx.effects.into_iter().filter_map(|it| match it {
            Effect::Ask { id, request, .. } => Some((id, request)),
            _ => None,
        }));
        std::mem::take(&mut asked)
    };
    let mut open = Vec::new();
    for event in
        [Event::Caps(Box::new(all_caps())), Event::Link(Link::Snapshot), Event::Snapshot(Box::new(world())), Event::Link(Link::Live)]
    {
        open.extend(tell(&mut app, event, 0));
    }
    for (id, request) in open {
        let answer = match request {
            Request::Logs(_) => {
                let lines = (1..=5).map(|n| line(n, START - Millis::secs(60 - n as i64), "from before")).collect();
                Answer::Logs(LogPage { epoch: "e".to_owned(), lines, beginning: true, end: true, gaps: Vec::new() })
            }
            _ => continue,
        };
        tell(&mut app, Event::Answer(id, Box::new(answer)), 1);
    }
    for n in 1..=600 {
        tell(&mut app, Event::Logs(vec![line(5 + n, START + Millis::secs(n as i64), &format!("line {n} password=hunter2"))]), n as i64);
        if n == 300 {
            let new = deployment("d900", "api", "shop", 0, DeployStatus::Building, false);
            tell(&mut app, Event::Changed(vec![Change::Deployment(new)]), 300);
        }
    }
    drop(tape);
    (path, app)
}

fn player(path: &Path, at: Option<Time>, paused: bool) -> (App, Tape) {
    let plan = Plan::Replay(Box::new(Player::new(Recording::open(path).unwrap(), 1.0, paused)), at);
    let (states, now) = plan.start(Vec::new(), START);
    let mut app = App::new(objects::settings(&["night", "mono"]), states, now);
    app.settings.read_only = Some("this is a recording".to_owned());
    let (lane, _) = mpsc::channel(1);
    let mut tape = plan.begin(&mut app, &lane).unwrap();
    tape.update(&mut app, Msg::Resize(120, 40));
    (app, tape)
}

fn press(app: &mut App, tape: &mut Tape, key: &str) -> Vec<Effect> {
    // The time of a key is that of whoever looks, a year after what is looked at.
    tape.update(app, Msg::Key(chord::parse(key).unwrap(), START + Millis::hours(24 * 365))).effects
}

fn has(app: &App, id: &str) -> bool {
    app.store.deployments.keys().any(|it| it.as_str() == id)
}

#[test]
fn a_replay_ends_with_what_the_dashboard_knew_then() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a.tsr", "a.tsr.zst"] {
        let (path, then) = recorded(folder.path(), name);
        let (now, _) = player(&path, Some(Time(i64::MAX)), true);
        assert_eq!(now.store, then.store);
        assert_eq!(now.logs.count(), then.logs.count(), "the lines of then are there, and those that were asked for, too");
        assert_eq!(now.now, START + Millis::mins(10));
        let raw = std::fs::read(&path).unwrap();
        assert!(!String::from_utf8_lossy(&raw).contains("hunter2"));
    }
}

#[test]
fn it_goes_forth_and_back_by_its_own_clock_and_says_that_it_is_a_replay() {
    let folder = tempfile::tempdir().unwrap();
    let (path, _) = recorded(folder.path(), "a.tsr.zst");
    let (mut app, mut tape) = player(&path, Some(START + Millis::mins(4)), true);
    assert!(!has(&app, "d900"));
    assert_eq!(app.now, START + Millis::mins(4));
    assert!(app.replay_words().unwrap().contains("paused 40 %"), "{:?}", app.replay_words());
    press(&mut app, &mut tape, ".");
    assert!(has(&app, "d900"), "a step goes to what happened next, past lines and numbers");
    assert_eq!(app.now, START + Millis::mins(5));
    press(&mut app, &mut tape, "alt-,");
    assert!(!has(&app, "d900"), "before it happened it had not happened");
    assert_eq!(app.now, START + Millis::secs(270));
    assert_eq!(app.size, (120, 40));
    press(&mut app, &mut tape, "alt-.");
    assert!(has(&app, "d900"));
    tape.update(&mut app, Msg::Act("replay.seek".to_owned(), "10%".to_owned()));
    assert_eq!(app.now, START + Millis::mins(1));
    press(&mut app, &mut tape, "alt-/");
    assert!(app.now > START + Millis::mins(1) && !has(&app, "d900"), "a smaller step goes to the next lines: {}", app.now);
    tape.update(&mut app, Msg::Act("replay.seek".to_owned(), "soon".to_owned()));
    assert!(app.notices.iter().any(|it| it.text.contains("14:02")), "what a place may be is said");
    assert_eq!(tape.pulse(&app), None, "while it stands still nothing happens");
    press(&mut app, &mut tape, ",");
    assert!(tape.pulse(&app).is_some_and(|it| it <= Duration::from_secs(1)));
    press(&mut app, &mut tape, "alt->");
    assert!(app.replay_words().unwrap().contains("x2"));
}

#[test]
fn nothing_leaves_a_replay() {
    let folder = tempfile::tempdir().unwrap();
    let (path, _) = recorded(folder.path(), "a.tsr");
    let (mut app, mut tape) = player(&path, Some(Time(i64::MAX)), true);
    let mut left = Vec::new();
    for key in ["1", "j", "D", "Enter", "R", "Enter", "2", "B", "Enter", "S", "4", "a", "x", "ctrl-r", "3", "n", "5", "r", "Esc"] {
        left.extend(press(&mut app, &mut tape, key));
        left.extend(tape.update(&mut app, Msg::Drawn(START)).effects);
    }
    let told =
        |it: &Effect| matches!(it, Effect::Ask { .. } | Effect::Hook { .. } | Effect::Announce { .. } | Effect::Bell | Effect::Replay(_));
    assert!(!left.iter().any(told), "{left:?}");
    assert!(app.notices.iter().any(|it| it.text.contains("recording")), "why it cannot be done is said: {:?}", app.notices);
    assert!(tape.update(&mut app, Msg::Fact(SourceId(0), Event::Link(Link::Idle), START)).unchanged, "nobody else may speak for a source");
    assert!(app.fresh());
}

#[test]
fn the_screen_says_replay_at_every_size_and_the_keys_work() {
    let folder = tempfile::tempdir().unwrap();
    let (path, _) = recorded(folder.path(), "a.tsr.zst");
    let path = path.to_str().unwrap();
    for (width, height) in [(120, 40), (80, 24), (40, 3), (20, 1)] {
        let mut it =
            Rig::start(width, height, env!("CARGO_BIN_EXE_trackside"), &["--utc", "replay", path, "--paused", "--at", "40%"], true);
        it.sees("REPLAY");
        if width >= 80 {
            it.sees("paused 40 %");
            it.press(".");
            it.sees("paused 50 %");
        }
        it.press("q");
        assert_eq!(it.ended(PATIENCE).exit_code(), 0);
        it.is_clean();
    }
}

#[test]
fn what_is_in_a_recording_is_said_and_what_is_none_is_refused_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let (path, _) = recorded(folder.path(), "a.tsr.zst");
    let run = |args: &[&str]| {
        let said = std::process::Command::new(env!("CARGO_BIN_EXE_trackside")).args(args).env("HOME", folder.path()).output().unwrap();
        (said.status.code().unwrap(), String::from_utf8(said.stdout).unwrap(), String::from_utf8(said.stderr).unwrap())
    };
    let (code, said, _) = run(&["replay", path.to_str().unwrap(), "--info", "--json"]);
    let said: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!((code, said["context"].as_str(), said["cut"].as_bool()), (0, Some("night-shift"), Some(false)));
    assert!(said["entries"].as_u64().unwrap() > 600);
    let (code, _, why) = run(&["replay", "/etc/hostname"]);
    assert!(code == 2 && why.contains("it is no recording of trackside"), "{why}");
    let (code, _, why) = run(&["replay", "no-such-file"]);
    assert!(code == 2 && why.contains("no-such-file cannot be shown"), "{why}");
    assert_eq!(run(&["replay", path.to_str().unwrap(), "--speed", "0"]).0, 2);
    assert_eq!(run(&["--record", "x.tsr", "status"]).0, 2, "only the dashboard is recorded");
    let bytes = std::fs::read(&path).unwrap();
    let cut = folder.path().join("cut.tsr.zst");
    std::fs::write(&cut, &bytes[..bytes.len() / 2]).unwrap();
    let (code, said, why) = run(&["replay", cut.to_str().unwrap(), "--info"]);
    assert!(code == 2 || said.contains("its end is missing"), "{code}: {said}{why}");
}

#[test]
fn a_dashboard_records_into_a_file_of_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.tsr");
    let name = path.to_str().unwrap();
    let mut it = Rig::start(100, 30, env!("CARGO_BIN_EXE_trackside"), &["--url", "http://127.0.0.1:1", "--record", name], true);
    it.sees("Projects");
    it.sees("127.0.0.1:1");
    it.press("q");
    assert_eq!(it.ended(PATIENCE).exit_code(), 0);
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let tape = Recording::open(&path).unwrap();
    assert!(!tape.cut && tape.header.context.as_str() == "127.0.0.1:1");
    let mut again = Rig::start(100, 30, env!("CARGO_BIN_EXE_trackside"), &["--url", "http://127.0.0.1:1", "--record", name], true);
    assert_eq!(again.ended(PATIENCE).exit_code(), 2, "a file that is there is left as it is");
}

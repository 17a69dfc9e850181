//! Who is told what, by which way, and when nothing sounds.

use trackside::app::effect::Effect;
use trackside::app::msg::{Msg, Outcome};
use trackside::app::notify::kind::{Kind, Osc, Way};
use trackside::app::notify::quiet::Hours;
use trackside::app::state::ActivityState;
use trackside::config::load;
use trackside::model::deploy::DeployStatus;
use trackside::model::event::{Answer, Change, Event};
use trackside::model::incident::Severity;
use trackside::model::link::Link;
use trackside::model::time::Millis;

use crate::dash::{Dash, START, dash, deployment, incident, unconnected, world};

/// How often each way was gone: bells, announcements, hooks.
fn gone(it: &Dash) -> (usize, usize, usize) {
    let count = |which: fn(&Effect) -> bool| it.wishes.iter().filter(|it| which(it)).count();
    (count(|it| *it == Effect::Bell), count(|it| matches!(it, Effect::Announce { .. })), count(|it| matches!(it, Effect::Hook { .. })))
}

fn to(it: &mut Dash, kind: Kind, ways: &[Way]) {
    it.app.settings.notify.to.insert(kind, ways.to_vec());
}

/// Deploys api, as this person or as somebody else, up to its end.
fn deploys(it: &mut Dash, id: &str, mine: bool, status: DeployStatus) {
    if mine {
        it.press("2 D tab Enter");
    }
    let mut new = deployment(id, "api", "shop", 0, DeployStatus::Building, false);
    new.created = it.at;
    if mine {
        let ask = it.writes().last().unwrap().0;
        it.answers(ask, Answer::Done { text: "started".into(), object: Some(Change::Deployment(new.clone())) });
    }
    it.changed(Change::Deployment(new.clone()));
    it.waits(Millis::secs(48));
    new.finished = Some(it.at);
    new.error = (status == DeployStatus::Failed).then(|| trackside::model::text::Clean::paragraph("exit 101\nmore"));
    (new.status, new.rev) = (status, 2);
    it.changed(Change::Deployment(new));
}

#[test]
fn the_end_of_an_own_deployment_is_heard_and_that_of_another_is_shown() {
    let mut it = dash();
    deploys(&mut it, "d-api-7", false, DeployStatus::Success);
    assert!(it.said().contains("is live after 48s"), "{}", it.said());
    assert_eq!(gone(&it), (0, 0, 0));
    deploys(&mut it, "d-api-8", true, DeployStatus::Failed);
    assert!(it.said().contains("failed while building after 48s: exit 101"), "{}", it.said());
    assert_eq!(gone(&it), (1, 1, 0));
    let Some(Effect::Announce { how: Osc::Auto, title, text, .. }) = it.wishes.iter().find(|it| matches!(it, Effect::Announce { .. }))
    else {
        panic!("{:?}", it.wishes)
    };
    assert!(title.starts_with("api api-800 failed after 48s") && text == "exit 101", "{title} | {text}");
}

#[test]
fn at_the_start_what_is_open_is_one_line_and_no_sound() {
    let it = dash();
    assert_eq!(it.said(), "2 incidents are open, the worst a P1");
    assert_eq!(gone(&it), (0, 0, 0));
}

#[test]
fn a_mistake_in_the_config_is_not_hidden_by_what_is_open() {
    let mut it = unconnected();
    let wrong = "config.toml:3: `response.p1` is a time such as `15m`";
    it.send(Msg::Done(Outcome::Failed(wrong.to_owned())));
    it.fact(Event::Snapshot(Box::new(world())));
    assert!(it.said().contains(wrong) && !it.said().contains("incidents are open"), "{}", it.said());
}

#[test]
fn a_hook_gets_the_whole_event_and_its_failure_is_said_and_kept() {
    let mut it = dash();
    it.app.settings.notify.hook = Some("tell-me".to_owned());
    to(&mut it, Kind::OtherDeploy, &[Way::Hook]);
    deploys(&mut it, "d-api-7", false, DeployStatus::Success);
    let Some(Effect::Hook { command, json, what }) = it.wishes.iter().find(|it| matches!(it, Effect::Hook { .. })).cloned() else {
        panic!("{:?}", it.wishes)
    };
    let said: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((command.as_str(), said["event"].as_str(), said["context"].as_str()), ("tell-me", Some("deploy.ended"), Some("local")));
    assert_eq!((said["deployment"]["object"]["id"].as_str(), said["deployment"]["mine"].as_bool()), (Some("d-api-7"), Some(false)));
    assert_eq!(said["deployment"]["took_ms"].as_i64(), Some(48_000));
    assert!(!it.said().contains("is live"), "the toast was taken out: {}", it.said());

    it.send(Msg::Done(Outcome::Hooked { what, failed: Some("exit 3".to_owned()), said: vec!["no such host".to_owned()] }));
    assert!(it.said().contains("exit 3: no such host"), "{}", it.said());
    assert!(matches!(&it.app.activity.last().unwrap().state, ActivityState::Failed(why) if why.contains("exit 3")));
}

#[test]
fn in_quiet_hours_only_a_p1_sounds_and_everything_is_shown() {
    let mut it = dash();
    // START is 11:06:40 UTC.
    it.app.settings.notify.quiet = Some(Hours::read("22:00-11:30").unwrap());
    let opened = |it: &mut Dash, id: &str, severity| {
        let mut new = incident(id, "web", "shop", severity);
        (new.opened, new.due) = (it.at, None);
        it.changed(Change::Incident(new));
    };
    opened(&mut it, "i-8", Severity::P2);
    assert!(it.said().contains("P2 web is in trouble"));
    assert_eq!(gone(&it), (0, 0, 0));
    opened(&mut it, "i-9", Severity::P1);
    assert_eq!(gone(&it), (1, 1, 0));
    it.app.settings.notify.always = Some(Vec::new());
    opened(&mut it, "i-10", Severity::P1);
    assert_eq!(gone(&it), (1, 1, 0), "nothing at all is always");
}

#[test]
fn quiet_by_hand_is_above_the_hours_and_ends_by_itself() {
    let mut it = dash();
    let act = |it: &mut Dash, arg: &str| it.send(Msg::Act("quiet".to_owned(), arg.to_owned()));
    act(&mut it, "30m");
    assert_eq!(it.app.news_words().0.as_deref(), Some("quiet 30m"));
    deploys(&mut it, "d-api-7", true, DeployStatus::Success);
    assert_eq!(gone(&it), (0, 0, 0));
    act(&mut it, "off");
    assert_eq!(it.app.news_words().0, None);
    act(&mut it, "30m");
    it.waits(Millis::mins(31));
    assert_eq!(it.app.quiet_until(), None, "it is over by itself");

    it.app.settings.notify.quiet = Some(Hours::read("10:00-12:00").unwrap());
    assert!(it.app.quiet_until().is_some());
    act(&mut it, "10m");
    act(&mut it, "off");
    assert_eq!(it.app.quiet_until(), None, "off means off, in quiet hours too");
    it.waits(Millis::hours(23));
    assert!(it.app.quiet_until().is_some(), "until they begin anew");
    act(&mut it, "for ever");
    assert!(it.said().contains("for how long?"), "{}", it.said());
}

#[test]
fn a_link_is_missed_after_a_minute_and_welcomed_after_that_only() {
    let mut it = dash();
    let away = |it: &mut Dash| {
        it.fact(Event::Link(Link::Retrying { at: it.at, attempt: 1, why: "gone".into() }));
    };
    away(&mut it);
    it.waits(Millis::secs(1)).waits(Millis::secs(50)).fact(Event::Link(Link::Live));
    it.waits(Millis::secs(1));
    assert_eq!(gone(&it).1, 0, "a short one is nobody's news");
    away(&mut it);
    for _ in 0..100 {
        it.waits(Millis::secs(1));
    }
    assert_eq!(gone(&it).1, 1);
    it.fact(Event::Snapshot(Box::new(world()))).fact(Event::Link(Link::Live)).waits(Millis::secs(1));
    assert_eq!(gone(&it).1, 2);
    assert!(it.said().contains("local is back after 1m 40s"), "{}", it.said());

    let mut never = unconnected();
    never.fact(Event::Link(Link::Retrying { at: START, attempt: 1, why: "gone".into() })).waits(Millis::mins(2)).waits(Millis::mins(2));
    assert_eq!(never.said(), "", "what never stood was not lost");
}

#[test]
fn a_hostile_title_leaves_as_text() {
    let mut it = dash();
    let mut new = incident("i-9", "web", "shop", Severity::P1);
    new.title = "x\u{1b}]9;4;3\u{7}\u{9c}\u{202e}y; $(reboot)".into();
    it.app.settings.notify.hook = Some("cat".to_owned());
    to(&mut it, Kind::Incident, &[Way::Osc9, Way::Osc777, Way::Hook]);
    it.changed(Change::Incident(new));
    let mut seen = 0;
    for effect in &it.wishes {
        let text = match effect {
            Effect::Announce { title, text, .. } => format!("{title}{text}"),
            Effect::Hook { command, json, what } => {
                assert_eq!(command, "cat", "nothing of a platform meets the shell");
                format!("{json}{what}")
            }
            _ => continue,
        };
        seen += 1;
        assert!(!text.chars().any(|c| c.is_control() || c == '\u{202e}'), "{text:?}");
    }
    assert_eq!(seen, 3);
}

#[test]
fn a_storm_is_shown_and_not_passed_on() {
    let mut it = dash();
    for n in 0..100 {
        it.changed(Change::Incident(incident(&format!("storm-{n}"), "web", "shop", Severity::P1)));
    }
    assert_eq!(gone(&it), (30, 30, 0));
    assert!(it.app.notices.iter().any(|it| it.text.contains("P1")));
    it.waits(Millis::mins(1)).changed(Change::Incident(incident("after", "web", "shop", Severity::P1)));
    assert!(gone(&it).1 > 30, "and after it there is news again");
}

#[test]
fn the_config_says_who_is_told_and_what_is_wrong_with_it() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let text = r#"
[notify]
quiet = "22:00-07:00"
osc = "777"
always = ["p2", "link"]
watch = [
    "errors/min > 30 on api",
    "p95 > 800",
]
[notify.to]
deploy = ["toast", "bel"]
link = []
links = []
"#;
    std::fs::write(file.path(), text).unwrap();
    let (config, complaints) = load(file.path(), [], &[]);
    let rules = config.notify.rules();
    assert_eq!((rules.osc, rules.quiet), (Osc::Seven, Some(Hours::read("22:00-07:00").unwrap())));
    assert_eq!((rules.ways(Kind::Deploy), rules.ways(Kind::Link)), ([Way::Toast].as_slice(), [].as_slice()));
    assert_eq!(rules.ways(Kind::OtherDeploy), [Way::Toast]);
    assert_eq!(rules.watch, ["errors/min > 30 on api"]);
    assert!(rules.always(Kind::Incident, Some(&Severity::P2)) && !rules.always(Kind::MinorIncident, Some(&Severity::P3)));
    let name = file.path().display().to_string();
    let mut said: Vec<String> = complaints.iter().map(|it| it.to_string().replace(&name, "F")).collect();
    said.sort();
    assert_eq!(
        said,
        [
            "F:11: `notify.to.deploy`: there is no \"bel\"; there are toast, bell, osc, osc9, osc777, hook",
            "F:13: there is no setting `notify.to.links`; did you mean `notify.to.link`?",
            "F:8: `notify.watch`: \"p95 > 800\": expected an amount as in p95 > 800ms (column 7)",
        ]
    );
    let env = [("TRACKSIDE__NOTIFY__TO__WATCH".to_owned(), "toast, hook".to_owned())];
    let (config, complaints) = load(std::path::Path::new("/nonexistent"), env, &[]);
    assert_eq!((config.notify.rules().ways(Kind::Watch), complaints.len()), ([Way::Toast, Way::Hook].as_slice(), 0));
}

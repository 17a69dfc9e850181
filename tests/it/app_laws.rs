//! Laws of the program without the world: they hold for any story of messages, and for every row of the tables.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;
use trackside::app::action::Deed;
use trackside::app::bindings::Keys;
use trackside::app::effect::Effect;
use trackside::app::hints::{QUERY, TIMELINE, WATCHING};
use trackside::app::keymap::{Binding, Found, Keymap};
use trackside::app::layout::{Arrangement, Size, layout};
use trackside::app::msg::{Mouse, MouseKind, Msg};
use trackside::app::pane::PaneId;

use trackside::app::state::Overlay;
use trackside::app::{actions, chord};
use trackside::model::deploy::DeployStatus;
use trackside::model::event::{Answer, Change, Event, ObjectRef};
use trackside::model::ids::{AskId, SourceId};
use trackside::model::incident::Severity;
use trackside::model::link::Link;
use trackside::model::log::{GapReason, Level, LogGap, LogKind, LogLine, LogPage};
use trackside::model::metric::{Metric, MetricPoint, Series};
use trackside::model::request::{Fault, Request};
use trackside::model::service::Health;
use trackside::model::time::{Millis, Time};

use crate::dash::{START, all_caps, dash, deployment, incident, project, service, unconnected, world};

const KEYS: &[&str] = &[
    "j",
    "k",
    "g",
    "G",
    "h",
    "l",
    "Enter",
    "Esc",
    "Tab",
    "S-Tab",
    "1",
    "2",
    "3",
    "4",
    "5",
    "z",
    "0",
    "/",
    "&",
    "n",
    "N",
    "F",
    "space",
    "e",
    "E",
    "w",
    "W",
    "<",
    ">",
    "v",
    "t",
    "u",
    "J",
    "m",
    "'",
    "[",
    "]",
    "{",
    "}",
    "L",
    "+",
    "-",
    "r",
    "y",
    "Y",
    "b",
    "d",
    "a",
    "x",
    "V",
    "D",
    "R",
    "S",
    "B",
    "X",
    ":",
    "?",
    "T",
    "M",
    "o",
    "s",
    "q",
    "ctrl-l",
    "ctrl-r",
    "ctrl-c",
    "ctrl-d",
    "ctrl-u",
    "ctrl-s",
    "Backspace",
    "Left",
    "Right",
    "Up",
    "Down",
    "Home",
    "End",
    "PgUp",
    "PgDn",
    "é",
    "i",
    "p",
];

fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("api".to_owned()),
        Just("web".to_owned()),
        Just("shop".to_owned()),
        Just("d-api-3".to_owned()),
        "\\PC{0,12}",
        any::<String>()
    ]
}

fn instant() -> impl Strategy<Value = Time> {
    prop_oneof![(-4_000_000i64..4_000_000).prop_map(|ms| Time(START.0 + ms)), any::<i64>().prop_map(Time)]
}

fn status() -> impl Strategy<Value = DeployStatus> {
    prop_oneof![Just(DeployStatus::Building), Just(DeployStatus::Failed), Just(DeployStatus::Success), Just(DeployStatus::read("odd"))]
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        (word(), word(), status(), any::<bool>(), 0u64..9).prop_map(|(id, of, status, live, rev)| {
            let mut it = deployment(&id, &of, "shop", 3, status, live);
            it.rev = rev;
            Change::Deployment(it)
        }),
        (word(), word(), instant()).prop_map(|(id, of, due)| {
            let mut it = incident(&id, &of, "shop", Severity::P2);
            it.due = Some(due);
            it.steps.truncate(3);
            it.rev = 3;
            Change::Incident(it)
        }),
        (word(), word()).prop_map(|(id, of)| Change::Service(service(&id, &of, Health::Failed, Some("d-api-3")))),
        word().prop_map(|id| Change::Project(project(&id))),
        word().prop_map(|id| Change::Removed(ObjectRef::Service(id.as_str().into()))),
        word().prop_map(|id| Change::Removed(ObjectRef::Project(id.as_str().into()))),
        word().prop_map(|id| Change::Removed(ObjectRef::Deployment(id.as_str().into()))),
        Just(Change::Removed(ObjectRef::Incident("i-1".into()))),
    ]
}

fn lines() -> impl Strategy<Value = Vec<LogLine>> {
    vec((any::<u16>(), instant(), word(), word()), 0..20).prop_map(|list| {
        let line = |(off, at, of, text): (u16, Time, String, String)| LogLine {
            off: off.into(),
            at,
            kind: LogKind::Runtime,
            level: Level::Warn,
            service: Some(of.as_str().into()),
            deployment: Some(of.as_str().into()),
            replica: 1,
            cont: false,
            text,
        };
        list.into_iter().map(line).collect()
    })
}

fn link() -> impl Strategy<Value = Link> {
    prop_oneof![
        Just(Link::Live),
        Just(Link::Snapshot),
        any::<u32>().prop_map(|attempt| Link::Connecting { attempt }),
        instant().prop_map(|since| Link::Stale { since }),
        (instant(), word()).prop_map(|(at, why)| Link::Retrying { at, attempt: 3, why: why.into() }),
        word().prop_map(|why| Link::Refused { why: why.into() }),
        (any::<i64>(), word()).prop_map(|(ms, why)| Link::Polling { every: Millis(ms), why: why.into() }),
    ]
}

fn answer() -> impl Strategy<Value = Answer> {
    let series = (any::<i64>(), any::<i64>(), vec(proptest::option::of(any::<f64>()), 0..30)).prop_map(|(from, step, values)| {
        let one = Series {
            service: "api".into(),
            replica: 0,
            metric: Metric::Cpu,
            from: Time(from),
            step: Millis(step),
            values,
            peaks: Vec::new(),
            lows: Vec::new(),
        };
        Answer::Metrics(vec![one])
    });
    prop_oneof![
        word().prop_map(|text| Answer::Done { text: text.into(), object: None }),
        change().prop_map(|it| Answer::Done { text: "done".into(), object: Some(it) }),
        word().prop_map(|why| Answer::Failed(Fault::Conflict(why.into()))),
        Just(Answer::Failed(Fault::Offline("gone".into()))),
        lines().prop_map(|lines| Answer::Logs(LogPage { epoch: "e".to_owned(), lines, beginning: false, end: true, gaps: Vec::new() })),
        series,
    ]
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        3 => vec(change(), 0..4).prop_map(Event::Changed),
        2 => lines().prop_map(Event::Logs),
        1 => link().prop_map(Event::Link),
        1 => Just(Event::Snapshot(Box::new(world()))),
        1 => Just(Event::Snapshot(Box::default())),
        1 => (0u64..80, answer()).prop_map(|(id, it)| Event::Answer(AskId(id), Box::new(it))),
        1 => (any::<u32>(), instant(), instant()).prop_map(|(n, from, to)| {
            Event::LogGap(LogGap { offs: u64::from(n)..=u64::from(n) + 3, count: 4, from, to, reason: GapReason::Slow })
        }),
        1 => word().prop_map(|epoch| Event::LogRestart { epoch }),
        1 => (instant(), any::<f64>()).prop_map(|(at, value)| {
            Event::Metrics(vec![MetricPoint { service: "api".into(), replica: 0, at, values: vec![(Metric::Cpu, value)] }])
        }),
        1 => Just(Event::Caps(Box::new(all_caps()))),
        1 => any::<i64>().prop_map(|ms| Event::Heard { skew: Millis(ms) }),
    ]
}

/// A message; keys come most often.
fn msg() -> impl Strategy<Value = Msg> {
    let name = prop_oneof![(0..actions::all().count()).prop_map(|n| actions::all().nth(n).unwrap().name.to_owned()), word()];
    prop_oneof![
        12 => (0..KEYS.len(), 0i64..90_000).prop_map(|(n, ms)| Msg::Key(chord::parse(KEYS[n]).unwrap(), START + Millis(ms))),
        5 => event().prop_map(|it| Msg::Fact(SourceId(0), it, START + Millis::secs(7))),
        1 => (0u16..260, 0u16..80).prop_map(|(width, height)| Msg::Resize(width, height)),
        1 => instant().prop_map(Msg::Tick),
        1 => (any::<u8>(), any::<u8>()).prop_map(|(x, y)| Msg::Mouse(Mouse { kind: MouseKind::Press, x: x.into(), y: y.into() })),
        1 => (any::<u8>(), any::<u8>()).prop_map(|(x, y)| Msg::Mouse(Mouse { kind: MouseKind::Down, x: x.into(), y: y.into() })),
        1 => word().prop_map(Msg::Paste),
        1 => (name, word()).prop_map(|(name, arg)| Msg::Act(name, arg)),
        1 => Just(Msg::Drawn(START)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 160, ..ProptestConfig::default() })]

    #[test]
    fn any_story_keeps_cursors_inside_and_budgets(story in vec(msg(), 0..80)) {
        let mut it = dash();
        for msg in story {
            it.send(msg);
            for pane in PaneId::ALL {
                let view = it.app.view(pane);
                prop_assert!(view.cursor < view.rows.len().max(1));
                prop_assert_eq!(view.at.as_ref(), view.rows.get(view.cursor));
                prop_assert!(view.top <= view.cursor);
                let height = usize::from(it.app.areas().list(pane).height).max(1);
                prop_assert!(view.cursor < view.top + height);
            }
            prop_assert!(it.app.logs.store().bytes() <= it.app.logs.store().budget());
            // What the painters ask must be answerable at any time.
            let n = usize::from(it.app.size.0);
            it.app.marks(n);
            prop_assert_eq!(it.app.severities(n).len(), n);
            prop_assert_eq!(it.app.volumes(n).len(), n);
            let axis = it.app.axis();
            it.app.metrics.cells(&["api".into()], &Metric::Cpu, axis.from, axis.to, n);
            it.app.header();
            it.app.footer();
            it.app.doubt();
            it.app.pulse();
        }
    }

    #[test]
    fn only_a_fresh_link_makes_what_is_shown_younger(story in vec(msg(), 0..80)) {
        let mut it = unconnected();
        for msg in story {
            let before = it.app.sources[0].fresh;
            let link = it.app.sources[0].link.is_fresh();
            it.send(msg);
            let source = &it.app.sources[0];
            prop_assert!(source.fresh == before || link || source.link.is_fresh(), "{:?} became {:?} while {:?}", before, source.fresh, source.link);
        }
    }

    #[test]
    fn no_write_whose_row_asks_leaves_without_a_yes(story in vec(msg(), 0..80)) {
        let mut it = dash();
        // Why it is done is typed into the question; it is the same write.
        let plain = |it: &Request| match it {
            Request::Resolve { incident, .. } => Request::Resolve { incident: incident.clone(), reason: None },
            other => other.clone(),
        };
        for msg in story {
            let question = match it.app.overlays.last() {
                Some(Overlay::Confirm(question)) => Some(question.request.clone()),
                _ => None,
            };
            let enter = matches!(&msg, Msg::Key(key, _) if chord::format(*key) == "Enter");
            it.wishes.clear();
            it.send(msg);
            for (_, request) in it.writes() {
                let asks = !request.name().starts_with("incident.") || request.name() == "incident.resolve";
                prop_assert!(!asks || (enter && question == Some(plain(&request))), "{} left unasked", request.name());
            }
        }
    }

    #[test]
    fn every_key_is_read_as_it_is_written(c in any::<char>(), ctrl in any::<bool>(), alt in any::<bool>(), f in 1u8..=24) {
        use crokey::crossterm::event::{KeyCode, KeyModifiers};
        let mut modifiers = KeyModifiers::NONE;
        modifiers.set(KeyModifiers::CONTROL, ctrl);
        modifiers.set(KeyModifiers::ALT, alt);
        for code in [KeyCode::Char(c), KeyCode::F(f), KeyCode::Enter, KeyCode::BackTab, KeyCode::PageDown, KeyCode::Char('-'), KeyCode::Char(' ')] {
            let key = chord::normal(crokey::KeyCombination::one_key(code, modifiers));
            prop_assert_eq!(chord::parse(&chord::format(key)), Ok(key));
        }
    }

    #[test]
    fn a_message_is_read_as_it_is_written(it in msg().prop_filter("JSON has no NaN", |it| !format!("{it:?}").contains("NaN") && !format!("{it:?}").contains("inf"))) {
        let text = serde_json::to_string(&it).unwrap();
        // An instant beyond the calendar may be read as another: what was read is written as it was read.
        if let Ok(read) = serde_json::from_str::<Msg>(&text) {
            let again: Msg = serde_json::from_str(&serde_json::to_string(&read).unwrap()).unwrap();
            prop_assert_eq!(again, read);
        } else {
            prop_assert!(text.contains('T'), "only an instant outside of the calendar is unreadable: {}", text);
        }
    }
}

#[test]
fn no_two_actions_want_one_key_in_one_pane() {
    let (_, complaints) = Keymap::new(&Keys::default().bindings());
    assert_eq!(complaints, []);
}

#[test]
fn a_clash_names_both_actions_and_the_first_one_keeps_the_key() {
    let binding = |name: &str, keys: &[&str]| Binding {
        name: name.to_owned(),
        panes: vec![PaneId::Logs],
        keys: keys.iter().map(|&it| it.to_owned()).collect(),
        from: "default".to_owned(),
    };
    let (map, complaints) = Keymap::new(&[binding("one", &["g g"]), binding("two", &["g"]), binding("three", &["gg"])]);
    assert_eq!(complaints.len(), 2);
    assert!(
        complaints[0].why.contains("`g` for two (default) begins `g g`, which is one (default) in Logs") && complaints[0].action == "two"
    );
    assert!(complaints[1].why.contains("not a key"));
    let g = chord::parse("g").unwrap();
    assert_eq!(map.find(PaneId::Logs, &[g]), Found::Prefix);
    assert_eq!(map.find(PaneId::Logs, &[g, g]), Found::Action("one"));
    assert_eq!(map.find(PaneId::Metrics, &[g]), Found::Nothing);
}

#[test]
fn nothing_that_writes_is_on_a_ctrl_key_or_a_lower_case_letter_but_ack_and_tick() {
    for it in actions::all() {
        let writes = matches!(it.deed, Deed::Ask(_));
        for key in it.keys {
            let shy = key.starts_with("ctrl-") || key.starts_with(|c: char| c.is_ascii_lowercase());
            assert!(!(writes && shy), "{} is on {key}", it.name);
        }
    }
}

#[test]
fn every_action_has_one_name_a_help_line_and_a_row_in_help() {
    let it = dash();
    let mut names = BTreeMap::new();
    for action in actions::all() {
        *names.entry(action.name).or_insert(0) += 1;
        assert!(!action.help.is_empty() && !action.help.ends_with('.'), "{}", action.name);
    }
    assert!(names.values().all(|n| *n == 1), "{names:?}");
    // What signs mean, a query and a watch can say stands below the actions.
    let mut help: Vec<&str> =
        it.app.help_rows("").iter().map(|row| row.name).filter(|name| ![QUERY, TIMELINE, WATCHING].contains(name)).collect();
    help.sort_unstable();
    assert_eq!(help, names.into_keys().collect::<Vec<_>>());
    assert_eq!(it.app.help_rows("roll back")[0].keys, "B");
}

#[test]
fn every_size_has_places_within_the_screen() {
    for width in 0..=220 {
        for height in 0..=64 {
            for pane in PaneId::ALL {
                for (zoom, production) in [(false, false), (true, true)] {
                    let areas = layout(width, height, Arrangement { focus: pane, zoom, production, ..Arrangement::default() });
                    let all = areas.panes.iter().chain([&areas.header, &areas.footer, &areas.timeline, &areas.body]);
                    for area in all {
                        assert!(area.right() <= width && area.bottom() <= height, "{area:?} at {width}x{height}");
                    }
                    assert!(areas.size < Size::Small || !areas.pane(pane).is_empty(), "the focused pane is drawn at {width}x{height}");
                }
            }
        }
    }
}

#[test]
fn effects_are_never_sent_to_a_source_that_is_not_there() {
    let app = &mut trackside::app::state::App::new(trackside::app::state::Settings::default(), Vec::new(), START);
    for action in actions::all() {
        let fx = trackside::app::update::update(app, Msg::Act(action.name.to_owned(), String::new()));
        assert!(!fx.effects.iter().any(|it| matches!(it, Effect::Ask { .. })), "{}", action.name);
        app.overlays.clear();
        app.prompt = None;
    }
}

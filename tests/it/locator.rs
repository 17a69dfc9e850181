//! Views as text: what is written is read again, what is wrong is shown with its place, and where one goes is where one was.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use trackside::app::effect::Effect;
use trackside::app::metrics::Behind;
use trackside::app::msg::{Msg, Outcome};
use trackside::app::pane::{PaneId, Scope};
use trackside::app::stops::{Opened, Place, Spot};
use trackside::model::event::Event;
use trackside::model::log::{Level, LogKind};
use trackside::model::query::Clock;
use trackside::model::time::{Millis, Time};
use trackside::runtime::views::Views;

use crate::dash::{Dash, START, dash, unconnected, world};

const CLOCK: Clock = Clock { now: START, offset_minutes: 120 };

fn name() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z][a-z0-9-]{0,12}", "[^\\p{Cc}]{1,8}", Just("a/b?c=d&e%41".to_owned()), Just("läuft 🚀".to_owned())]
}

fn time() -> impl Strategy<Value = Time> {
    // To the year 9999, as far as a time is written with four digits.
    (-60_000_000_000_000i64..250_000_000_000_000).prop_map(Time)
}

fn query() -> impl Strategy<Value = String> {
    let known = ["level:error", "!healthz", "@status:500..599 -\"connection reset\"", "/time(d)? out/ OR 100%", "service:api after:14:00"];
    prop_oneof![prop::sample::select(known.to_vec()).prop_map(str::to_owned), "[a-z]{1,9}( [a-zäß]{1,9})?"]
}

fn spot() -> impl Strategy<Value = Spot> {
    prop_oneof![Just(Spot::All), name().prop_map(Spot::Project), (name(), name()).prop_map(|(project, it)| Spot::Service(project, it))]
}

fn place() -> impl Strategy<Value = Place> {
    let open = prop_oneof![
        Just(None),
        name().prop_map(|id| Some(Opened::Deployment(id.as_str().into()))),
        name().prop_map(|id| Some(Opened::Incident(id.as_str().into()))),
    ];
    let kinds = vec(prop::sample::select(vec![LogKind::Build, LogKind::Runtime]), 0..2);
    let level = option::of(prop::sample::select(Level::ALL[1..].to_vec()));
    let behind = prop::sample::select(vec![Behind::Nothing, Behind::Deployment, Behind::Day, Behind::Week]);
    let panes = prop::sample::select(PaneId::ALL.to_vec());
    let when = option::of((time(), option::of(time())));
    let what = (option::of(name()), spot(), panes, any::<bool>(), open, when, option::of(60_000i64..=2_592_000_000));
    let logs = (level, vec((query(), any::<bool>()), 0..3), option::of("[a-z ]{1,9}"), option::of((name(), kinds)));
    let rest = ([".{0,3}", "[a-z]{0,5}", "[a-z &=]{0,5}"], any::<bool>(), behind);
    (what, logs, rest).prop_map(|((context, spot, pane, zoom, open, when, window), (level, logs, search, pin), (lists, apart, behind))| {
        Place {
            context: context.unwrap_or_default(),
            spot,
            pane,
            zoom,
            open,
            window: window.map(Millis),
            at: when.map(|it| it.0),
            end: when.and_then(|it| it.1),
            level,
            logs,
            search,
            pin: pin.map(|(id, kinds)| (id.as_str().into(), kinds)),
            lists: lists.map(|it| it.chars().filter(|c| !c.is_control()).collect()),
            apart,
            behind,
        }
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read_as_the_same_view(it in place()) {
        let text = it.to_string();
        prop_assert_eq!(Place::parse(&text, CLOCK), Ok(it), "{}", text);
        prop_assert!(!text.contains([' ', '\'', '"', '$', '`', ';', '<', '>', '|', '\\', '(', '*', '!', '#']), "in quotes it means itself: {}", text);
    }

    #[test]
    fn any_text_is_read_or_refused_with_a_place_inside_of_it(text in ".{0,60}") {
        if let Err(why) = Place::parse(&text, CLOCK) {
            prop_assert!(why.at <= text.len() && !why.text.is_empty());
        }
    }
}

#[test]
fn one_written_by_hand_is_read() {
    let it = Place::parse("prod/storefront/api?at=14:02Z&logs=level:error", CLOCK).unwrap();
    assert_eq!((it.context.as_str(), it.pane), ("prod", PaneId::Logs), "who names lines wants to read them");
    assert_eq!(it.spot, Spot::Service("storefront".to_owned(), "api".to_owned()));
    assert_eq!(it.logs, [("level:error".to_owned(), true)]);
    // The last time it was 14:02 in UTC, whatever the clock on the wall says.
    let at = it.at.unwrap();
    assert!(at <= START && START.since(at) < Millis::hours(24) && at.to_string().ends_with("T14:02:00.000Z"), "{at}");
}

#[test]
fn what_is_wrong_is_shown_under_its_place() {
    let wrong = [
        ("prod/shop/api/more", "              ^ this is one name too many: CONTEXT/PROJECT/SERVICE is all there is"),
        ("prod//api", "     ^ expected the name of a project"),
        ("prod?tme=14:02Z", "     ^ `tme` says nothing here; what does: pane, zoom, "),
        ("prod?at=14:02", "        ^ expected a time in UTC: 14:02Z, 2026-11-23T14:02Z or "),
        ("prod?at=-15mZ", "        ^ expected a time in UTC"),
        ("prod?window=3s", "            ^ expected a length of time from 1m to 30d"),
        ("prod?pane=log", "          ^ expected projects, deployments, logs, metrics or incidents"),
        ("prod?logs=a%20level:eror", "                      ^ expected"),
        ("prod?a%2", "     ^ `a%2` says nothing here"),
        ("pr%zzod", "  ^ a % stands before two hex digits"),
        ("prod?kinds=build", "     ^ `kinds` says which lines of a deployment"),
        ("prod?search=/(/", "            ^ "),
    ];
    for (text, caret) in wrong {
        let drawn = Place::parse(text, CLOCK).unwrap_err().drawn(text);
        let (column, words) = caret.split_once('^').unwrap();
        let below = drawn.lines().nth(1).unwrap();
        let place = below.find('^').unwrap() - 2;
        assert!(below.contains(words.trim()), "{drawn}");
        if !text.contains("eror") && !text.contains("/(/") {
            assert_eq!(place, column.len(), "{drawn}");
        } else {
            assert!(place >= column.len().min(12), "{drawn}");
        }
    }
}

/// A view far from the first one.
fn far() -> Dash {
    let mut it = dash();
    it.send(Msg::Act("go.service".to_owned(), "api".to_owned()));
    it.send(Msg::Act("window".to_owned(), "6h".to_owned()));
    it.press("[ [ [ 3 z").press("&").types("level:error").press("Enter &").types("!healthz").press("Enter >");
    it.press("/").types("timeout").press("Enter");
    it
}

fn copied(it: &mut Dash, keys: &str) -> String {
    it.wishes.clear();
    it.press(keys);
    it.wishes
        .iter()
        .rev()
        .find_map(|it| if let Effect::Copy { what, text } = it { (what == "locator").then(|| text.clone()) } else { None })
        .unwrap()
}

#[test]
fn another_dashboard_shows_exactly_the_view_that_was_copied() {
    let mut it = far();
    it.wishes.clear();
    it.send(Msg::Act("locator".to_owned(), String::new()));
    let Some(Effect::Copy { what, text }) = it.wishes.last().cloned() else { panic!("nothing was copied: {:?}", it.wishes) };
    assert_eq!(what, "locator");
    let mut other = dash();
    other.send(Msg::Act("locator.open".to_owned(), text.clone()));
    assert_eq!(other.app.here(), it.app.here(), "{text}");
    assert_eq!((other.app.focus, other.app.zoom), (PaneId::Logs, true));
    assert_eq!(other.app.timeline, it.app.timeline);
    assert_eq!(other.app.scope, Scope::Service("api".into()));
    assert!(text.contains("/shop/api?") && text.contains("&at=") && text.contains("Z&end="), "{text}");
}

#[test]
fn an_opened_deployment_and_incident_are_opened_again() {
    for (keys, opened) in [("2 j Enter", "deployment="), ("5 Enter", "incident=")] {
        let mut it = dash();
        it.press(keys);
        let text = it.app.here().to_string();
        assert!(text.contains(opened), "{text}");
        let mut other = dash();
        other.send(Msg::Act("locator.open".to_owned(), text.clone()));
        assert_eq!(other.app.here(), it.app.here(), "{text}");
        assert!(other.app.view(other.app.focus).open.is_some() && other.app.zoom);
    }
}

#[test]
fn the_second_y_copies_where_this_is() {
    let mut it = dash();
    let first = it.app.here().to_string();
    assert_eq!(copied(&mut it, "y y"), first);
    // Something else between them makes the second one the first again.
    it.wishes.clear();
    it.press("y j y");
    assert!(it.wishes.iter().all(|it| !matches!(it, Effect::Copy { what, .. } if what == "locator")));
    it.send(Msg::Done(Outcome::Copied { what: "id".to_owned(), way: "OSC 52".to_owned() }));
    assert!(it.said().contains("y again: this view's locator"), "{}", it.said());
}

#[test]
fn a_start_goes_there_once_the_platform_has_said_what_there_is() {
    let place = Place::parse("?at=2026-11-18T00:00Z", CLOCK)
        .map(|it| Place { spot: Spot::Service("shop".to_owned(), "api".to_owned()), pane: PaneId::Metrics, zoom: true, ..it })
        .unwrap();
    let mut it = unconnected();
    Views::default().at(Some(place)).begin(&mut it.app);
    it.press("j");
    assert_eq!(it.app.scope, Scope::All);
    it.fact(Event::Snapshot(Box::new(world())));
    assert_eq!((it.app.scope.clone(), it.app.focus, it.app.zoom), (Scope::Service("api".into()), PaneId::Metrics, true));
    assert!(it.app.timeline.cursor.is_some());
}

#[test]
fn who_moved_on_before_that_is_not_taken_away() {
    let place = Place { pane: PaneId::Metrics, ..Place::default() };
    let mut it = unconnected();
    Views::default().at(Some(place)).begin(&mut it.app);
    it.press("1 3");
    it.fact(Event::Snapshot(Box::new(world())));
    assert_eq!(it.app.focus, PaneId::Logs);
}

#[test]
fn what_a_locator_names_and_is_not_there_is_said() {
    let mut it = dash();
    for (text, said) in [
        ("/shop/none", "there is no service `shop/none` here"),
        ("/none", "there is no project `none` here"),
        ("?deployment=d-9", "there is no deployment `d-9` here"),
        ("?incident=i-9", "there is no incident `i-9` here"),
        ("elsewhere/shop", "that is in the context `elsewhere`"),
        ("?at=noon", "at `noon`: expected a time in UTC"),
    ] {
        it.send(Msg::Act("locator.open".to_owned(), text.to_owned()));
        assert!(it.said().contains(said), "{text}: {}", it.said());
    }
}

#[test]
fn a_filter_about_the_past_hour_means_that_hour_tomorrow_too() {
    let mut it = dash();
    it.press("3 &").types("after:-15m").press("Enter");
    let text = it.app.here().to_string();
    assert!(text.contains("2026-") && !text.contains("-15m"), "{text}");
    let tomorrow = Clock { now: START + Millis::hours(24), ..CLOCK };
    let place = Place::parse(&text, tomorrow).unwrap();
    let mut other = dash();
    other.app.go(&place);
    assert_eq!(other.app.logs.filter().stack()[0].query(), it.app.logs.filter().stack()[0].query());
}

#[test]
fn back_and_forward_go_through_the_views_one_was_at() {
    let mut it = dash();
    let first = it.app.here();
    it.press("j");
    it.press("2 j Enter");
    let opened = it.app.here();
    it.press("Esc 3 &").types("level:error").press("Enter");
    let filtered = it.app.here();
    it.press("5");
    it.press("ctrl-o");
    assert_eq!(it.app.here(), filtered);
    it.press("ctrl-o ctrl-o ctrl-o");
    assert_eq!(it.app.here(), opened, "opened as it was");
    it.press("ctrl-o ctrl-o");
    assert_eq!(it.app.here(), first);
    assert_eq!(it.on(PaneId::Projects), it.rows(PaneId::Projects)[1], "and on its row");
    it.press("ctrl-o");
    assert!(it.said().contains("first view"), "{}", it.said());
    it.press("alt-o alt-o");
    assert_eq!(it.app.here(), opened);
    // A new way is gone: there is nothing forward any more.
    it.press("4 alt-o");
    assert!(it.said().contains("no view to go forward to"), "{}", it.said());
}

#[test]
fn steps_in_time_are_one_view_and_typing_is_none() {
    let mut it = dash();
    it.press("4");
    let live = it.app.here();
    it.press("[ [ [ { + +");
    let there = it.app.here();
    it.press("ctrl-o");
    assert_eq!(it.app.here(), live);
    it.press("alt-o");
    assert_eq!(it.app.here(), there);
    let mut it = dash();
    it.press("2 /").types("live").press("Enter ctrl-o");
    assert_eq!((it.app.focus, it.app.view(PaneId::Deployments).filter.as_str()), (PaneId::Deployments, ""));
}

fn read(folder: &std::path::Path) -> String {
    std::fs::read_to_string(folder.join("views.json")).unwrap()
}

#[test]
fn the_next_start_goes_on_where_the_last_one_was_but_in_the_present() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let views = Views::kept(folder.path());
    let mut it = far();
    it.press(":").types("go.project billing").press("Enter");
    it.press("1 shift-Right shift-Right 4 _");
    views.end(&it.app);
    let mode = std::fs::metadata(folder.path().join("views.json")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let mut next = unconnected();
    next.app.settings.restore = true;
    assert_eq!(views.begin(&mut next.app), None);
    next.fact(Event::Snapshot(Box::new(world())));
    let mut wanted = it.app.here();
    (wanted.at, wanted.end) = (None, None);
    assert_eq!(next.app.here(), wanted);
    assert_eq!((next.app.split, &next.app.history), (it.app.split, &it.app.history));
    assert!(!next.app.history.is_empty());
    // After a panic nobody goes back to where it was; what else was kept is kept.
    let mut fallen = unconnected();
    views.begin(&mut fallen.app);
    fallen.app.history.push_front("before the fall".to_owned());
    fallen.fact(Event::Snapshot(Box::new(world())));
    let soon = std::time::Instant::now() + std::time::Duration::from_mins(1);
    assert_eq!(views.end_until(&fallen.app, false, soon), None);
    let mut after = unconnected();
    after.app.settings.restore = true;
    views.begin(&mut after.app);
    assert_eq!(after.app.history.front().map(String::as_str), Some("before the fall"));
    after.fact(Event::Snapshot(Box::new(world())));
    assert_eq!(after.app.here(), wanted);
    // Another context has its own; a start that is not to go on has none.
    let mut other = unconnected();
    other.app.settings = trackside::app::state::Settings { context: "elsewhere".to_owned(), restore: true, ..other.app.settings };
    views.begin(&mut other.app);
    assert_eq!(other.app.heading, None);
    let mut off = unconnected();
    views.begin(&mut off.app);
    assert_eq!((off.app.heading, off.app.split), (None, it.app.split));
    other.fact(Event::Snapshot(Box::new(world())));
    other.waits(Millis::secs(1));
    views.end(&other.app);
    let kept = read(folder.path());
    assert_eq!(kept.matches("\"view\": ").count(), 2, "the first one's view is still there: {kept}");
}

#[test]
fn a_broken_file_is_said_and_begun_anew_and_a_newer_one_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("views.json");
    let views = Views::kept(folder.path());
    std::fs::write(&file, "{\"version\": 1, \"contexts\": 3}").unwrap();
    let mut it = dash();
    let word = views.begin(&mut it.app).unwrap();
    assert!(word.contains("views.json: what was kept cannot be read") && word.contains("begins anew"), "{word}");
    views.end(&it.app);
    assert_eq!(views.begin(&mut it.app), None);
    let newer = "{\"version\": 9, \"more\": true}";
    std::fs::write(&file, newer).unwrap();
    let word = views.begin(&mut it.app).unwrap();
    assert!(word.contains("newer trackside (form 9)"), "{word}");
    views.end(&it.app);
    assert_eq!(read(folder.path()), newer);
    // Whatever else is in it: of a newer form nothing need be as it was.
    let other = "{\"version\": 2, \"contexts\": [1], \"split\": 7}";
    std::fs::write(&file, other).unwrap();
    assert!(views.begin(&mut it.app).unwrap().contains("newer trackside (form 2)"));
    views.end(&it.app);
    assert_eq!(read(folder.path()), other);
}

//! The shared time axis: laws of its window and its one cursor, what stands on it, and what is asked for when it is not held.

use proptest::collection::vec;
use proptest::prelude::*;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use trackside::app::counts::{Counted, Counts};
use trackside::app::deeds::Kind;
use trackside::app::heights::HEIGHTS;
use trackside::app::msg::{Mouse, MouseKind, Msg};
use trackside::app::pane::PaneId;
use trackside::app::state::{App, Timeline};
use trackside::app::timeline::{Axis, NARROWEST, WIDEST};
use trackside::app::volume::Known;
use trackside::model::audit::AuditEntry;
use trackside::model::deploy::DeployStatus;
use trackside::model::event::{Answer, Change, Event};
use trackside::model::ids::AskId;
use trackside::model::incident::{Closed, Deed, Incident, IncidentStatus, Severity};
use trackside::model::log::{Level, LogKind, LogLine, LogVolume, VolumeQuery};
use trackside::model::request::{Fault, Request};
use trackside::model::time::{Millis, Time};
use trackside::theme::Theme;
use trackside::ui::view;

use crate::dash::{Dash, START, dash, deployment};
use crate::fixture;

/// What is done to a timeline.
#[derive(Clone, Debug)]
enum Move {
    Shift(i64),
    Look(Time),
    Resize(Millis),
    Zoom(isize),
    Live,
    /// The clock goes on.
    Wait(i64),
}

fn instant() -> impl Strategy<Value = Time> {
    prop_oneof![(-400_000_000i64..1_000_000).prop_map(|ms| START + Millis(ms)), any::<i64>().prop_map(Time)]
}

fn length() -> impl Strategy<Value = Millis> {
    prop_oneof![(0i64..3_000_000_000).prop_map(Millis), any::<i64>().prop_map(Millis)]
}

fn still() -> impl Strategy<Value = Move> {
    prop_oneof![
        length().prop_map(Move::Resize),
        (-2isize..=2).prop_filter("a zoom", |by| *by != 0).prop_map(Move::Zoom),
        (0i64..10_000_000).prop_map(Move::Wait)
    ]
}

fn any_move() -> impl Strategy<Value = Move> {
    prop_oneof![
        3 => (-30i64..30).prop_map(Move::Shift),
        1 => any::<i64>().prop_map(Move::Shift),
        3 => instant().prop_map(Move::Look),
        1 => Just(Move::Live),
        3 => still(),
    ]
}

fn apply(it: &mut Timeline, n: usize, now: &mut Time, one: &Move) {
    match one {
        Move::Shift(steps) => it.shift(*steps, n, *now),
        Move::Look(at) => it.look(*at, n, *now),
        Move::Resize(window) => it.resize(*window, n, *now),
        Move::Zoom(by) => it.resize(it.zoomed(*by), n, *now),
        Move::Live => it.live(),
        Move::Wait(ms) => *now = *now + Millis(*ms),
    }
}

proptest! {
    #[test]
    fn no_story_of_moves_brings_the_cursor_out_of_the_window_or_the_window_out_of_its_limits(
        story in vec((any_move(), 1usize..320), 1..60),
        start in prop_oneof![4 => Just(START), 1 => any::<i64>().prop_map(Time)],
    ) {
        let (mut it, mut now) = (Timeline::default(), start);
        for (one, n) in story {
            apply(&mut it, n, &mut now, &one);
            prop_assert!((NARROWEST..=WIDEST).contains(&it.window), "{:?}", it.window);
            prop_assert_eq!(it.cursor.is_none(), it.end.is_none(), "live is without an end of its own");
            let axis = it.axis_of(n, now);
            if let Some(at) = it.cursor {
                prop_assert!(axis.from <= at && at <= axis.to, "{:?} after {:?}", axis, one);
                prop_assert!(at < now, "what is not past is the present");
                prop_assert!(axis.cell(at, n).is_some());
                // Whatever was moved, nothing that is still to come is shown but the rest of the cell that holds now.
                let cell = Millis((it.window.0 / n as i64).max(1));
                prop_assert!(matches!(one, Move::Wait(_)) || axis.to <= now + cell, "{:?} when it is {:?} after {:?}", axis, now, one);
            } else {
                prop_assert!(axis.from <= now && now <= axis.to, "{:?} when it is {:?}", axis, now);
            }
        }
    }

    #[test]
    fn what_is_live_stays_live_until_the_cursor_is_moved(story in vec((still(), 1usize..320), 1..40)) {
        let (mut it, mut now) = (Timeline::default(), START);
        for (one, n) in story {
            apply(&mut it, n, &mut now, &one);
            prop_assert_eq!((it.cursor, it.end), (None, None));
            prop_assert!(it.axis_of(n, now).to >= now);
        }
    }

    #[test]
    fn a_zoom_keeps_the_cursor_in_its_cell_unless_it_would_show_what_is_to_come(
        back in prop_oneof![1i64..900_000, 900_000i64..900_000_000],
        windows in vec(prop_oneof![60_000i64..900_000, 60_000i64..2_592_000_000].prop_map(Millis), 1..12),
        n in 20usize..300,
    ) {
        let mut it = Timeline::default();
        it.look(START - Millis(back), n, START);
        for window in windows {
            let cell = |it: &Timeline| it.cursor.and_then(|at| it.axis_of(n, START).cell(at, n)).unwrap();
            let (before, was) = (cell(&it), it);
            it.resize(window, n, START);
            prop_assert_eq!(it.cursor, was.cursor);
            let capped = it.end.unwrap() >= START;
            prop_assert!(capped || cell(&it).abs_diff(before) <= 1, "{} became {}", before, cell(&it));
        }
    }

    #[test]
    fn a_cell_begins_where_it_is_found(from in -9_000_000_000_000i64..9_000_000_000_000, span in 60_000i64..2_600_000_000, n in 1usize..400) {
        let axis = Axis { from: Time(from), to: Time(from + span), cursor: None };
        for cell in 0..n {
            let at = axis.start(cell as i64, n);
            prop_assert_eq!(axis.cell(at, n), Some(cell));
            prop_assert_eq!(axis.cell(at - Millis(1), n), cell.checked_sub(1));
        }
    }

    #[test]
    fn a_step_is_one_cell_of_what_is_drawn(back in 100_000i64..800_000, n in 20usize..300, steps in -3i64..3) {
        let mut it = Timeline::default();
        it.look(START - Millis(back), n, START);
        let cell = |it: &Timeline| it.cursor.and_then(|at| it.axis_of(n, START).cell(at, n)).unwrap() as i64;
        let (before, axis) = (cell(&it), it.axis_of(n, START));
        prop_assume!((0..n as i64).contains(&(before + steps)) && axis.start(before + steps + 1, n) <= START);
        it.shift(steps, n, START);
        prop_assert_eq!((it.axis_of(n, START).to, cell(&it)), (axis.to, before + steps));
    }

    #[test]
    fn an_incident_was_open_from_when_it_began_but_for_when_it_was_closed(
        lengths in vec((0i64..50, 0i64..50), 0..6), last in 0i64..50, ended in any::<bool>(), at in -10i64..700,
    ) {
        let (mut now, mut closed, mut open) = (0, Vec::new(), Vec::new());
        for (long, pause) in lengths {
            open.push(now..now + long);
            closed.push(Closed { from: Time(now + long), to: Time(now + long + pause) });
            now += long + pause;
        }
        open.push(now..if ended { now + last } else { i64::MAX });
        let mut it = Incident { closed, ..dash().app.store.incidents[&"i-1".into()].clone() };
        it.opened = Time(0);
        if ended {
            it.status = IncidentStatus::Resolved;
            it.resolved = Some(Deed { by: "li".into(), at: Time(now + last), reason: None });
        }
        prop_assert_eq!(it.was_open(Time(at)), open.iter().any(|it| it.contains(&at)), "{:?}", open);
    }

    #[test]
    fn odd_times_of_an_incident_make_no_stretch_that_ends_before_it_begins(
        opened in any::<i64>(), closed in vec((any::<i64>(), any::<i64>()), 0..6), ended in prop::option::of(any::<i64>()),
    ) {
        let mut it = dash().app.store.incidents[&"i-1".into()].clone();
        it.opened = Time(opened);
        it.closed = closed.into_iter().map(|(from, to)| Closed { from: Time(from), to: Time(to) }).collect();
        it.resolved = ended.map(|at| Deed { by: "li".into(), at: Time(at), reason: None });
        let mut before = Time(i64::MIN);
        for (from, to) in it.open_stretches() {
            prop_assert!(from >= before && to.is_none_or(|to| to >= from));
            before = to.unwrap_or(from);
        }
        prop_assert!(it.open_stretches().count() >= 1);
    }

    #[test]
    fn however_a_count_is_cut_no_line_is_counted_twice_or_left_out(
        cells in vec(0u64..5_000, 1..200), step in 1_000i64..90_000, n in 1usize..200,
    ) {
        prop_assume!(2 * n <= cells.len() * 3);
        let (from, to) = (START, START + Millis(step * cells.len() as i64));
        let mut counts = Counts::default();
        let query = VolumeQuery { services: Vec::new(), from, to, step: Millis(step) };
        let all: u64 = cells.iter().sum();
        counts.take(&query, LogVolume { from, step: Millis(step), cells: cells.iter().map(|n| Some([0, 0, *n, 0, 0, 0])).collect() });
        let axis = Axis { from, to, cursor: None };
        let drawn = (0..n as i64).map(|i| match counts.between(&[], axis.start(i, n), axis.start(i + 1, n)) {
            Counted::Lines(it) => it[2],
            other => panic!("{other:?} of what was answered"),
        });
        prop_assert_eq!(drawn.map(u64::from).sum::<u64>(), all);
        prop_assert_eq!(counts.between(&["api".into()], from, to), Counted::Unknown, "of other services it says nothing");
    }
}

/// The rows of the timeline as they are drawn.
fn strip(app: &App) -> Vec<String> {
    let area = app.areas().timeline;
    screen(app).into_iter().skip(usize::from(area.y)).take(usize::from(area.height)).collect()
}

pub fn screen(app: &App) -> Vec<String> {
    let mut buf = Buffer::empty(Rect::new(0, 0, app.size.0, app.size.1));
    view(app, &Theme::builtin("night"), &mut buf);
    (0..buf.area.height).map(|y| (0..buf.area.width).map(|x| buf[(x, y)].symbol()).collect()).collect()
}

fn asked(it: &Dash) -> Vec<(AskId, VolumeQuery)> {
    let asked = it.reads().into_iter().filter_map(|(id, request)| match request {
        Request::Volume(query) => Some((id, query)),
        _ => None,
    });
    asked.collect()
}

fn counted(query: &VolumeQuery, each: u64) -> Answer {
    let n = query.to.since(query.from).0.div_euclid(query.step.0) + 1;
    Answer::Volume(LogVolume { from: query.from, step: query.step, cells: vec![Some([0, 0, each, 0, 0, 0]); n as usize] })
}

fn line(off: u64, at: Time) -> LogLine {
    LogLine {
        off,
        at,
        kind: LogKind::Runtime,
        level: Level::Info,
        service: Some("api".into()),
        deployment: Some("d-api-2".into()),
        replica: 1,
        cont: false,
        text: "x".to_owned(),
    }
}

#[test]
fn what_the_log_does_not_reach_is_asked_for_said_to_load_and_never_counted_twice() {
    let mut it = dash();
    let (id, query) = asked(&it).pop().unwrap();
    let n = it.app.cells();
    let axis = it.app.axis_of(n);
    assert!(query.from <= axis.from && query.to == it.app.now && query.services.is_empty(), "{query:?}");
    assert!(it.app.volume_known(n).1[..n - 1].iter().all(|known| *known == Known::NotYet));
    assert!(strip(&it.app).join("\n").contains("loading "), "{:?}", strip(&it.app));
    // From five minutes ago on, the lines themselves are held: two in each cell, of which the platform counts three.
    let cell = axis.cell_width(n);
    let first = axis.cell(START - Millis::mins(5), n).unwrap();
    let lines = (first as i64..n as i64 - 1).flat_map(|i| [axis.start(i, n), axis.start(i, n) + Millis(cell.0 / 2)]);
    let lines: Vec<LogLine> = lines.zip(1..).map(|(at, off)| line(off, at)).collect();
    it.fact(Event::Logs(lines));
    it.answers(id, counted(&query, 3));
    let (volumes, known) = it.app.volume_known(n);
    let sums: Vec<u32> = volumes.iter().map(|it| it.iter().sum()).collect();
    assert!(known.iter().all(|it| *it == Known::Yes), "{known:?}");
    assert!(sums[..first].iter().all(|sum| *sum == 3), "{sums:?}");
    assert!(sums[first + 1..n - 1].iter().all(|sum| *sum == 2), "where the lines are at hand, they are what is counted: {sums:?}");
    assert!(!strip(&it.app).join("\n").contains("loading"));
}

#[test]
fn a_window_that_is_not_held_is_asked_for_once_and_an_answer_for_another_one_is_kept_and_not_drawn() {
    let mut it = dash();
    let (first, query) = asked(&it).pop().unwrap();
    it.press("- - -");
    let wide = asked(&it);
    assert_eq!(wide.len(), 4, "a window each: {wide:?}");
    it.answers(first, counted(&query, 5));
    let n = it.app.cells();
    let (axis, (volumes, known)) = (it.app.axis_of(n), it.app.volume_known(n));
    for (i, (volume, known)) in volumes.iter().zip(known).enumerate() {
        let inside = axis.start(i as i64, n) >= query.from;
        assert_eq!(known == Known::Yes, inside, "what was counted finely tells its own stretch of a wider window, and no more");
        assert_eq!(volume.iter().any(|n| *n > 0), inside);
    }
    it.press("+ + +");
    assert_eq!(asked(&it).len(), 4, "what is held is not asked for again");
    assert!(it.app.volumes(n).iter().flatten().sum::<u32>() > 0);
}

#[test]
fn a_volume_that_could_not_be_had_is_said_with_its_reason_and_asked_for_again_on_refresh() {
    let mut it = dash().at(200, 60);
    for (id, _) in asked(&it) {
        it.answers(id, Answer::Failed(Fault::Conflict("the disk is busy".into())));
    }
    let said = strip(&it.app).join("\n");
    assert!(said.contains("not loaded: ") && said.contains("the disk is busy") && said.contains("ctrl-r"), "{said}");
    let before = asked(&it).len();
    it.waits(Millis::secs(1));
    assert_eq!(asked(&it).len(), before, "not over and over");
    it.press("ctrl-r");
    assert_eq!(asked(&it).len(), before + 1);
    assert!(strip(&it.app).join("\n").contains("loading "));
}

#[test]
fn what_the_platform_does_not_keep_is_no_silence() {
    let mut it = dash();
    let (id, query) = asked(&it).pop().unwrap();
    let n = query.to.since(query.from).0 / query.step.0 + 1;
    it.answers(id, Answer::Volume(LogVolume { from: query.from, step: query.step, cells: vec![None; n as usize] }));
    assert!(strip(&it.app).join("\n").contains("not kept"), "{:?}", strip(&it.app));
}

#[test]
fn what_is_now_is_the_present_and_what_lies_right_of_the_window_comes_into_it_with_a_margin() {
    let mut it = Timeline::default();
    it.look(START - Millis::mins(90), 100, START);
    it.look(START - Millis::mins(30), 100, START);
    assert_eq!(it.end, Some(START - Millis::mins(30) + Millis(it.window.0 / 10)));
    it.look(START - Millis(1), 100, START);
    assert!(it.cursor.is_some());
    it.look(START, 100, START);
    assert_eq!((it.cursor, it.end), (None, None));
}

#[test]
fn the_past_is_said_at_every_size_and_in_every_question() {
    for (width, height) in [(60, 16), (80, 24), (100, 28), (120, 40), (200, 60)] {
        let mut it = dash().at(width, height);
        assert!(!screen(&it.app).join("\n").contains("PAST"));
        it.press("{ {");
        let (at, ago) = it.app.past().unwrap();
        let rows = screen(&it.app);
        assert!(rows[0].contains(&format!("PAST {at}, {ago}")), "{width}x{height}: {}", rows[0]);
        it.press("L");
        assert!(!screen(&it.app).join("\n").contains("PAST"));
    }
    for (width, height) in [(50, 12), (30, 4)] {
        let mut it = dash().at(width, height);
        it.press("{");
        assert!(screen(&it.app).join("\n").contains("PAST"), "{width}x{height}");
    }
    let mut it = dash();
    it.press("j j { R");
    let lines = &it.question().lines;
    assert!(lines.iter().any(|line| line.starts_with("you look at ") && line.ends_with(" ago; this acts now")), "{lines:?}");
}

#[test]
fn one_key_goes_to_the_deployment_or_incident_before_and_says_what_it_is() {
    let mut it = dash();
    it.press("(");
    let opened = it.app.store.incidents[&"i-1".into()].opened;
    assert_eq!(it.app.timeline.cursor, Some(opened));
    it.press("(");
    let failed = &it.app.store.deployments[&"d-api-3".into()];
    assert_eq!(it.app.timeline.cursor, failed.finished);
    let said = &it.app.said_at_cursor(it.app.cells())[0].text;
    assert!(said.contains("api failed") && said.ends_with(": Change d-api-3"), "{said}");
    assert!(strip(&it.app).join("\n").contains("Change d-api-3"));
    it.press(") )");
    assert_eq!(it.app.timeline.cursor, None, "after the last one there is the present");
    it.press("( ( ( ( ( ( ( ( ( (");
    assert!(it.said().contains("no earlier deployment"), "{}", it.said());
    let axis = it.app.axis();
    assert!(axis.cursor.is_some_and(|at| axis.from <= at && at <= axis.to), "the window went with it");
}

#[test]
fn an_incident_stands_on_the_axis_only_while_it_was_open() {
    let mut it = dash();
    let mut incident = it.app.store.incidents[&"i-1".into()].clone();
    let ago = |minutes: i64| START - Millis::mins(minutes);
    incident.opened = ago(12);
    incident.closed = vec![Closed { from: ago(9), to: ago(6) }];
    it.changed(Change::Incident(incident));
    let n = it.app.cells();
    let cells = |it: &Dash| -> Vec<usize> {
        let own = |it: &&trackside::app::marks::Span| it.severity == Severity::P1;
        it.app.spans(n).iter().filter(own).flat_map(|it| it.cells.0..=it.cells.1).collect()
    };
    let axis = it.app.axis_of(n);
    let cell = |minutes: i64| axis.cell(ago(minutes), n).unwrap();
    let open: Vec<usize> = (cell(12)..=cell(9)).chain(cell(6)..n).collect();
    assert_eq!(cells(&it), open);
    for (minutes, then) in [(13, false), (11, true), (8, false), (5, true)] {
        it.app.look_at(ago(minutes));
        assert_eq!(it.app.open_then(&it.app.store.incidents[&"i-1".into()]), then, "{minutes} minutes ago");
    }
    it.app.look_at(ago(6));
    let said: Vec<String> = it.app.said_at_cursor(n).into_iter().map(|it| it.text).collect();
    assert!(said.iter().any(|it| it.contains("P1 reopened: ")), "{said:?}");
}

fn deed(id: &str, action: &str, target: &str, minutes: i64) -> Change {
    Change::Audit(AuditEntry {
        id: id.into(),
        at: START - Millis::mins(minutes),
        by: "li".into(),
        action: action.into(),
        project: Some("shop".into()),
        service: Some("api".into()),
        target: target.into(),
        result: "ok".into(),
        rev: 1,
    })
}

#[test]
fn what_was_changed_stands_on_the_axis_and_what_was_refused_does_not() {
    let mut it = dash();
    let Change::Audit(mut refused) = deed("a9", "service.stop", "api", 4) else { unreachable!() };
    refused.result = "viewers may not stop".into();
    let done = [
        deed("a1", "service.variables", "api: PORT, RETRIES", 12),
        deed("a2", "service.scale", "api 2 → 3", 8),
        deed("a3", "service.restart", "api", 8),
        deed("a4", "incident.acknowledge", "i-1", 3),
        deed("a5", "deploy.start", "api", 3),
        deed("a6", "flag.set", "checkout-v2 on", 2),
    ];
    for change in done.into_iter().chain([Change::Audit(refused)]) {
        it.changed(change);
    }
    let kinds: Vec<Kind> = it.app.notches(it.app.cells()).iter().map(|it| it.kind).collect();
    assert_eq!(kinds, [Kind::Variables, Kind::Scale, Kind::Restart, Kind::Flag]);
    let lane = &strip(&it.app)[1];
    assert!(lane.contains('$') && lane.contains('2') && lane.contains('±'), "two in one cell are a count: {lane}");
    it.press(":").types("at -8m").press("Enter");
    let all: Vec<String> = it.app.said_at_cursor(it.app.cells()).into_iter().map(|it| it.text).collect();
    assert_eq!(all.len(), 2, "{all:?}");
    assert!(all.iter().any(|it| it.contains("scaled api 2 → 3, li")), "{all:?}");
}

#[test]
fn the_lines_of_panes_without_room_say_what_was_then_and_never_what_is_now_as_if_it_were() {
    let mut app = fixture::app(fixture::Story::Full, 80, 24);
    fixture::press(&mut app, "1");
    let window = app.timeline.window;
    app.timeline.window = Millis::mins(150);
    assert!(screen(&app)[1].starts_with(" 2h 30m "), "a number is not cut for a word: {:?}", screen(&app)[1]);
    app.timeline.window = window;
    assert!(screen(&app).join("\n").contains("in the last minute"));
    fixture::press(&mut app, "( ( (");
    let all = screen(&app);
    let of = |name: &str| all.iter().find(|row| row.contains(name)).unwrap_or_else(|| panic!("no {name}: {all:#?}"));
    assert!(of("2 Deployments").contains("live then  ") && of("5 Incidents").contains("open then: "), "{all:#?}");
    for name in ["3 Logs", "4 Metrics"] {
        assert!(of(name).contains("then: "), "{all:#?}");
    }
    assert!(!all.join("\n").contains("in the last minute"), "{all:#?}");
    fixture::press(&mut app, "2");
    let all = screen(&app);
    assert!(all.iter().any(|row| row.contains("1 Projects") && row.contains("now: ")), "{all:#?}");
}

#[test]
fn what_was_live_and_open_then_is_marked_in_its_row_and_said_in_its_pane() {
    let mut it = dash();
    it.press(":").types("at -80m").press("Enter");
    let marked = |it: &Dash, pane: PaneId| -> Vec<String> {
        let rows = it.app.view(pane).rows.iter().zip(it.rows(pane));
        rows.filter(|(key, _)| it.app.was_then(key)).map(|(_, name)| name).collect()
    };
    assert_eq!(marked(&it, PaneId::Deployments), ["d-api-1"]);
    assert!(marked(&it, PaneId::Incidents).is_empty());
    let all = screen(&it.app).join("\n");
    assert!(all.contains("1 live then") && all.contains("0 open then"), "{all}");
    it.press(":").types("at -1m").press("Enter");
    assert_eq!(marked(&it, PaneId::Incidents), ["i-1", "i-3"]);
    it.press("Esc");
    assert!(it.app.timeline.cursor.is_none(), "Esc brings the present back");
    assert!(marked(&it, PaneId::Incidents).is_empty());
}

#[test]
fn a_window_that_is_typed_is_shown_and_what_is_none_is_said() {
    let mut it = dash();
    it.press(":").types("window 90m").press("Enter");
    assert_eq!((it.app.timeline.window, it.app.timeline.words().as_str()), (Millis::mins(90), "1h 30m"));
    it.press("-");
    assert_eq!(it.app.timeline.window, Millis::hours(2), "zooming goes on from there");
    it.press("+ +");
    assert_eq!(it.app.timeline.window, Millis::mins(30));
    it.press(":").types("window teatime").press("Enter");
    assert!(it.said().contains("no length of time"), "{}", it.said());
    it.press(":").types("window 90d").press("Enter");
    assert!(it.said().contains("1m to 30d"), "{}", it.said());
    assert_eq!(it.app.timeline.window, Millis::mins(30));
}

#[test]
fn a_click_puts_the_cursor_into_the_cell_under_it_and_the_wheel_zooms() {
    let mut it = dash();
    let bar = trackside::app::layout::axis(it.app.areas().timeline);
    let mouse = |kind, x| Msg::Mouse(Mouse { kind, x, y: bar.y + 1 });
    let n = it.app.cells();
    it.send(mouse(MouseKind::Press, bar.x + 40));
    let axis = it.app.axis_of(n);
    assert_eq!(axis.cursor.and_then(|at| axis.cell(at, n)), Some(40));
    it.send(mouse(MouseKind::Drag, bar.x + 60));
    assert_eq!(it.app.axis_of(n).cursor.and_then(|at| it.app.axis_of(n).cell(at, n)), Some(60));
    it.send(mouse(MouseKind::Up, bar.x + 60));
    assert_eq!(it.app.timeline.window, Millis::mins(10));
    it.press("L [");
    it.send(mouse(MouseKind::Press, bar.right() - 1));
    assert!(it.app.timeline.cursor.is_none(), "the cell that holds now is the present");
}

#[test]
fn the_logs_go_back_page_by_page_to_an_instant_before_what_is_held() {
    use trackside::model::log::LogPage;
    let mut it = dash();
    it.fact(Event::Logs((0..60).map(|n| line(10_000 + n, START - Millis::secs(60 - n as i64))).collect()));
    it.press(":").types("at -10m").press("Enter");
    let mut low = 10_060;
    let mut answered = Vec::new();
    while let Some(id) = it.reads().into_iter().rev().find_map(|(id, request)| match request {
        Request::Logs(query) if !answered.contains(&id) && query.before.is_none_or(|before| before == low) => Some(id),
        _ => None,
    }) {
        let lines = (low - 100..low).map(|off| line(off, START - Millis::secs((10_060 - off) as i64))).collect();
        low -= 100;
        it.answers(id, Answer::Logs(LogPage { epoch: "e".to_owned(), lines, beginning: false, end: false, gaps: Vec::new() }));
        answered.push(id);
        assert!(answered.len() < 20, "it stops when it is there");
    }
    assert!(answered.len() > 5, "{}", answered.len());
    let at = it.app.logs.cursor().and_then(|seq| it.app.logs.store().line(seq)).unwrap().at;
    assert!(at.since(it.app.timeline.cursor.unwrap()).0.abs() <= 1_000, "{at} after {} pages", answered.len());
}

#[test]
fn labels_of_deployments_are_whole_or_not_there_however_many_there_are() {
    let commits = |n: i64| format!("d{n:06}");
    for many in [3, 12, 60, 400] {
        for (width, height) in [(100, 28), (120, 40), (200, 60)] {
            let mut it = dash().at(width, height);
            for n in 0..many {
                let status = if n % 5 == 3 { DeployStatus::Failed } else { DeployStatus::Success };
                let mut one = deployment(&commits(n), "web", "shop", 1, status, false);
                // Spread unevenly over the window.
                let back = Millis((n * n * 7_919 + n * 104_729) % 880_000);
                one.created = START - back - Millis::secs(10);
                one.live_from = one.live_from.map(|_| START - back);
                one.finished = Some(START - back);
                one.rev = 3;
                it.changed(Change::Deployment(one));
            }
            let rows = strip(&it.app);
            let bar = trackside::app::layout::axis(it.app.areas().timeline);
            let lane: String = rows[0].chars().skip(usize::from(bar.x)).take(usize::from(bar.width)).collect();
            let known = |word: &str| {
                let time = word.len() == 5 && word.as_bytes()[2] == b':';
                let number = word.chars().all(|c| c.is_ascii_digit() || c == '+');
                let commit = it.app.store.deployments.values().any(|one| one.commit.as_ref().is_some_and(|it| it.short() == word));
                time || number || commit || ["web", "api", "worker", "ledger", "failed", "deploys", "▲", "✗"].contains(&word)
            };
            let words: Vec<&str> = lane.split(['─', ' ', ',']).filter(|it| !it.is_empty()).collect();
            let odd: Vec<&&str> = words
                .iter()
                .filter(|word| {
                    !known(word.trim_matches(['▲', '✗']))
                        && !word.trim_matches(['▲', '✗', '+']).chars().all(|c| c.is_ascii_digit() || "▲✗+".contains(c))
                })
                .collect();
            assert!(odd.is_empty(), "{odd:?} of {lane}");
            assert!(words.contains(&"failed") || many > 12, "that it failed is said in a word: {lane}");
        }
    }
}

#[test]
fn an_axis_of_a_time_that_no_clock_can_show_is_drawn_all_the_same() {
    for at in [i64::MIN, i64::MIN / 2, -1, i64::MAX / 2, i64::MAX - 1, i64::MAX] {
        for (width, height) in [(1, 1), (60, 16), (120, 40)] {
            let mut it = dash().at(width, height);
            it.send(Msg::Tick(Time(at)));
            it.press("[ { + - ( ) L [");
            screen(&it.app);
        }
    }
}

#[test]
fn a_click_on_a_chart_puts_the_time_cursor_where_it_was() {
    for (width, height) in [(80, 24), (120, 40), (200, 60)] {
        let mut it = dash().at(width, height);
        it.press("4 z");
        let plot = it.app.chart_area().expect("a chart is drawn");
        let n = usize::from(plot.width);
        for (kind, column) in [(MouseKind::Press, 7), (MouseKind::Drag, n / 2), (MouseKind::Press, n - 9)] {
            let x = plot.x + u16::try_from(column).unwrap();
            it.send(Msg::Mouse(Mouse { kind, x, y: plot.y + 3 }));
            let axis = it.app.axis_of(n);
            assert_eq!(axis.cell(axis.cursor.expect("there is a cursor"), n), Some(column), "{width}x{height}");
            let mut buf = Buffer::empty(Rect::new(0, 0, width, height));
            let theme = Theme::builtin("night");
            view(&it.app, &theme, &mut buf);
            let cursor = theme.style(trackside::theme::Role::TimeCursor);
            let at = |x: u16| buf[(x, plot.y + plot.height / 2)].bg;
            assert!(Some(at(x)) == cursor.bg && at(x) != at(x + 3), "{width}x{height}: the picture marks the column that was pointed at");
        }
        it.press("L");
        it.send(Msg::Mouse(Mouse { kind: MouseKind::Press, x: plot.right() - 1, y: plot.y + 3 }));
        assert_eq!(it.app.timeline.cursor, None, "the right end is the present");
        // A row under the chart is a row.
        let rows = it.app.list_area(PaneId::Metrics);
        it.send(Msg::Mouse(Mouse { kind: MouseKind::Press, x: rows.x + 2, y: rows.y + 1 }));
        assert_eq!((it.app.view(PaneId::Metrics).cursor, it.app.timeline.cursor), (1, None));
    }
}

#[test]
fn the_time_cursor_is_seen_whatever_it_stands_on() {
    for theme in ["night", "day", "mono"].map(Theme::builtin) {
        let style = theme.style(trackside::theme::Role::TimeCursor);
        for (width, height) in [(80, 24), (120, 40), (200, 60)] {
            let mut it = dash().at(width, height);
            let bar = trackside::app::layout::axis(it.app.areas().timeline);
            it.press("(");
            for _ in 0..it.app.cells() / 5 {
                let mut buf = Buffer::empty(Rect::new(0, 0, width, height));
                view(&it.app, &theme, &mut buf);
                let n = usize::from(bar.width);
                let at = it.app.axis_of(n).cell(it.app.timeline.cursor.unwrap(), n).unwrap();
                for y in bar.y..bar.bottom() {
                    let cell = &buf[(bar.x + at as u16, y)];
                    let turned = |all: Modifier| all.contains(Modifier::REVERSED);
                    assert_eq!(turned(cell.modifier), turned(style.add_modifier), "{width}x{height}, cell {at}: turned round twice");
                    assert!(style.bg.is_none_or(|it| it == cell.bg), "{width}x{height}, cell {at}");
                    assert!(!HEIGHTS.iter().any(|it| cell.symbol().contains(*it)), "{width}x{height}, cell {at}: nothing of it is left");
                }
                it.press("[ [ [ [ [");
            }
        }
    }
}

#[test]
fn on_a_timeline_of_one_row_what_was_open_at_the_cursor_is_lit_and_no_height_stands_on_its_head() {
    let theme = Theme::builtin("night");
    let (then, p1) = (theme.style(trackside::theme::Role::Past), theme.style(trackside::theme::Role::P1));
    let label = |it: &Dash| {
        let mut buf = Buffer::empty(Rect::new(0, 0, 80, 24));
        view(&it.app, &theme, &mut buf);
        let bar = trackside::app::layout::axis(it.app.areas().timeline);
        let cells: Vec<_> = (bar.x..bar.right()).map(|x| buf[(x, bar.y)].clone()).collect();
        for cell in &cells {
            let height = HEIGHTS.iter().any(|it| cell.symbol().contains(*it));
            assert!(!height || !cell.modifier.contains(Modifier::REVERSED), "{cells:?}");
        }
        let at = cells.windows(2).position(|it| it[0].symbol() == "P" && it[1].symbol() == "1").expect("it is named");
        cells[at].bg
    };
    let mut it = dash().at(80, 24);
    let opened = it.app.store.incidents[&"i-1".into()].opened;
    assert_eq!(Some(label(&it)), p1.bg);
    it.app.look_at(opened - Millis::mins(1));
    assert_eq!(Some(label(&it)), p1.bg, "not open yet");
    it.app.look_at(START - Millis(1_000));
    assert_eq!(Some(label(&it)), then.bg, "open then");
}

#[test]
fn beside_the_cursor_stands_what_was_and_not_what_was_still_to_come() {
    let mut it = dash();
    let n = it.app.cells();
    it.changed(deed("a1", "service.scale", "api 2 → 3", 8));
    let axis = it.app.axis_of(n);
    let here = axis.cell(START - Millis::mins(8), n).unwrap();
    let said = |it: &mut Dash, cell: usize| {
        let at = it.app.held_axis().start(cell as i64, n) + Millis(1);
        it.app.look_at(at);
        let near = it.app.axis_of(n).cell(START - Millis::mins(8), n).unwrap();
        (near as i64 - cell as i64, it.app.said_at_cursor(n).iter().any(|it| it.text.contains("scaled api")))
    };
    for cell in here - 4..here + 5 {
        let (ahead, named) = said(&mut it, cell);
        assert_eq!(named, (-1..=0).contains(&ahead), "the mark is {ahead} cells ahead of the cursor");
    }
}

#[test]
fn two_counts_side_by_side_are_never_read_as_one_number() {
    for (width, height) in [(120, 40), (80, 24), (200, 60)] {
        let mut together = 0;
        for shift in 0..12 {
            let mut it = dash().at(width, height);
            it.app.set_window(Millis::hours(24));
            for n in 0..24 {
                let id = format!("d-many-{n}");
                it.changed(Change::Deployment(deployment(&id, "web", "shop", 300 + shift + n * 3, DeployStatus::Success, false)));
                it.changed(deed(&format!("s-{n}"), "service.scale", "web", 300 + shift + n * 3));
            }
            let (n, axis) = (it.app.cells(), trackside::app::layout::axis(it.app.areas().timeline));
            let drawn = screen(&it.app);
            let at = |row: u16, cell: usize| drawn[usize::from(axis.y + row)].chars().nth(usize::from(axis.x) + cell).unwrap();
            let (mut marks, mut notches) = (vec![0; n], vec![0; n]);
            it.app.marks(n).iter().for_each(|it| marks[it.cell] += 1);
            it.app.notches(n).iter().for_each(|it| notches[it.cell] += 1);
            let lanes = if axis.height > 1 {
                vec![(0, marks), (1, notches)]
            } else {
                vec![(0, marks.iter().zip(&notches).map(|(a, b)| a + b).collect())]
            };
            for (row, count) in lanes {
                for cell in 1..n {
                    if count[cell - 1] > 1 && count[cell] > 1 {
                        together += 1;
                        assert!(
                            !(at(row, cell - 1).is_ascii_digit() && at(row, cell).is_ascii_digit()),
                            "cell {cell}:\n{}",
                            drawn.join("\n")
                        );
                    } else if count[cell] > 1 {
                        assert!(at(row, cell).is_ascii_digit() || at(row, cell) == '+', "cell {cell}:\n{}", drawn.join("\n"));
                    }
                }
            }
        }
        assert!(together > 0, "no two counts stood side by side at {width}x{height}");
    }
}

#[test]
fn in_the_past_no_log_says_that_it_follows_though_no_line_is_from_then_on() {
    let mut it = dash();
    it.app.set_window(Millis::hours(6));
    it.fact(Event::Logs((1..=5).map(|off| line(off, START - Millis::hours(2))).collect()));
    it.press("[ [ [");
    assert!(it.app.past().is_some_and(|(_, ago)| ago != "now"), "{:?}", it.app.past());
    let title = |it: &Dash| screen(&it.app).into_iter().find(|row| row.contains("3 Logs")).unwrap();
    assert!(title(&it).contains("not following"), "{}", title(&it));
    it.fact(Event::Logs(vec![line(6, it.at)]));
    assert!(title(&it).contains("1 new"), "{}", title(&it));
    // Nor that of a deployment, opened there.
    it.press("2 j z Enter");
    let text = screen(&it.app).join("\n");
    assert!(it.app.pinned_deployment().is_some() && !text.contains("following ─"), "{text}");
    it.press("L");
    assert!(it.app.logs.view.follow);
}

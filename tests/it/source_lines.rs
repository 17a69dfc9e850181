//! The client's log lines at their edges: each is shown once or said to be lost once, whatever comes.

use std::ops::RangeInclusive;

use trackside::model::event::Event;
use trackside::model::log::{GapReason, LogGap, LogLine};
use trackside::model::time::Time;
use trackside::platform::trackside::session::Input;
use trackside::platform::trackside::turn::Output;
use trackside::wire::stream::{ClientFrame, ServerFrame, SubPosition, Topic};

use crate::source_model::line;
use crate::source_world::World;

/// The number of the newest subscription to the lines.
fn sub(world: &World) -> u32 {
    let number = |it: &ClientFrame| if let ClientFrame::Sub { sub, topic: Topic::Logs { .. }, .. } = it { Some(*sub) } else { None };
    world.sent.iter().rev().find_map(number).unwrap()
}

/// What came of a frame: lines shown, lines said to be lost with their count, and from where lines were asked for (`None`: from the end).
#[derive(Debug, Default, PartialEq)]
struct Came {
    shown: Vec<u64>,
    lost: Vec<(RangeInclusive<u64>, u64)>,
    asked: Vec<Option<u64>>,
    restarts: usize,
    notices: usize,
}

/// Takes in what the world's own server never said.
fn says(world: &mut World, text: &str) -> Came {
    let mut came = Came::default();
    for output in world.session.step(world.now, Input::Text(text)) {
        match output {
            Output::Send(frame) => {
                if let ClientFrame::Sub { topic: Topic::Logs { .. }, since, .. } = &frame {
                    came.asked.push(since.as_ref().map(|it| it.rev));
                }
                world.sent.push(frame);
            }
            Output::Emit(Event::Logs(lines)) => came.shown.extend(lines.iter().map(|it| it.off)),
            Output::Emit(Event::LogGap(gap)) => came.lost.push((gap.offs, gap.count)),
            Output::Emit(Event::LogRestart { .. }) => came.restarts += 1,
            Output::Emit(Event::Notice(_)) => came.notices += 1,
            _ => {}
        }
    }
    came
}

/// Lines; the offset 0 stands for one that cannot be read.
fn log(world: &mut World, n: u64, offs: &[u64]) -> Came {
    let one = |off: &u64| if *off == 0 { serde_json::json!({ "off": "?" }) } else { serde_json::to_value(line(*off)).unwrap() };
    let lines: Vec<serde_json::Value> = offs.iter().map(one).collect();
    let text = serde_json::json!({ "t": "log", "sub": sub(world), "n": n, "lines": lines }).to_string();
    says(world, &text)
}

fn gap(world: &mut World, n: u64, offs: RangeInclusive<u64>) -> Came {
    let count = offs.end() - offs.start() + 1;
    let gap = LogGap { offs, count, from: Time(0), to: Time(0), reason: GapReason::Slow };
    let text = serde_json::to_string(&ServerFrame::Gap { sub: sub(world), n, gap }).unwrap();
    says(world, &text)
}

fn beat(world: &mut World, n: u64, rev: u64) -> Came {
    let state = SubPosition { sub: 1, n: 0, rev: 1 };
    let subs = vec![state, SubPosition { sub: sub(world), n, rev }];
    let text = serde_json::to_string(&ServerFrame::Hb { now: Time(0), subs, degraded: None }).unwrap();
    says(world, &text)
}

fn gone(world: &mut World, floor: Option<u64>) -> Came {
    let floor = floor.map_or("null".to_owned(), |it| it.to_string());
    let text = format!(r#"{{"t":"err","sub":{},"code":"gone","message":"gone","floor":{floor},"head":null}}"#, sub(world));
    says(world, &text)
}

// A connected world has the lines 1 to 4, in three frames.

#[test]
fn a_log_that_ends_before_what_we_have_seen_began_anew() {
    for (head, wanted) in
        [(4, Came { asked: vec![Some(4)], ..Came::default() }), (3, Came { asked: vec![None], restarts: 1, ..Came::default() })]
    {
        let mut world = World::connected();
        world.cut();
        world.connect();
        let mut hello: serde_json::Value = serde_json::from_str(&world.server.wire.pop_front().unwrap()).unwrap();
        hello["log_head"] = head.into();
        assert_eq!(says(&mut world, &hello.to_string()), wanted);
    }
}

#[test]
fn what_is_shown_is_not_lost_and_what_is_lost_is_not_shown() {
    let mut world = World::connected();
    assert_eq!(gap(&mut world, 4, 3..=8), Came { lost: vec![(5..=8, 4)], ..Came::default() });
    assert_eq!(gap(&mut world, 5, 2..=8), Came::default());
    assert_eq!(log(&mut world, 6, &[7, 8, 9, 9, 10]).shown, [9, 10]);
    assert_eq!(log(&mut world, 6, &[11]), Came::default(), "a frame that comes twice");
    assert_eq!(gap(&mut world, 7, 11..=12).lost, [(11..=12, 2)]);
    assert_eq!(world.session.log_position().map(|it| it.rev), Some(12));
}

#[test]
fn lines_that_cannot_be_read_are_counted_where_they_were() {
    let mut world = World::connected();
    assert_eq!(log(&mut world, 4, &[5, 0, 7, 0]), Came { shown: vec![5, 7], lost: vec![(5..=7, 2)], ..Came::default() });
    assert_eq!(log(&mut world, 5, &[8]), Came { shown: vec![8], ..Came::default() });
}

#[test]
fn a_hole_is_asked_for_once_and_then_said_in_its_place() {
    let mut world = World::connected();
    assert_eq!(log(&mut world, 5, &[7]), Came { asked: vec![Some(4)], ..Came::default() });
    assert_eq!(log(&mut world, 1, &[5]).shown, [5]);
    // A heartbeat that was made before that frame agrees with nothing.
    assert_eq!(beat(&mut world, 0, 4), Came::default());
    assert_eq!(log(&mut world, 3, &[8, 0, 10]), Came { shown: vec![8, 10], lost: vec![(6..=7, 2), (8..=10, 1)], ..Came::default() });
    assert_eq!(beat(&mut world, 3, 10), Came::default());
    assert_eq!(log(&mut world, 5, &[12]), Came { asked: vec![Some(10)], ..Came::default() }, "after one that agrees it is asked for again");
    assert_eq!(beat(&mut world, 2, 12), Came { asked: vec![Some(10)], ..Came::default() }, "what was lost last is missed by its heartbeat");
}

#[test]
fn a_place_that_is_not_kept_is_left_with_what_is_lost_said_and_never_asked_for_in_a_circle() {
    let mut world = World::connected();
    assert_eq!(gone(&mut world, Some(9)), Came { lost: vec![(5..=8, 4)], asked: vec![Some(8)], ..Came::default() });
    // Nothing is missing up to there, so the place itself is what cannot be served.
    assert_eq!(gone(&mut world, Some(9)), Came { asked: vec![None], ..Came::default() });
    let mut world = World::connected();
    assert_eq!(gone(&mut world, None), Came { asked: vec![None], ..Came::default() }, "by what the greeting said");
    assert_eq!(gone(&mut world, None), Came { notices: 1, ..Came::default() });
    for _ in 0..3 {
        let text =
            serde_json::to_string(&ServerFrame::Hb { now: Time(0), subs: vec![SubPosition { sub: 1, n: 0, rev: 1 }], degraded: None });
        assert_eq!(says(&mut world, &text.unwrap()), Came::default());
    }
}

#[test]
fn the_greatest_place_that_a_line_can_have_breaks_nothing() {
    let mut world = World::connected();
    let last = u64::MAX;
    let text = serde_json::json!({ "t": "log", "sub": sub(&world), "n": 4, "lines": [LogLine { off: last, ..line(5) }] }).to_string();
    assert_eq!(says(&mut world, &text), Came { shown: vec![last], ..Came::default() });
    assert_eq!(log(&mut world, 5, &[0]).lost, [(last..=last, 1)]);
    assert_eq!(gone(&mut world, Some(9)), Came { asked: vec![None], ..Came::default() });
}

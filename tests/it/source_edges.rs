//! The client's stream as a state machine, at its edges: what comes twice, too early, too late, from before, or without end.

use std::collections::VecDeque;

use trackside::model::event::{Change, Event, Snapshot};
use trackside::model::ids::TeamId;
use trackside::model::link::Link;
use trackside::model::log::LogFilter;
use trackside::model::project::Team;
use trackside::model::time::{Millis, Time};
use trackside::platform::trackside::read::Whole;
use trackside::platform::trackside::session::Input;
use trackside::platform::trackside::turn::{Ending, Now, Output};
use trackside::wire::digest::Digest;
use trackside::wire::stream::{ClientFrame, Position, ServerFrame, SubPosition, Topic};

use crate::source_model::teams;
use crate::source_world::World;

fn at(seconds: i64) -> Now {
    Now { boot: Millis::secs(seconds), wall: Time(seconds * 1000) }
}

/// The number of the newest subscription to the state, the log lines, or the metrics.
fn sub(world: &World, wanted: fn(&Topic) -> bool) -> u32 {
    let asked = |it: &ClientFrame| if let ClientFrame::Sub { sub, topic, .. } = it { wanted(topic).then_some(*sub) } else { None };
    world.sent.iter().rev().find_map(asked).unwrap()
}

fn state(world: &World) -> u32 {
    sub(world, |it| *it == Topic::State)
}

fn logs(world: &World) -> u32 {
    sub(world, |it| matches!(it, Topic::Logs { .. }))
}

fn metrics(world: &World) -> u32 {
    sub(world, |it| matches!(it, Topic::Metrics { .. }))
}

/// What the session says to `text`, which the world's own server never said.
fn says(world: &mut World, text: &str) -> Vec<Output> {
    world.session.step(world.now, Input::Text(text))
}

fn beat(theirs: i64, subs: &[(u32, u64, u64)]) -> String {
    let subs = subs.iter().map(|&(sub, n, rev)| SubPosition { sub, n, rev }).collect();
    serde_json::to_string(&ServerFrame::Hb { now: Time(theirs), subs, degraded: None }).unwrap()
}

fn pong(id: u64, theirs: i64) -> String {
    serde_json::to_string(&ServerFrame::Pong { id, now: Time(theirs) }).unwrap()
}

fn is_sent(outputs: &[Output]) -> bool {
    outputs.iter().any(|it| matches!(it, Output::Send(_)))
}

/// Whether the state was asked for, from which revision on: `None` for all of it.
fn asked_for(sent: &[ClientFrame]) -> Vec<Option<u64>> {
    let since = |it: &ClientFrame| match it {
        ClientFrame::Sub { topic: Topic::State, since, .. } => Some(since.as_ref().map(|it| it.rev)),
        _ => None,
    };
    sent.iter().filter_map(since).collect()
}

fn notices(outputs: &[Output]) -> Vec<String> {
    let said = |it: &Output| if let Output::Emit(Event::Notice(text)) = it { Some(text.to_string()) } else { None };
    outputs.iter().filter_map(said).collect()
}

/// A client that has the greeting and nothing more, and what the server has said since.
fn greeted() -> (World, VecDeque<String>) {
    let mut world = World::new();
    world.server.change(&[0, 2, 4]);
    world.connect();
    world.deliver();
    let said = std::mem::take(&mut world.server.wire);
    (world, said)
}

#[test]
fn nothing_is_taken_in_before_the_greeting_and_a_second_greeting_changes_nothing() {
    let mut world = World::new();
    world.server.change(&[0]);
    world.connect();
    let hello = world.server.wire.pop_front().unwrap();
    for early in [beat(0, &[]), pong(1, 0)] {
        assert_eq!(says(&mut world, &early), []);
    }
    assert_eq!(world.session.counters().unreadable, 2);
    let filter = LogFilter { text: Some("x".to_owned()), ..LogFilter::default() };
    world.step(Input::Follow(filter.clone()));
    assert_eq!(world.sent, [], "nothing is asked of who has not said who it is");
    world.step(Input::Text(&hello));
    assert!(
        world.sent.iter().any(|it| matches!(it, ClientFrame::Sub { topic: Topic::Logs { filter: asked, .. }, .. } if *asked == filter))
    );
    world.deliver_all();
    assert_eq!(world.link, Some(Link::Live));
    assert_eq!(says(&mut world, &hello), []);
    assert_eq!(world.session.counters().unreadable, 3);
    world.converged();
}

#[test]
fn numbers_are_taken_in_once_and_are_counted_anew_on_each_connection() {
    let mut world = World::connected();
    let taken = |world: &mut World, n: u64| {
        let text = format!(r#"{{"t":"met","sub":{},"n":{n},"points":[]}}"#, metrics(world));
        says(world, &text).len()
    };
    assert_eq!([1, 1, 2, 1, 2, 3].map(|n| taken(&mut world, n)), [1, 0, 1, 0, 0, 1]);
    world.cut();
    world.connect();
    world.deliver_all();
    assert_eq!([1, 1].map(|n| taken(&mut world, n)), [1, 0]);
}

#[test]
fn a_server_may_ask_for_more_patience_but_not_for_ever() {
    for (idle, last) in [(1_000, 45), (45_000, 45), (200_000, 200), (u64::MAX, 300)] {
        let mut world = World::new();
        world.server.idle_ms = idle;
        world.connect();
        world.deliver_all();
        for second in 1..last {
            world.now = at(second);
            world.step(Input::Tick);
            world.server.wire.clear();
            assert!(world.open, "{idle} ms, after {second} s");
        }
        world.now = at(last);
        world.step(Input::Tick);
        assert!(!world.open, "{idle} ms");
    }
}

#[test]
fn questions_that_nobody_answers_are_not_asked_without_end() {
    let mut world = World::connected();
    let subs = [(state(&world), 0, 1), (logs(&world), 3, 4)];
    let mut asked = Vec::new();
    for round in 1..60 {
        // It is heard all the time, so it is not dead.
        world.now = at(round * 10);
        let mut outputs = says(&mut world, &beat(round * 10_000, &subs));
        outputs.extend(world.session.step(world.now, Input::Tick));
        asked.extend(outputs.iter().any(|it| matches!(it, Output::Send(ClientFrame::Ping { .. }))).then_some(round * 10));
    }
    assert_eq!(asked, (1..=16).map(|n| n * 20).collect::<Vec<i64>>(), "each 20 s, whether anything is heard or not");
}

#[test]
fn what_proves_nothing_puts_no_end_off_and_what_cannot_be_read_was_heard_all_the_same() {
    let mut world = World::connected();
    world.now = at(44);
    world.step(Input::Noise);
    world.now = at(45);
    world.step(Input::Tick);
    assert!(!world.open, "pings come from whatever stands in between");
    let mut world = World::connected();
    world.now = at(40);
    world.step(Input::Text("half a fra"));
    world.now = at(50);
    world.step(Input::Tick);
    assert!(world.open);
    // Before the greeting it is no sign of anybody who speaks our protocol.
    let mut world = World::new();
    world.connect();
    world.server.wire.clear();
    world.now = at(9);
    world.step(Input::Text("HTTP/1.1 200 OK"));
    world.now = at(11);
    world.step(Input::Tick);
    assert!(matches!(world.ended, Some(Ending::Mute(_))), "{:?}", world.ended);
}

#[test]
fn nothing_follows_the_end_of_a_connection() {
    let (mut world, _) = greeted();
    let mut last = Vec::new();
    for round in 1..20 {
        // No snapshot ever begins; with it the log has a hole, which alone would be mended.
        let text = beat(0, &[(state(&world), 0, 1), (logs(&world), round, round)]);
        last = says(&mut world, &text);
        world.sent.extend(last.iter().filter_map(|it| if let Output::Send(frame) = it { Some(frame.clone()) } else { None }));
        if last.iter().any(|it| matches!(it, Output::End(_))) {
            break;
        }
    }
    assert!(matches!(last.last(), Some(Output::End(Ending::Again { .. }))), "{last:?}");
}

#[test]
fn a_known_hole_is_not_live_before_it_is_filled() {
    let mut world = World::connected();
    let old = state(&world);
    world.server.change(&[6]);
    world.server.change(&[2]);
    world.server.wire.pop_front();
    world.deliver();
    assert_eq!(world.link, Some(Link::Snapshot), "it knows that something is missing");
    assert!(world.sent.contains(&ClientFrame::Unsub { sub: old }), "what was left is not sent for nothing");
    world.deliver_all();
    assert_eq!(world.link, Some(Link::Live));
    world.converged();
}

#[test]
fn the_first_hole_after_an_agreeing_heartbeat_or_on_a_new_connection_costs_no_snapshot() {
    let mut world = World::connected();
    let hole = |world: &mut World| {
        world.sent.clear();
        world.server.change(&[6]);
        world.server.change(&[2]);
        world.server.wire.pop_front();
        world.deliver_all();
        asked_for(&world.sent)
    };
    assert_eq!(hole(&mut world), [Some(1)]);
    world.server.beat();
    world.deliver_all();
    assert_eq!(hole(&mut world), [Some(3)]);
    world.cut();
    world.connect();
    world.deliver_all();
    assert_eq!(hole(&mut world), [Some(5)]);
    // A heartbeat that was made before the last frames agrees with nothing.
    let old = beat(0, &[(state(&world), 1, 6), (3, 1, 4)]);
    assert!(!is_sent(&says(&mut world, &old)));
    assert_eq!(hole(&mut world), [None], "twice in a row: what was resumed did not help");
    assert_eq!(world.session.counters().snapshots, 2);
    world.converged();
}

#[test]
fn a_new_connection_goes_on_wherever_the_platform_says_that_it_can_and_nowhere_else() {
    let asked = |epoch: &str, floor: u64, head: u64| {
        let mut world = World::connected();
        world.server.change(&[6]);
        world.server.change(&[2]);
        world.deliver_all();
        world.cut();
        world.connect();
        let mut hello: serde_json::Value = serde_json::from_str(&world.server.wire.pop_front().unwrap()).unwrap();
        (hello["epoch"], hello["floor"], hello["head"]) = (epoch.into(), floor.into(), head.into());
        let outputs = says(&mut world, &hello.to_string());
        let told = notices(&outputs).len();
        let sent: Vec<ClientFrame> = outputs.into_iter().filter_map(|it| if let Output::Send(it) = it { Some(it) } else { None }).collect();
        (asked_for(&sent), told)
    };
    // It holds revision 3.
    assert_eq!(asked("e1", 0, 3), (vec![Some(3)], 0));
    assert_eq!(asked("e1", 3, 9), (vec![Some(3)], 0), "the oldest that one can go on from");
    assert_eq!(asked("e1", 4, 9), (vec![None], 0), "older than what is kept");
    assert_eq!(asked("e1", 0, 2), (vec![None], 0), "newer than what there is");
    assert_eq!(asked("e2", 0, 3), (vec![None], 1), "another history, which a person is told");
}

#[test]
fn bad_snapshots_end_a_connection_only_one_after_the_other() {
    let (mut world, said) = greeted();
    world.server.wire = said;
    let mut spoilt =
        [("\"count\":3", "\"count\":2"), ("\"digest\":\"", "\"digest\":\"0"), ("\"rev\":1", "\"rev\":2"), ("\"count\":3", "\"count\":4")]
            .into_iter();
    let mut shown = Vec::new();
    for good in [false, false, true, false, false, true] {
        let end = world.server.wire.iter_mut().find(|it| it.contains("snap_end")).unwrap();
        if !good {
            let (from, to) = spoilt.next().unwrap();
            assert!(end.contains(from), "{end}");
            *end = end.replace(from, to);
        }
        let count = |world: &World| (world.session.counters().bad_snapshots, world.session.counters().snapshots);
        let (bad, taken) = count(&world);
        while count(&world) == (bad, taken) && !world.server.wire.is_empty() {
            world.deliver();
        }
        assert_eq!(count(&world), (bad + u64::from(!good), taken + u64::from(good)));
        assert!(world.open);
        shown.push(world.store.teams.len());
        if good {
            // A revision that goes back has everything read again.
            let text = format!(r#"{{"t":"ev","sub":{},"n":1,"rev":1,"changes":[]}}"#, state(&world));
            world.step(Input::Text(&text));
        }
    }
    assert_eq!(shown, [0, 0, 3, 3, 3, 3], "nothing of a bad one is shown");
}

#[test]
fn an_object_so_broken_that_it_has_no_name_costs_itself_and_not_the_snapshot() {
    let (mut world, mut said) = greeted();
    let item = said.iter_mut().find(|it| it.contains("\"item\"")).unwrap();
    *item = format!(r#"{{"t":"item","sub":{},"obj":{{"team":7}}}}"#, state(&world));
    world.server.wire = said;
    world.deliver_all();
    assert_eq!((world.store.teams.len(), world.store.unreadable.get("team")), (2, Some(&1)));
    assert_eq!(world.session.counters().bad_snapshots, 0);
}

#[test]
fn an_object_that_becomes_readable_or_no_longer_is_has_everything_counted_anew() {
    let (mut world, mut said) = greeted();
    let item = said.iter_mut().find(|it| it.contains("\"t2\"")).unwrap();
    *item = item.replace("\"a team\"", "7");
    world.server.wire = said;
    world.deliver_all();
    assert_eq!(world.store.unreadable.get("team"), Some(&1));
    for (id, odd) in [("t2", false), ("t4", true), ("t4", true)] {
        world.sent.clear();
        world.server.change(&[id[1..].parse().unwrap()]);
        let event = world.server.wire.front_mut().unwrap();
        if odd {
            *event = event.replace("\"a team\"", "7");
        }
        world.deliver();
        assert_eq!(asked_for(&world.sent), [None], "{id}");
        world.deliver_all();
        assert_eq!(world.store.unreadable.get("team"), None);
    }
    world.converged();
}

#[test]
fn a_snapshot_that_stops_in_the_middle_is_begun_anew() {
    let beats = |world: &mut World| {
        let text = beat(0, &[(state(world), 0, 1), (logs(world), 0, 0)]);
        world.step(Input::Text(&text));
        world.session.counters().bad_snapshots
    };
    for frames in 1..=3 {
        let (mut world, mut said) = greeted();
        world.server.wire = said.drain(..frames).collect();
        world.deliver_all();
        assert_eq!(beats(&mut world), 0, "something came since the last one");
        assert_eq!(beats(&mut world), 1);
        world.deliver_all();
        assert_eq!(world.store.teams.len(), 3);
    }
    // What comes after a snapshot says that its end is missing.
    for after in ["ev", "bm"] {
        let (mut world, mut said) = greeted();
        world.server.wire = said.drain(..2).collect();
        world.deliver_all();
        let rest = if after == "ev" { r#","changes":[]"# } else { "" };
        let text = format!(r#"{{"t":"{after}","sub":{},"n":1,"rev":2{rest}}}"#, state(&world));
        world.step(Input::Text(&text));
        assert_eq!(world.session.counters().bad_snapshots, 1, "{after}");
        world.deliver_all();
        assert_eq!(world.store.teams.len(), 3);
    }
}

#[test]
fn a_snapshot_without_end_is_given_up_before_it_fills_the_memory() {
    let (mut world, _) = greeted();
    let sub = state(&world);
    says(&mut world, &format!(r#"{{"t":"snap_begin","sub":{sub},"rev":1}}"#));
    let name = "x".repeat(1 << 20);
    let item = |n: u32| format!(r#"{{"t":"item","sub":{sub},"obj":{{"team":{{"id":"t{n}","name":"{name}","members":[],"rev":1}}}}}}"#);
    let end = (1..=64).find_map(|n| says(&mut world, &item(n)).pop().map(|it| (n, it)));
    assert!(matches!(&end, Some((64, Output::End(Ending::Again { why, .. }))) if why.contains("too large")), "{end:?}");
}

#[test]
fn a_bookmark_after_a_hole_shows_the_hole() {
    let mut world = World::connected();
    let text = format!(r#"{{"t":"bm","sub":{},"n":2,"rev":9}}"#, state(&world));
    world.sent.clear();
    world.step(Input::Text(&text));
    assert_eq!(asked_for(&world.sent), [Some(1)]);
    assert_eq!(world.session.position().map(|it| it.rev), Some(1), "what it says is not here");
}

#[test]
fn an_object_that_a_snapshot_has_twice_is_shown_once() {
    let (mut world, _) = greeted();
    let sub = state(&world);
    let team = Change::Team(Team { id: TeamId::new("t1"), name: "a team".into(), members: Vec::new(), rev: 1 });
    let mut digest = Digest::default();
    let item = format!(r#"{{"t":"item","sub":{sub},"obj":{}}}"#, serde_json::to_string(&team).unwrap());
    let mut outputs = says(&mut world, &format!(r#"{{"t":"snap_begin","sub":{sub},"rev":1}}"#));
    for _ in 0..2 {
        digest.add(&team.object(), 1);
        outputs.extend(says(&mut world, &item));
    }
    let end = format!(r#"{{"t":"snap_end","sub":{sub},"rev":1,"count":2,"digest":"{}"}}"#, digest.hex());
    outputs.extend(says(&mut world, &end));
    let shown = outputs.iter().find_map(|it| if let Output::Emit(Event::Snapshot(all)) = it { Some(all.teams.len()) } else { None });
    assert_eq!(shown, Some(1));
}

#[test]
fn a_heartbeat_from_before_the_last_frames_is_no_hole_and_moves_nothing_back() {
    let mut world = World::connected();
    world.server.beat();
    let old = world.server.wire.pop_front().unwrap();
    world.server.change(&[6]);
    world.server.write(2);
    world.deliver_all();
    let (sub, place) = (state(&world), world.session.position().cloned());
    assert!(!is_sent(&says(&mut world, &old)));
    says(&mut world, &format!(r#"{{"t":"bm","sub":{sub},"n":2,"rev":1}}"#));
    let beat = beat(0, &[(sub, 2, 0), (logs(&world), 4, 1)]);
    assert!(!is_sent(&says(&mut world, &beat)));
    assert_eq!(world.session.position(), place.as_ref());
    assert_eq!(world.session.log_position().map(|it| it.rev), Some(6));
    assert_eq!((world.session.counters().gaps, world.session.counters().backwards), (0, 0));
}

#[test]
fn one_heartbeat_that_does_not_name_us_proves_nothing_and_two_in_a_row_do() {
    let mut world = World::connected();
    let nobody = beat(0, &[]);
    for _ in 0..3 {
        assert!(!is_sent(&says(&mut world, &nobody)));
        world.server.beat();
        world.deliver_all();
    }
    assert!(!is_sent(&says(&mut world, &nobody)));
    world.sent.clear();
    world.step(Input::Text(&nobody));
    let again = |it: &ClientFrame| matches!(it, ClientFrame::Sub { since: Some(_), .. });
    assert_eq!(world.sent.iter().filter(|it| again(it)).count(), 2, "the state and the lines: {:?}", world.sent);
    world.deliver_all();
    world.converged();
}

/// What the platform is said to hold at `rev`: those teams that it has, and one more if `wrong`.
fn whole(world: &World, epoch: &str, rev: u64, wrong: bool) -> Whole {
    let mut teams = teams(&world.server.objects);
    if wrong {
        teams.push(Team { id: TeamId::new("t9"), name: "a team".into(), members: Vec::new(), rev });
    }
    let position = Position { epoch: epoch.to_owned(), rev };
    Whole { position, snapshot: Snapshot { teams, ..Snapshot::default() }, ..Whole::default() }
}

#[test]
fn a_comparison_waits_until_we_have_come_as_far_and_is_of_this_history_only() {
    let mut world = World::connected();
    let other = whole(&world, "another", 1, true);
    world.step(Input::Check(&other));
    assert_eq!(world.session.counters().mismatches, 0, "of another history nothing is known");
    for wrong in [false, true] {
        world.server.change(&[6]);
        let rev = world.server.rev;
        let ahead = whole(&world, "e1", rev, wrong);
        world.step(Input::Check(&ahead));
        assert_eq!(world.session.counters().mismatches, 0, "ahead of us");
        world.sent.clear();
        world.deliver_all();
        assert_eq!(world.session.counters().mismatches, u64::from(wrong));
        assert_eq!(asked_for(&world.sent), if wrong { vec![None] } else { Vec::new() });
    }
    world.converged();
}

#[test]
fn what_is_held_is_as_old_as_the_question_whose_answer_is_here_however_much_is_heard() {
    for lost in [false, true] {
        let mut world = World::connected();
        let (sub, mut asked, mut links) = (metrics(&world), Vec::new(), Vec::new());
        for second in 1..=100 {
            world.now = at(second);
            let mut outputs = says(&mut world, &format!(r#"{{"t":"met","sub":{sub},"n":{second},"points":[]}}"#));
            outputs.extend(world.session.step(world.now, Input::Tick));
            // The second question is answered at 45 s, and no other one; the first one's answer too, or not.
            if second == 45 {
                let ids = if lost { 2..=2 } else { 1..=2 };
                ids.for_each(|id| outputs.extend(says(&mut world, &pong(id, 45_000))));
            }
            asked.extend(outputs.iter().any(|it| matches!(it, Output::Send(ClientFrame::Ping { .. }))).then_some(second));
            links.extend(
                outputs.into_iter().filter_map(|it| if let Output::Emit(Event::Link(link)) = it { Some((second, link)) } else { None }),
            );
        }
        assert_eq!(asked, [20, 40, 60, 80, 100]);
        let stale = |seconds: i64| Link::Stale { since: Time(seconds * 1000) };
        assert_eq!(links, [(41, stale(0)), (45, Link::Live), (81, stale(40))], "nine tenths of 45 s after it was asked");
    }
}

#[test]
fn an_answer_that_took_long_is_no_clock_that_is_wrong_and_what_seems_late_is_asked_about_once() {
    let mut world = World::connected();
    let subs = [(state(&world), 0, 1), (logs(&world), 3, 4)];
    world.now = at(8);
    let ping =
        |outputs: &[Output]| outputs.iter().find_map(|it| if let Output::Send(ClientFrame::Ping { id }) = it { Some(*id) } else { None });
    let late = says(&mut world, &beat(0, &subs));
    let id = ping(&late).expect("8 s late, or 8 s behind");
    for second in [9, 10] {
        world.now = at(second);
        assert_eq!(ping(&says(&mut world, &beat(0, &subs))), None, "it is asked already");
    }
    world.now = at(18);
    let answer = says(&mut world, &pong(id, 13_000));
    assert!(answer.contains(&Output::Emit(Event::Heard { skew: Millis(0) })), "{answer:?}");
}

#[test]
fn what_concerns_a_person_is_said_and_only_once() {
    let mut world = World::connected();
    let unknown = r#"{"t":"telepathy","x":1}"#;
    assert_eq!([1, 2, 3].map(|_| notices(&says(&mut world, unknown)).len()), [1, 0, 0]);
    let refused = |sub: Option<u32>, code: &str| {
        let sub = sub.map_or("null".to_owned(), |it| it.to_string());
        format!(r#"{{"t":"err","sub":{sub},"code":"{code}","message":"no","floor":null,"head":null}}"#)
    };
    assert_eq!(notices(&says(&mut world, &refused(None, "bad_request"))), ["the platform complains: no"]);
    let sub = metrics(&world);
    assert_eq!(notices(&says(&mut world, &refused(Some(sub), "forbidden"))), ["no live metrics: no"]);
    assert_eq!(notices(&says(&mut world, &refused(Some(99), "forbidden"))), Vec::<String>::new(), "of nothing of ours");
    let sub = logs(&world);
    assert_eq!(notices(&says(&mut world, &refused(Some(sub), "bad_query"))), ["no live log lines: no"]);
    for _ in 0..3 {
        let beat = beat(0, &[(state(&world), 0, 1)]);
        assert!(!is_sent(&says(&mut world, &beat)), "what was refused is not missed");
    }
    let soon = says(&mut world, r#"{"t":"auth_expiring","in_ms":60000}"#);
    assert!(soon.contains(&Output::Renew) && notices(&soon)[0].contains("ends in"), "{soon:?}");
    let sub = state(&world);
    let end = says(&mut world, &refused(Some(sub), "forbidden"));
    assert!(matches!(end.last(), Some(Output::End(Ending::Refused(why))) if why.contains("not for us")), "{end:?}");
}

#[test]
fn an_end_without_words_is_named_by_its_code() {
    for (code, words) in [(Some(4429), "(4429)"), (Some(1012), "starts anew"), (None, "was cut")] {
        let Ending::Again { why, after } = Ending::of(code, "", Some(1500)) else { panic!("{code:?} can be come back from") };
        assert!(why.contains(words) && after == Some(Millis(1500)), "{why}");
    }
    assert_eq!(Ending::of(Some(1012), "an update", None), Ending::Again { why: "an update".into(), after: None });
}

#[test]
fn a_comparison_with_a_history_that_began_anew_waits_for_its_snapshot() {
    let mut world = World::connected();
    world.server.change(&[6]);
    world.deliver_all();
    world.cut();
    world.server.restore();
    world.connect();
    let hello = world.server.wire.pop_front().unwrap();
    assert_eq!(notices(&says(&mut world, &hello)).len(), 1);
    // What is held is still of the history before, and further on than this one.
    let (epoch, rev) = (world.server.epoch_name(), world.server.rev);
    let theirs = whole(&world, &epoch, rev, true);
    assert!(!is_sent(&says_check(&mut world, &theirs)));
    assert_eq!(world.session.counters().mismatches, 0);
}

fn says_check(world: &mut World, theirs: &Whole) -> Vec<Output> {
    world.session.step(world.now, Input::Check(theirs))
}

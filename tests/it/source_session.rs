//! The client's stream as a state machine, driven against the reference server through every kind of loss.

use proptest::prelude::*;
use trackside::model::link::Link;
use trackside::model::log::LogFilter;
use trackside::model::time::{Millis, Time};
use trackside::platform::trackside::session::Input;
use trackside::platform::trackside::turn::{Ending, Now, Output};
use trackside::wire::stream::{ClientFrame, Topic};

use crate::source_world::{World, happen, happening};

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn whatever_is_lost_doubled_cut_or_restored_the_store_ends_as_the_servers_and_every_line_is_shown_or_said_lost(
        story in proptest::collection::vec(happening(), 0..160)
    ) {
        let mut world = World::new();
        for it in story {
            happen(&mut world, it);
        }
        world.heal();
        world.converged();
    }
}

#[test]
fn a_frame_that_comes_twice_is_taken_in_once() {
    let mut world = World::connected();
    world.server.change(&[6]);
    let again = world.server.wire.front().cloned().unwrap();
    world.deliver();
    world.step(Input::Text(&again));
    assert_eq!(world.session.counters().duplicates, 1);
    assert!(world.open);
    world.converged();
}

#[test]
fn a_hole_in_the_count_resumes_once_and_then_takes_a_snapshot() {
    let mut world = World::connected();
    world.sent.clear();
    for lost in [true, true] {
        world.server.change(&[6]);
        world.server.change(&[2]);
        if lost {
            world.server.wire.pop_front();
        }
        world.deliver();
        // What the resumption sends loses its first frame as well.
        world.server.wire.pop_front();
        world.deliver();
    }
    let states: Vec<bool> = world
        .sent
        .iter()
        .filter_map(|it| match it {
            ClientFrame::Sub { topic: Topic::State, since, .. } => Some(since.is_some()),
            _ => None,
        })
        .collect();
    assert_eq!(states[..2], [true, false], "first resumed, then anew");
    world.heal();
    world.converged();
}

#[test]
fn the_loss_of_the_last_frame_before_a_silence_is_shown_by_the_heartbeat() {
    let mut world = World::connected();
    world.server.change(&[6]);
    world.server.wire.clear();
    assert_ne!(world.objects(), world.server.objects);
    world.server.beat();
    world.deliver_all();
    world.converged();
    assert_eq!(world.session.counters().resumes, 1);
}

#[test]
fn a_revision_that_goes_back_is_not_taken_in() {
    let mut world = World::connected();
    let sub = match &world.sent[0] {
        ClientFrame::Sub { sub, .. } => *sub,
        other => panic!("{other:?}"),
    };
    world.step(Input::Text(&format!(r#"{{"t":"ev","sub":{sub},"n":1,"rev":0,"changes":[]}}"#)));
    assert_eq!(world.session.counters().backwards, 1);
    world.heal();
    world.converged();
}

#[test]
fn a_place_said_ahead_of_its_events_is_found_out_and_everything_is_read_again() {
    let mut world = World::connected();
    world.server.change(&[0, 6]);
    let event: serde_json::Value = serde_json::from_str(&world.server.wire.pop_front().unwrap()).unwrap();
    let (sub, n, rev) = (&event["sub"], event["n"].as_u64().unwrap(), &event["rev"]);
    // Behind the world's back, which knows no state of this place.
    let mut outputs = world.session.step(world.now, Input::Text(&format!(r#"{{"t":"bm","sub":{sub},"n":{n},"rev":{rev}}}"#)));
    let mut late = event.clone();
    late["n"] = (n + 1).into();
    outputs.extend(world.session.step(world.now, Input::Text(&late.to_string())));
    assert_eq!(world.session.counters().backwards, 1);
    // From where that place was said to be, the event would never be sent again.
    let asked = |it: &Output| matches!(it, Output::Send(ClientFrame::Sub { topic: Topic::State, since: None, .. }));
    assert!(outputs.iter().any(asked), "{outputs:?}");
    for it in outputs {
        if let Output::Send(frame) = it {
            world.server.hear(frame);
        }
    }
    world.heal();
    world.converged();
}

#[test]
fn a_snapshot_cut_anywhere_is_thrown_away_and_the_old_one_stays() {
    for tenth in 0..10 {
        let mut world = World::connected();
        let before = world.objects();
        // So far behind that only a snapshot helps.
        world.cut();
        (0..9).for_each(|n| world.server.change(&[n * 2]));
        world.server.compact();
        world.connect();
        world.deliver();
        let frames = world.server.wire.len();
        (0..frames * tenth / 10).for_each(|_| world.deliver());
        if world.store.teams.len() == before.len() {
            world.cut();
            assert_eq!(world.objects(), before, "cut after {tenth} tenths");
        }
        world.heal();
        world.converged();
    }
}

#[test]
fn a_snapshot_whose_digest_does_not_fit_is_never_shown_and_three_of_them_end_the_connection() {
    let mut world = World::new();
    world.server.change(&[0, 2]);
    world.connect();
    for _ in 0..200 {
        let Some(frame) = world.server.wire.front_mut().filter(|_| world.open) else { break };
        if frame.contains("snap_end") {
            *frame = frame.replace("\"digest\":\"", "\"digest\":\"0");
        }
        world.deliver();
    }
    assert!(world.store.teams.is_empty());
    assert_eq!(world.session.counters().bad_snapshots, 3);
    assert!(matches!(world.ended, Some(Ending::Again { .. })));
}

#[test]
fn one_object_of_a_wrong_type_is_counted_and_the_others_are_shown() {
    let mut world = World::new();
    world.server.change(&[0, 2, 4]);
    world.connect();
    while let Some(frame) = world.server.wire.front_mut() {
        if frame.contains("item") && frame.contains("\"t2\"") {
            *frame = frame.replace("\"a team\"", "7");
        }
        world.deliver();
        if world.store.teams.len() == 2 {
            break;
        }
    }
    assert_eq!(world.store.unreadable.get("team"), Some(&1));
    let names: Vec<String> = world.store.teams.iter().map(|it| it.id.to_string()).collect();
    assert_eq!(names, ["t0", "t4"]);
}

#[test]
fn kinds_and_frames_of_a_newer_platform_are_counted_and_the_place_moves_on() {
    let mut world = World::connected();
    let sub = match &world.sent[0] {
        ClientFrame::Sub { sub, .. } => *sub,
        other => panic!("{other:?}"),
    };
    let rev = world.session.position().unwrap().rev + 1;
    world.session.step(world.now, Input::Text(r#"{"t":"telepathy","x":1}"#));
    let frame = format!(r#"{{"t":"ev","sub":{sub},"n":1,"rev":{rev},"changes":[{{"flag":{{"id":"f1","rev":{rev}}}}}],"extra":[]}}"#);
    world.session.step(world.now, Input::Text(&frame));
    assert_eq!(world.session.counters().unknown, 2);
    assert_eq!(world.session.position().unwrap().rev, rev);
}

#[test]
fn silence_is_asked_about_then_said_then_ends_the_connection() {
    let mut world = World::connected();
    world.sent.clear();
    let start = world.now.boot.0;
    let at = |world: &mut World, seconds: i64| {
        world.now = Now { boot: Millis(start + seconds * 1000), wall: Time(seconds * 1000) };
        world.step(Input::Tick);
    };
    at(&mut world, 19);
    assert!(world.sent.is_empty());
    at(&mut world, 20);
    assert_eq!(world.sent, [ClientFrame::Ping { id: 1 }]);
    world.server.wire.clear();
    at(&mut world, 29);
    assert_eq!(world.link, Some(Link::Live));
    at(&mut world, 30);
    assert_eq!(world.link, Some(Link::Stale { since: Time(0) }));
    at(&mut world, 44);
    assert!(world.open);
    at(&mut world, 45);
    assert!(!world.open);
    assert!(matches!(world.ended, Some(Ending::Again { .. })));
}

#[test]
fn a_pong_ends_the_staleness() {
    let mut world = World::connected();
    world.now.boot = Millis(31_000);
    world.step(Input::Tick);
    assert!(matches!(world.link, Some(Link::Stale { .. })));
    world.deliver_all();
    assert_eq!(world.link, Some(Link::Live));
}

#[test]
fn a_platform_that_cannot_write_is_stale_and_said_so_once_until_it_can_again() {
    let mut world = World::connected();
    assert_eq!(world.link, Some(Link::Live));
    let links = world.links;
    let beat = |world: &mut World, second: i64, why: Option<&str>| {
        world.now = Now { boot: Millis(second * 1000), wall: Time(second * 1000) };
        world.server.degraded = why.map(Into::into);
        world.server.beat();
        world.deliver_all();
    };
    for second in [5, 10, 15] {
        beat(&mut world, second, Some("the disk is full"));
        assert_eq!(world.link, Some(Link::Stale { since: Time(5000) }));
    }
    assert_eq!(
        (world.links, &world.notices[..]),
        (links + 1, &["the platform cannot write: the disk is full; what is shown may be old".to_owned()][..])
    );
    // Silence says nothing new about it, and the answer to a question does not make it fresh.
    world.now.boot = Millis(60_000 - 14_000);
    world.step(Input::Tick);
    world.deliver_all();
    assert_eq!((world.links, &world.link), (links + 1, &Some(Link::Stale { since: Time(5000) })));
    beat(&mut world, 50, None);
    assert_eq!(world.link, Some(Link::Live));
    assert_eq!(world.notices.len(), 1);
    world.converged();
}

#[test]
fn a_platform_that_could_not_write_before_we_came_is_never_live() {
    let mut world = World::new();
    world.server.change(&[0, 2]);
    world.server.degraded = Some("the disk is full".into());
    world.open = true;
    world.server.hello();
    world.server.beat();
    world.step(Input::Opened);
    while !world.server.wire.is_empty() {
        world.deliver();
        assert_ne!(world.link, Some(Link::Live));
    }
    assert!(matches!(world.link, Some(Link::Stale { .. })) && world.store.teams.len() == 2);
}

#[test]
fn close_codes_say_what_comes_next() {
    let end = |code: u16| {
        let mut world = World::connected();
        world.step(Input::Closed { code: Some(code), why: "" });
        world.ended.unwrap()
    };
    assert!(matches!(end(1012), Ending::Again { .. }));
    assert!(matches!(end(1006), Ending::Again { .. }));
    assert!(matches!(end(4008), Ending::Again { .. }));
    assert!(matches!(end(4401), Ending::Auth(_)));
    for code in [4400, 4403, 4409] {
        assert!(matches!(end(code), Ending::Refused(_)), "{code}");
    }
}

#[test]
fn a_goodbye_carries_how_long_to_stay_away_and_whether_one_may_resume() {
    let mut world = World::connected();
    world.step(Input::Text(r#"{"t":"bye","code":1012,"resumable":false,"retry_after_ms":1500,"reason":"update"}"#));
    assert_eq!(world.ended, Some(Ending::Again { why: "update".into(), after: Some(Millis(1500)) }));
    assert_eq!(world.session.position(), None);
}

#[test]
fn another_protocol_is_refused_and_silence_before_the_hello_is_mute() {
    let mut world = World::new();
    world.connect();
    let hello = world.server.wire.pop_front().unwrap().replace("trackside.v1", "trackside.v9");
    world.step(Input::Text(&hello));
    assert!(matches!(world.ended, Some(Ending::Refused(_))));
    let mut world = World::new();
    world.connect();
    world.now.boot = Millis(10_001);
    world.step(Input::Tick);
    assert!(matches!(world.ended, Some(Ending::Mute(_))));
}

#[test]
fn the_end_of_the_kept_lines_counts_as_a_frame_and_is_no_loss() {
    let mut world = World::connected();
    for _ in 0..3 {
        world.server.write(2);
        world.server.beat();
        world.deliver_all();
    }
    let counters = world.session.counters();
    assert_eq!((counters.gaps, counters.resumes), (0, 0), "nothing was lost, and nothing is asked for again");
}

#[test]
fn other_lines_are_followed_from_where_we_are() {
    let mut world = World::connected();
    world.sent.clear();
    let filter = LogFilter { text: Some("x".to_owned()), ..LogFilter::default() };
    world.step(Input::Follow(filter.clone()));
    let [ClientFrame::Unsub { .. }, ClientFrame::Sub { topic: Topic::Logs { filter: asked, .. }, since: Some(since), .. }] =
        &world.sent[..]
    else {
        panic!("{:?}", world.sent);
    };
    assert_eq!((asked, since.rev), (&filter, 4));
    let count = world.sent.len();
    world.step(Input::Follow(filter));
    assert_eq!(world.sent.len(), count, "the same again is no change");
}

#[test]
fn removals_reach_the_store() {
    let mut world = World::connected();
    world.server.change(&[1]);
    world.server.change(&[1]);
    world.deliver_all();
    world.converged();
    assert!(!world.objects().contains_key("t1"));
}

#[test]
fn a_server_that_gives_no_snapshot_is_left_and_not_asked_without_end() {
    let mut world = World::new();
    world.connect();
    world.deliver();
    let sub = match &world.sent[0] {
        ClientFrame::Sub { sub, topic: Topic::State, since: None } => *sub,
        other => panic!("{other:?}"),
    };
    world.step(Input::Text(&format!(r#"{{"t":"err","sub":{sub},"code":"gone","message":"no","floor":null,"head":null}}"#)));
    assert!(matches!(world.ended, Some(Ending::Again { .. })), "{:?}", world.ended);
}

//! The server's half of the stream as a state machine, at its edges: bounds, order, refusals and ends. No socket.

use std::sync::Arc;

use trackside::local::db::Outbox;
use trackside::local::live::{Heads, Input, Need, Output, Reach, Session};
use trackside::local::logs::{Batch, Item};
use trackside::model::log::LogFilter;
use trackside::model::time::Time;
use trackside::wire::stream::{ClientFrame, Position, ServerFrame, StreamCode, SubPosition, Topic, close};

use super::samples;

/// The oldest revision that one can resume from, the newest, and the newest line.
const FLOOR: u64 = 3;
const HEAD: u64 = 5;
const LINES: u64 = 9;

fn reach(rev: u64, log_head: u64) -> Reach {
    Reach { heads: Heads { rev, ring: 0, metrics: 0 }, floor: FLOOR, log_head }
}

/// A connection whose greeting was taken.
fn session() -> Session {
    let mut it = Session::new(ServerFrame::Unknown, "e".to_owned(), "l".to_owned(), reach(HEAD, LINES));
    assert!(matches!(it.poll(), Output::Send(_)));
    it
}

fn position(epoch: &str, rev: u64) -> Position {
    Position { epoch: epoch.to_owned(), rev }
}

fn hears(it: &mut Session, frame: ClientFrame) {
    it.take(Input::Client(frame, Time(0)));
}

fn state(it: &mut Session, sub: u32, since: Option<Position>) {
    hears(it, ClientFrame::Sub { sub, topic: Topic::State, since });
}

fn logs(it: &mut Session, sub: u32, tail: usize, since: Option<Position>) {
    hears(it, ClientFrame::Sub { sub, topic: Topic::Logs { filter: LogFilter::default(), tail }, since });
}

fn metrics(it: &mut Session, sub: u32) {
    hears(it, ClientFrame::Sub { sub, topic: Topic::Metrics { replicas: false }, since: None });
}

fn frame(text: &str) -> ServerFrame {
    serde_json::from_str(text).unwrap()
}

/// All that is said now; what is needed for it is answered by `answer`.
fn says(it: &mut Session, mut answer: impl FnMut(u32, Need) -> Option<Input>) -> Vec<ServerFrame> {
    let mut all = Vec::new();
    for _ in 0..20_000 {
        match it.poll() {
            Output::Send(text) => all.push(frame(&text)),
            Output::Ask(sub, need) => match answer(sub, need) {
                Some(input) => it.take(input),
                None => return all,
            },
            Output::Close(..) | Output::Idle => return all,
        }
    }
    panic!("it never ends: {:?}", &all[..10]);
}

/// Transactions and lines up to where `reach` says.
fn kept(reach: Reach) -> impl FnMut(u32, Need) -> Option<Input> {
    move |sub, need| {
        Some(match need {
            Need::Changes { after, limit } => {
                let found = (after + 1..=reach.heads.rev).take(limit).map(|rev| Outbox { rev, json: "[]".into() }).collect();
                Input::Changes { sub, found: Some(found) }
            }
            Need::Logs { after, max } => {
                let reached = reach.log_head.min(after + max as u64);
                let items = (after + 1..=reached).map(|off| Item::Line(samples::line(off))).collect();
                Input::Logs { sub, batch: Batch { items, reached, more: reached < reach.log_head } }
            }
            Need::Tail { .. } => Input::Tail { sub, lines: vec![samples::line(LINES)], reached: LINES },
            Need::Objects => Input::Objects { sub, rev: reach.heads.rev, digest: String::new(), objects: Vec::new() },
            Need::Points { .. } => Input::Points { sub, points: vec![Arc::new(samples::point(1.0))], reached: reach.heads.metrics },
        })
    }
}

fn now() -> impl FnMut(u32, Need) -> Option<Input> {
    kept(reach(HEAD, LINES))
}

fn codes(frames: &[ServerFrame]) -> Vec<(u32, StreamCode)> {
    let code = |it: &ServerFrame| if let ServerFrame::Err { sub: Some(sub), code, .. } = it { Some((*sub, *code)) } else { None };
    frames.iter().filter_map(code).collect()
}

fn beats(frames: &[ServerFrame]) -> Vec<(Vec<SubPosition>, Option<String>)> {
    let beat = |it: &ServerFrame| match it {
        ServerFrame::Hb { subs, degraded, .. } => Some((subs.clone(), degraded.as_ref().map(ToString::to_string))),
        _ => None,
    };
    frames.iter().filter_map(beat).collect()
}

/// A goodbye: its code, whether one may come back, and after how many milliseconds.
type End = (u16, bool, Option<u64>);

/// The goodbye and the code behind it.
fn ends(it: &mut Session) -> End {
    let frames = says(it, now());
    let Some(ServerFrame::Bye { code, resumable, retry_after_ms, .. }) = frames.last() else { panic!("{frames:?}") };
    assert!(matches!(it.poll(), Output::Close(last, _) if last == *code), "the close says the same");
    (*code, *resumable, *retry_after_ms)
}

#[test]
fn a_connection_has_so_many_subscriptions_and_numbers_and_no_more() {
    let mut it = session();
    (1..=64).for_each(|sub| metrics(&mut it, sub));
    assert_eq!(codes(&says(&mut it, now())), []);
    metrics(&mut it, 65);
    metrics(&mut it, 7);
    assert_eq!(codes(&says(&mut it, now())), [(65, StreamCode::TooMany), (7, StreamCode::Duplicate)]);
    hears(&mut it, ClientFrame::Unsub { sub: 7 });
    metrics(&mut it, 7);
    metrics(&mut it, 65);
    assert_eq!(codes(&says(&mut it, now())), [(7, StreamCode::Duplicate)], "a number is used once");
    it.take(Input::Beat(Time(0)));
    assert_eq!(beats(&says(&mut it, now()))[0].0.len(), 64, "who left one left no other");
    for sub in 66..=4096 {
        hears(&mut it, ClientFrame::Unsub { sub: sub - 1 });
        metrics(&mut it, sub);
    }
    assert_eq!(codes(&says(&mut it, now())), []);
    hears(&mut it, ClientFrame::Unsub { sub: 4096 });
    metrics(&mut it, 4097);
    assert_eq!(codes(&says(&mut it, now())), [(4097, StreamCode::TooMany)], "numbers are kept, so they have a bound too");
}

#[test]
fn only_a_place_in_this_history_that_is_kept_can_be_gone_on_from() {
    for (epoch, rev, served) in [("e", FLOOR, true), ("e", HEAD, true), ("e", FLOOR - 1, false), ("e", HEAD + 1, false), ("l", HEAD, false)]
    {
        let mut it = session();
        state(&mut it, 1, Some(position(epoch, rev)));
        let frames = says(&mut it, now());
        if served {
            let told: Vec<u64> =
                frames.iter().filter_map(|it| if let ServerFrame::Ev { rev, .. } = it { Some(*rev) } else { None }).collect();
            assert_eq!(told, (rev + 1..=HEAD).collect::<Vec<_>>());
            assert!(matches!(frames.last(), Some(ServerFrame::Bm { rev: HEAD, .. })), "{frames:?}");
        } else {
            let [ServerFrame::Err { code: StreamCode::Gone, floor: Some(FLOOR), head: Some(HEAD), .. }] = frames[..] else {
                panic!("{frames:?}")
            };
        }
    }
    for (epoch, off, served) in [("l", 0, true), ("l", LINES, true), ("l", LINES + 1, false), ("e", 1, false)] {
        let mut it = session();
        logs(&mut it, 1, 0, Some(position(epoch, off)));
        assert_eq!(codes(&says(&mut it, now())).is_empty(), served, "{epoch}/{off}");
    }
    let mut it = session();
    it.take(Input::BadSince(4));
    it.take(Input::BadQuery(5, "no".into()));
    assert_eq!(codes(&says(&mut it, now())), [(4, StreamCode::Gone), (5, StreamCode::BadQuery)]);
}

#[test]
fn what_is_no_longer_kept_when_its_turn_comes_is_gone_and_its_subscription_with_it() {
    let mut it = session();
    state(&mut it, 1, Some(position("e", FLOOR)));
    metrics(&mut it, 2);
    let frames = says(&mut it, |sub, need| matches!(need, Need::Changes { .. }).then_some(Input::Changes { sub, found: None }));
    assert_eq!(codes(&frames), [(1, StreamCode::Gone)]);
    it.take(Input::Beat(Time(0)));
    let named: Vec<u32> = beats(&says(&mut it, now()))[0].0.iter().map(|it| it.sub).collect();
    assert_eq!(named, [2]);
}

#[test]
fn a_log_begins_with_so_many_lines_at_most_and_no_heartbeat_says_where_it_is_before_they_are_read() {
    let mut it = session();
    logs(&mut it, 1, usize::MAX, None);
    it.take(Input::Beat(Time(0)));
    let mut asked = None;
    let frames = says(&mut it, |_, need| {
        asked = Some(need);
        None
    });
    assert_eq!((asked, beats(&frames)), (Some(Need::Tail { count: 5000 }), vec![(Vec::new(), None)]));
    // Two lines, a frame each: half of them are not sent while the other half waits.
    let lines = [8, 9].map(|off| trackside::model::log::LogLine { text: "x".repeat(20_000), ..samples::line(off) });
    it.take(Input::Tail { sub: 1, lines: lines.to_vec(), reached: LINES });
    assert!(matches!(it.poll(), Output::Send(text) if matches!(frame(&text), ServerFrame::Log { n: 1, .. })));
    it.take(Input::Beat(Time(0)));
    let frames = says(&mut it, now());
    assert_eq!(beats(&frames)[0].0, [SubPosition { sub: 1, n: 1, rev: 8 }]);
    assert!(matches!(frames[1..], [ServerFrame::Log { n: 2, .. }, ServerFrame::Bm { n: 3, rev: LINES, .. }]), "{frames:?}");
}

#[test]
fn each_of_two_logs_without_end_has_its_turn() {
    let mut it = session();
    for sub in 1..=2 {
        logs(&mut it, sub, 0, Some(position("l", 0)));
    }
    it.take(Input::Moved(reach(HEAD, 1_000_000)));
    let (mut answer, mut count) = (kept(reach(HEAD, 1_000_000)), [0_u32; 2]);
    for _ in 0..400 {
        match it.poll() {
            Output::Send(text) => match frame(&text) {
                ServerFrame::Log { sub, .. } => count[sub as usize - 1] += 1,
                other => panic!("{other:?}"),
            },
            Output::Ask(sub, need) => it.take(answer(sub, need).unwrap()),
            other => panic!("{other:?}"),
        }
    }
    assert!(count[0] > 50 && count[0].abs_diff(count[1]) <= 1, "{count:?}");
}

#[test]
fn a_log_that_gave_nothing_is_asked_again_once_there_is_more_and_not_before() {
    let mut it = session();
    logs(&mut it, 1, 0, Some(position("l", LINES - 1)));
    let mut asked = 0;
    let mut nothing = |sub, need| {
        let Need::Logs { after, .. } = need else { panic!("{need:?}") };
        asked += 1;
        Some(Input::Logs { sub, batch: Batch { items: Vec::new(), reached: after, more: false } })
    };
    says(&mut it, &mut nothing);
    says(&mut it, &mut nothing);
    it.take(Input::Moved(reach(HEAD, LINES + 1)));
    says(&mut it, &mut nothing);
    assert_eq!(asked, 2);
}

#[test]
fn lines_left_out_are_counted_with_those_that_were_missing_already() {
    let mut it = session();
    logs(&mut it, 1, 0, Some(position("l", LINES)));
    says(&mut it, now());
    let head = LINES + 60_000;
    it.take(Input::Moved(reach(HEAD, head)));
    let mut lines = kept(reach(HEAD, head));
    let mut first = true;
    let frames = says(&mut it, |sub, need| {
        let mut input = lines(sub, need)?;
        if let Input::Logs { batch, .. } = &mut input
            && std::mem::take(&mut first)
        {
            // What the log itself had lost: ten lines in one place.
            let lost = trackside::model::log::LogGap { offs: LINES + 1..=LINES + 10, count: 10, ..samples::gap() };
            batch.items.splice(..10, [Item::Gap(lost)]);
        }
        Some(input)
    });
    let Some(ServerFrame::Gap { gap, .. }) = frames.iter().find(|it| matches!(it, ServerFrame::Gap { .. })) else { panic!("no gap") };
    assert_eq!((*gap.offs.start(), gap.count), (LINES + 1, gap.offs.end() - LINES));
    let sent: usize = frames.iter().map(|it| if let ServerFrame::Log { lines, .. } = it { lines.len() } else { 0 }).sum();
    assert_eq!(gap.count + sent as u64, 60_000);
}

#[test]
fn where_nothing_of_what_is_left_out_was_wanted_the_lines_after_it_wait_for_nothing() {
    let mut it = session();
    logs(&mut it, 1, 0, Some(position("l", LINES)));
    says(&mut it, now());
    let head = LINES + 60_000;
    it.take(Input::Moved(reach(HEAD, head)));
    let mut lines = kept(reach(HEAD, head));
    let frames = says(&mut it, |sub, need| match need {
        // The filter lets nothing of the first part through.
        Need::Logs { after, .. } if after < head - 10_000 => {
            let reached = (after + 20_000).min(head - 10_000);
            Some(Input::Logs { sub, batch: Batch { items: Vec::new(), reached, more: true } })
        }
        need => lines(sub, need),
    });
    let sent: usize = frames.iter().map(|it| if let ServerFrame::Log { lines, .. } = it { lines.len() } else { 0 }).sum();
    assert_eq!(sent, 10_000);
    assert!(!frames.iter().any(|it| matches!(it, ServerFrame::Gap { .. })), "nothing of it is lost");
}

#[test]
fn a_heartbeat_says_what_was_sent_before_it_and_goes_before_what_was_not() {
    let mut it = session();
    it.take(Input::Moved(reach(HEAD + 5, LINES)));
    state(&mut it, 1, Some(position("e", FLOOR)));
    let mut answer = kept(reach(HEAD + 5, LINES));
    // One of seven transactions is sent, the others are at hand and wait.
    let first = loop {
        match it.poll() {
            Output::Send(text) => break frame(&text),
            Output::Ask(sub, need) => it.take(answer(sub, need).unwrap()),
            other => panic!("{other:?}"),
        }
    };
    assert!(matches!(first, ServerFrame::Ev { n: 1, rev: 4, .. }));
    it.take(Input::Beat(Time(0)));
    let frames = says(&mut it, answer);
    assert_eq!(beats(&frames[..1])[0].0, [SubPosition { sub: 1, n: 1, rev: 4 }]);
    let told =
        |it: &ServerFrame| if let ServerFrame::Ev { n, rev, .. } | ServerFrame::Bm { n, rev, .. } = it { Some((*n, *rev)) } else { None };
    let told: Vec<(u64, u64)> = frames[1..].iter().filter_map(told).collect();
    assert_eq!(told, [(2, 5), (3, 6), (4, 7), (5, 8), (6, 9), (7, 10), (8, 10)], "{frames:?}");
    assert_eq!(says(&mut it, now()), [], "and then there is nothing to say");
}

#[test]
fn a_question_is_answered_behind_all_that_happened_before_it_also_where_that_is_a_snapshot() {
    for since in [None, Some(position("e", FLOOR))] {
        let mut it = session();
        state(&mut it, 1, since);
        it.take(Input::Moved(reach(HEAD + 1, LINES)));
        hears(&mut it, ClientFrame::Ping { id: 1 });
        // What comes after it is not waited for.
        it.take(Input::Moved(reach(HEAD + 2, LINES)));
        let snapshot = reach(HEAD, LINES);
        let mut all = Vec::new();
        let mut kept = kept(reach(HEAD + 2, LINES));
        all.extend(says(&mut it, |sub, need| match need {
            // The snapshot is of a moment before.
            Need::Objects => Some(Input::Objects { sub, rev: snapshot.heads.rev, digest: String::new(), objects: Vec::new() }),
            need => kept(sub, need),
        }));
        let place = |wanted: &dyn Fn(&ServerFrame) -> bool| all.iter().position(wanted).unwrap_or_else(|| panic!("{all:?}"));
        let pong = place(&|it| matches!(it, ServerFrame::Pong { .. }));
        assert!(place(&|it| matches!(it, ServerFrame::Ev { rev, .. } if *rev == HEAD + 1)) < pong, "{all:?}");
        assert!(pong < place(&|it| matches!(it, ServerFrame::Ev { rev, .. } if *rev == HEAD + 2)), "{all:?}");
    }
}

#[test]
fn that_writing_works_again_is_said_behind_what_could_not_be_written_and_waits_for_no_log() {
    let mut it = session();
    state(&mut it, 1, Some(position("e", HEAD)));
    logs(&mut it, 2, 0, Some(position("l", 0)));
    it.take(Input::Degraded(None, Time(0)));
    let frames = says(&mut it, now());
    assert_eq!(beats(&frames), [], "nothing was wrong");
    it.take(Input::Degraded(Some("full".into()), Time(0)));
    assert_eq!(beats(&says(&mut it, now())).pop().unwrap().1.as_deref(), Some("full"), "at once");
    let endless = reach(HEAD + 3, 1_000_000);
    it.take(Input::Moved(endless));
    it.take(Input::Degraded(None, Time(0)));
    // An ordinary heartbeat meanwhile still has the old state behind it.
    it.take(Input::Beat(Time(0)));
    let (mut answer, mut said) = (kept(endless), Vec::new());
    for _ in 0..100 {
        match it.poll() {
            Output::Send(text) => said.push(frame(&text)),
            Output::Ask(sub, need) => it.take(answer(sub, need).unwrap()),
            other => panic!("{other:?}"),
        }
    }
    let last = said.iter().position(|it| matches!(it, ServerFrame::Ev { rev, .. } if *rev == HEAD + 3)).unwrap();
    let told = said.iter().position(|it| matches!(it, ServerFrame::Hb { degraded: None, .. })).expect("said while lines go on without end");
    assert!(last < told, "{told} before {last}");
    let beats = beats(&said);
    assert_eq!(beats.iter().map(|it| it.1.as_deref()).collect::<Vec<_>>(), [Some("full"), None]);
    assert_eq!((beats[1].0[0].sub, beats[1].0[0].rev), (1, HEAD + 3));
}

#[test]
fn the_first_reason_to_end_is_the_one_that_is_said_and_with_it_whether_one_may_come_back() {
    let reasons: [(Input, End); 7] = [
        (Input::Bad("no".into()), (close::BAD_FRAME, false, None)),
        (Input::TooLarge, (close::TOO_LARGE, true, None)),
        (Input::Late, (close::HELLO_LATE, true, None)),
        (Input::Ended("revoked".into()), (close::UNAUTHORIZED, true, None)),
        (Input::Failed, (close::RESTART, true, None)),
        (Input::Stop { retry_after_ms: 700 }, (close::RESTART, true, Some(700))),
        (Input::Moved(Reach { heads: Heads { rev: 9, ring: 8, metrics: 0 }, ..reach(9, LINES) }), (close::SLOW, true, None)),
    ];
    for (reason, wanted) in reasons {
        let mut it = session();
        state(&mut it, 1, Some(position("e", HEAD)));
        says(&mut it, now());
        assert!(!it.is_ending());
        it.take(reason);
        assert!(it.is_ending());
        it.take(Input::Ended("another".into()));
        it.take(Input::Bad("and one more".into()));
        assert_eq!(ends(&mut it), wanted);
    }
}

#[test]
fn who_asks_without_reading_is_let_go() {
    let mut it = session();
    metrics(&mut it, 1);
    says(&mut it, now());
    (0..256).for_each(|_| metrics(&mut it, 1));
    assert!(!it.is_ending());
    metrics(&mut it, 1);
    assert_eq!(ends(&mut it).0, close::BAD_FRAME);
    let mut it = session();
    (0..256).for_each(|id| hears(&mut it, ClientFrame::Ping { id }));
    assert!(!it.is_ending());
    hears(&mut it, ClientFrame::Ping { id: 256 });
    assert_eq!(ends(&mut it).0, close::BAD_FRAME);
}

#[test]
fn who_ever_asked_for_anything_is_not_silent_and_everybody_hears_that_a_token_ends() {
    let mut it = session();
    hears(&mut it, ClientFrame::Ping { id: 1 });
    assert!(it.is_silent(), "a question is no wish");
    metrics(&mut it, 1);
    hears(&mut it, ClientFrame::Unsub { sub: 1 });
    assert!(!it.is_silent());
    it.take(Input::Expiring { in_ms: 60_000 });
    assert!(says(&mut it, now()).contains(&ServerFrame::AuthExpiring { in_ms: 60_000 }));
}

//! A harness that cannot fail proves nothing: each validator lets a good history pass, and refuses each way to break it.

use super::history::{Fact, INCIDENT, Objects, Place, Said};
use super::validate::{OLD, SETTLE, complaints};

const ON: (u64, u32) = (1, 1);
const LOG: (u64, u32) = (1, 3);
const AGAIN: (u64, u32) = (2, 1);

const fn place(rev: u64) -> Place {
    Place { epoch: 1, rev }
}

fn objects(of: &[(u8, u64)]) -> Objects {
    of.iter().copied().collect()
}

fn sent(said: Said) -> Fact {
    Fact::Sent { on: ON, said }
}

fn ev(n: u64, rev: u64, touched: &[u8]) -> Said {
    Said::Ev { n, rev, touched: touched.to_vec() }
}

const fn looked(at: i64, rev: u64, incidents: usize) -> Fact {
    Fact::Looked { client: 0, at, fresh: true, place: Some(place(rev)), incidents }
}

const fn took(rev: u64, whole: bool) -> Fact {
    Fact::Took { client: 0, place: place(rev), whole }
}

fn shown(rev: u64, of: &[(u8, u64)]) -> Fact {
    Fact::Shown { client: 0, place: place(rev), objects: objects(of) }
}

fn committed(at: i64, rev: u64, of: &[(u8, u64)], touched: &[u8]) -> Fact {
    Fact::Committed { at, place: place(rev), objects: objects(of), touched: touched.to_vec() }
}

/// A history in which everything is as promised: a snapshot, two transactions, lines, a gap, a resumption, a restart.
fn good() -> Vec<Fact> {
    vec![
        Fact::Began { at: 0, place: place(0), objects: Objects::new() },
        committed(10, 1, &[(1, 1), (INCIDENT, 1)], &[1, INCIDENT]),
        Fact::Acked { place: place(1) },
        Fact::Asked { on: ON, since: None, floor: 0, head: place(1) },
        sent(Said::Snapshot { rev: 1 }),
        took(1, true),
        shown(1, &[(1, 1), (INCIDENT, 1)]),
        sent(Said::Bm { n: 1, rev: 1 }),
        committed(20, 2, &[(1, 1), (2, 2), (INCIDENT, 1)], &[2]),
        sent(ev(2, 2, &[2])),
        took(2, false),
        shown(2, &[(1, 1), (2, 2), (INCIDENT, 1)]),
        sent(Said::Beat { n: 2, rev: 2 }),
        looked(OLD + 15, 2, 1),
        committed(OLD + 20, 3, &[(1, 1), (2, 2)], &[INCIDENT]),
        sent(ev(3, 3, &[INCIDENT])),
        took(3, false),
        shown(3, &[(1, 1), (2, 2)]),
        looked(OLD + 30, 3, 0),
        Fact::AskedLines { on: LOG, since: Some(4) },
        Fact::Sent { on: LOG, said: Said::Lines { n: 1, offs: vec![5, 6] } },
        Fact::Lines { client: 0, offs: vec![5, 6] },
        Fact::Sent { on: LOG, said: Said::Gap { n: 2, offs: 7..=9 } },
        Fact::Lost { client: 0, offs: 7..=9 },
        Fact::Sent { on: LOG, said: Said::Lines { n: 3, offs: vec![10] } },
        Fact::Lines { client: 0, offs: vec![10] },
        Fact::Began { at: OLD + 40, place: place(3), objects: objects(&[(1, 1), (2, 2)]) },
        Fact::Asked { on: AGAIN, since: Some(place(3)), floor: 0, head: place(3) },
        Fact::Sent { on: AGAIN, said: Said::Bm { n: 1, rev: 3 } },
        Fact::Load { what: "bytes", value: 10, most: 10 },
        Fact::Settled { client: 0, after: SETTLE, ours: objects(&[(1, 1)]), theirs: objects(&[(1, 1)]) },
    ]
}

/// The good history with one fact put in another's place.
fn with(is: impl Fn(&Fact) -> bool, broken: Fact) -> Vec<Fact> {
    let mut history = good();
    let at = history.iter().position(is).expect("the fact to break");
    history[at] = broken;
    history
}

/// The good history with one fact more, after another.
fn after(is: impl Fn(&Fact) -> bool, more: Fact) -> Vec<Fact> {
    let mut history = good();
    let at = history.iter().rposition(is).expect("the fact to follow");
    history.insert(at + 1, more);
    history
}

#[track_caller]
fn refused(history: &[Fact], by: &str) {
    let all = complaints(history);
    assert!(all.iter().any(|it| it.starts_with(by)), "{by} has nothing against it; others: {all:?}");
}

#[test]
fn a_good_history_has_no_complaint() {
    assert_eq!(complaints(&good()), Vec::<String>::new());
}

#[test]
fn i1_refuses_what_goes_back() {
    let last = |it: &Fact| matches!(it, Fact::Sent { on: ON, said: Said::Ev { n: 3, .. } });
    refused(&after(last, sent(ev(4, 1, &[1, INCIDENT]))), "I-1 ");
    refused(&after(|it| matches!(it, Fact::Shown { .. }), shown(2, &[(1, 1), (2, 2), (INCIDENT, 1)])), "I-1 ");
    refused(&after(|it| matches!(it, Fact::Lines { .. }), Fact::Lines { client: 0, offs: vec![5] }), "I-1 ");
}

#[test]
fn i2_refuses_what_comes_twice() {
    refused(&after(|it| *it == sent(ev(2, 2, &[2])), sent(ev(3, 2, &[2]))), "I-2 ");
    refused(&after(|it| *it == took(3, false), took(3, false)), "I-2 ");
    refused(&after(|it| matches!(it, Fact::Lines { .. }), Fact::Lines { client: 0, offs: vec![10] }), "I-2 ");
    let resumed = |it: &Fact| matches!(it, Fact::Asked { on: AGAIN, .. });
    refused(&after(resumed, Fact::Sent { on: AGAIN, said: ev(1, 3, &[INCIDENT]) }), "I-2 ");
}

#[test]
fn i3_refuses_what_is_left_out() {
    refused(&with(|it| *it == sent(ev(2, 2, &[2])), sent(Said::Beat { n: 1, rev: 1 })), "I-3 ");
    refused(&with(|it| *it == took(2, false), took(1, true)), "I-3 ");
    refused(&with(|it| matches!(it, Fact::Lost { .. }), Fact::Lost { client: 0, offs: 7..=8 }), "I-3 ");
    let gap = |it: &Fact| matches!(it, Fact::Sent { said: Said::Gap { .. }, .. });
    refused(&with(gap, Fact::Sent { on: LOG, said: Said::Gap { n: 2, offs: 8..=9 } }), "I-3 ");
}

#[test]
fn i4_refuses_half_a_transaction() {
    refused(&with(|it| *it == shown(1, &[(1, 1), (INCIDENT, 1)]), shown(1, &[(1, 1)])), "I-4 ");
    refused(&with(|it| *it == sent(ev(2, 2, &[2])), sent(ev(2, 2, &[]))), "I-4 ");
}

#[test]
fn i5_refuses_a_resumption_from_now_or_from_nowhere() {
    let asked = |since, head| Fact::Asked { on: AGAIN, since: Some(since), floor: 0, head };
    let is = |it: &Fact| matches!(it, Fact::Asked { on: AGAIN, .. });
    refused(&with(is, asked(place(1), place(3))), "I-5 ");
    refused(&with(is, asked(place(7), place(3))), "I-5 ");
    refused(&with(is, asked(Place { epoch: 9, rev: 3 }, place(3))), "I-5 ");
    refused(&with(is, Fact::Asked { on: AGAIN, since: Some(place(3)), floor: 4, head: place(9) }), "I-5 ");
}

#[test]
fn i6_refuses_a_bookmark_ahead_of_what_was_sent() {
    refused(&with(|it| *it == sent(Said::Bm { n: 1, rev: 1 }), sent(Said::Bm { n: 1, rev: 2 })), "I-6 ");
    refused(&with(|it| *it == sent(Said::Beat { n: 2, rev: 2 }), sent(Said::Beat { n: 2, rev: 3 })), "I-6 ");
}

#[test]
fn i7_refuses_another_end_a_late_one_and_none() {
    let settled = |after, ours: &[(u8, u64)]| Fact::Settled { client: 0, after, ours: objects(ours), theirs: objects(&[(1, 1)]) };
    let is = |it: &Fact| matches!(it, Fact::Settled { .. });
    refused(&with(is, settled(0, &[(1, 2)])), "I-7 ");
    refused(&with(is, settled(SETTLE + 1, &[(1, 1)])), "I-7 ");
    refused(&with(is, Fact::Acked { place: place(3) }), "I-7 ");
}

#[test]
fn i8_refuses_old_data_that_is_called_fresh() {
    refused(&with(|it| *it == looked(OLD + 15, 2, 1), looked(OLD + 25, 1, 1)), "I-8 ");
    let nothing = Fact::Looked { client: 0, at: 5, fresh: true, place: None, incidents: 1 };
    refused(&after(|it| matches!(it, Fact::Shown { .. }), nothing), "I-8 ");
}

#[test]
fn i9_refuses_a_false_all_clear() {
    refused(&with(|it| *it == looked(OLD + 15, 2, 1), looked(OLD + 15, 2, 0)), "I-9 ");
    refused(&with(|it| *it == looked(OLD + 15, 2, 1), looked(OLD + 15, 0, 0)), "I-9 ");
}

#[test]
fn i10_refuses_what_grows_over_its_bound() {
    refused(&after(|it| matches!(it, Fact::Load { .. }), Fact::Load { what: "bytes", value: 11, most: 10 }), "I-10 ");
}

#[test]
fn i11_refuses_the_loss_of_what_was_acknowledged() {
    let began = |rev, of: &[(u8, u64)]| Fact::Began { at: OLD + 40, place: place(rev), objects: objects(of) };
    let is = |it: &Fact| matches!(it, Fact::Began { place: Place { rev: 3, .. }, .. });
    refused(&with(is, began(0, &[])), "I-11 ");
    refused(&with(is, began(3, &[(1, 1)])), "I-11 ");
    refused(&after(is, Fact::Acked { place: place(4) }), "I-11 ");
}

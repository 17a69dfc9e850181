//! The promises of the stream as functions over a recorded history. Each says the first thing that breaks it, or nothing.

use std::collections::BTreeMap;

use super::history::{Fact, INCIDENT, Objects, On, Place, Said};

/// Data on screen older than this says so: the contract's I-8.
pub const OLD: i64 = 45_000;
/// From the end of the last fault until a client shows what the platform holds: I-7.
pub const SETTLE: i64 = 5_000;

type Verdict = Result<(), String>;
type Invariant = fn(&[Fact]) -> Verdict;

/// The invariants, by the name under which they stand in the contract.
pub const ALL: &[(&str, Invariant)] = &[
    ("I-1 ordered", ordered),
    ("I-2 unique", unique),
    ("I-3 reliable", reliable),
    ("I-4 atomic", atomic),
    ("I-5 resumable", resumable),
    ("I-6 bookmarkable", bookmarkable),
    ("I-7 converged", converged),
    ("I-8 honest", honest),
    ("I-9 no false all-clear", no_false_all_clear),
    ("I-10 bounded", bounded),
    ("I-11 acked-write durable", durable),
];

/// All of them; the complaints with their names.
pub fn complaints(history: &[Fact]) -> Vec<String> {
    ALL.iter().filter_map(|(name, holds)| holds(history).err().map(|why| format!("{name}: {why}"))).collect()
}

/// Revisions rise on every subscription, and for every client within an epoch; so do offsets.
fn ordered(history: &[Fact]) -> Verdict {
    let (mut sent, mut lines) = (BTreeMap::<On, u64>::new(), BTreeMap::<On, u64>::new());
    let (mut shown, mut read) = (BTreeMap::<usize, Place>::new(), BTreeMap::<usize, u64>::new());
    for fact in history {
        match fact {
            Fact::Sent { on, said: Said::Ev { rev, .. } } => rises("sent", sent.insert(*on, *rev), *rev)?,
            Fact::Sent { on, said: Said::Lines { offs, .. } } => {
                for off in offs {
                    rises("sent line", lines.insert(*on, *off), *off)?;
                }
            }
            Fact::Shown { client, place, .. } => match shown.insert(*client, *place) {
                Some(before) if before.epoch == place.epoch && before.rev > place.rev => {
                    return Err(format!("client {client} went back from {before:?} to {place:?}"));
                }
                _ => {}
            },
            Fact::LogBegan { client } => drop(read.remove(client)),
            Fact::Lines { client, offs } => {
                for off in offs {
                    rises("shown line", read.insert(*client, *off), *off)?;
                }
            }
            _ => {}
        }
    }
    Ok(())
}

fn rises(what: &str, before: Option<u64>, now: u64) -> Verdict {
    match before {
        Some(before) if before > now => Err(format!("{what}: {now} came after {before}")),
        _ => Ok(()),
    }
}

/// No transaction and no line comes twice: not on a subscription, nor after what it was resumed from, nor to a client.
fn unique(history: &[Fact]) -> Verdict {
    let (mut sent, mut offs_sent) = (BTreeMap::<On, u64>::new(), BTreeMap::<On, u64>::new());
    let (mut took, mut read) = (BTreeMap::<usize, Place>::new(), BTreeMap::<usize, u64>::new());
    for fact in history {
        match fact {
            Fact::Asked { on, since: Some(since), .. } => drop(sent.insert(*on, since.rev)),
            Fact::AskedLines { on, since: Some(since) } => drop(offs_sent.insert(*on, *since)),
            Fact::Sent { on, said: Said::Snapshot { rev } } => drop(sent.insert(*on, *rev)),
            Fact::Sent { on, said: Said::Ev { rev, .. } } => fresh(&format!("transaction on {on:?}"), sent.insert(*on, *rev), *rev)?,
            Fact::Sent { on, said: Said::Lines { offs, .. } } => {
                for off in offs {
                    fresh(&format!("line on {on:?}"), offs_sent.insert(*on, *off), *off)?;
                }
            }
            Fact::Took { client, place, whole } => {
                let before = took.insert(*client, *place);
                if !whole && let Some(before) = before.filter(|it| it.epoch == place.epoch) {
                    fresh(&format!("transaction for client {client}"), Some(before.rev), place.rev)?;
                }
            }
            Fact::LogBegan { client } => drop(read.remove(client)),
            Fact::Lines { client, offs } => {
                for off in offs {
                    fresh(&format!("line for client {client}"), read.insert(*client, *off), *off)?;
                }
            }
            _ => {}
        }
    }
    Ok(())
}

fn fresh(what: &str, before: Option<u64>, now: u64) -> Verdict {
    match before {
        Some(before) if before >= now => Err(format!("{what}: {now} although {before} was there")),
        _ => Ok(()),
    }
}

/// Nothing is left out: revisions and frames without a hole, and every line is shown or said to be lost.
fn reliable(history: &[Fact]) -> Verdict {
    let (mut revs, mut ns, mut offs_sent) = (BTreeMap::<On, u64>::new(), BTreeMap::<On, u64>::new(), BTreeMap::<On, u64>::new());
    let (mut took, mut read) = (BTreeMap::<usize, Place>::new(), BTreeMap::<usize, u64>::new());
    for fact in history {
        match fact {
            Fact::Asked { on, since: Some(since), .. } => drop(revs.insert(*on, since.rev)),
            Fact::AskedLines { on, since: Some(since) } => drop(offs_sent.insert(*on, *since)),
            Fact::Sent { on, said } => {
                if let Said::Ev { n, .. } | Said::Bm { n, .. } | Said::Lines { n, .. } | Said::Gap { n, .. } = said {
                    follows(&format!("frame on {on:?}"), Some(ns.insert(*on, *n).unwrap_or(0)), *n)?;
                }
                match said {
                    Said::Snapshot { rev } => drop(revs.insert(*on, *rev)),
                    Said::Ev { rev, .. } => follows(&format!("revision on {on:?}"), revs.insert(*on, *rev), *rev)?,
                    Said::Lines { offs, .. } => {
                        for off in offs {
                            follows(&format!("line on {on:?}"), offs_sent.insert(*on, *off), *off)?;
                        }
                    }
                    Said::Gap { offs, .. } => {
                        follows(&format!("gap on {on:?}"), offs_sent.insert(*on, *offs.end()), *offs.start())?;
                    }
                    Said::Bm { .. } | Said::Beat { .. } | Said::Gone => {}
                }
            }
            Fact::Took { client, place, whole } => {
                let before = took.insert(*client, *place);
                if !whole {
                    follows(&format!("transaction for client {client}"), before.map(|it| it.rev), place.rev)?;
                }
            }
            Fact::LogBegan { client } => drop(read.remove(client)),
            Fact::Lines { client, offs } => {
                for off in offs {
                    follows(&format!("line for client {client}"), read.insert(*client, *off), *off)?;
                }
            }
            Fact::Lost { client, offs } => {
                follows(&format!("loss for client {client}"), read.insert(*client, *offs.end()), *offs.start())?;
            }
            _ => {}
        }
    }
    Ok(())
}

fn follows(what: &str, before: Option<u64>, now: u64) -> Verdict {
    match before {
        Some(before) if now > before + 1 => Err(format!("{what}: after {before} came {now}")),
        _ => Ok(()),
    }
}

/// Every state there was, by its place.
fn states(history: &[Fact]) -> BTreeMap<Place, &Objects> {
    let states = history.iter().filter_map(|fact| match fact {
        Fact::Committed { place, objects, .. } | Fact::Began { place, objects, .. } => Some((*place, objects)),
        _ => None,
    });
    states.collect()
}

/// What is shown is always exactly one state of the platform, and a frame is one whole transaction.
fn atomic(history: &[Fact]) -> Verdict {
    let states = states(history);
    let mut transactions = BTreeMap::new();
    let mut epoch = 0;
    for fact in history {
        match fact {
            Fact::Began { place, .. } => epoch = place.epoch,
            Fact::Committed { place, touched, .. } => drop(transactions.insert(*place, touched)),
            Fact::Sent { said: Said::Ev { rev, touched, .. }, on } => {
                let whole = transactions.get(&Place { epoch, rev: *rev });
                if whole != Some(&touched) {
                    return Err(format!("on {on:?} transaction {rev} was sent as {touched:?}, and is {whole:?}"));
                }
            }
            Fact::Shown { client, place, objects } => {
                let then = states.get(place);
                if then != Some(&objects) {
                    return Err(format!("client {client} shows {objects:?} at {place:?}, where the platform had {then:?}"));
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// A position is served from exactly there on, or refused; what cannot be served is always refused. What the disk has just forgotten may
/// still be at hand in memory: then it may be served too, with what really came next.
fn resumable(history: &[Fact]) -> Verdict {
    let mut open = BTreeMap::<On, (Place, bool, bool)>::new();
    for fact in history {
        match fact {
            Fact::Asked { on, since: Some(since), floor, head } => {
                let happened = since.epoch == head.epoch && since.rev <= head.rev;
                open.insert(*on, (*since, happened, happened && since.rev >= *floor));
            }
            Fact::Sent { on, said } => {
                let Some((since, happened, kept)) = open.get(on).copied() else { continue };
                match said {
                    Said::Beat { .. } if happened => continue,
                    Said::Gone => {}
                    Said::Ev { rev, .. } if happened && *rev == since.rev + 1 => {}
                    _ if !kept => return Err(format!("{on:?} was served from {since:?}, which is no place here: {said:?}")),
                    Said::Ev { rev, .. } => {
                        return Err(format!("{on:?} was resumed from {} and began with {rev}", since.rev));
                    }
                    Said::Bm { rev, .. } if *rev != since.rev => {
                        return Err(format!("{on:?} was resumed from {} and told that all up to {rev} was sent", since.rev));
                    }
                    Said::Snapshot { .. } => return Err(format!("{on:?} asked to resume and was given a snapshot")),
                    _ => {}
                }
                open.remove(on);
            }
            _ => {}
        }
    }
    Ok(())
}

/// A bookmark or heartbeat names what has been sent: nothing up to it is missing before it, nothing up to it comes after it.
fn bookmarkable(history: &[Fact]) -> Verdict {
    let mut sent = BTreeMap::<On, u64>::new();
    let mut marked = BTreeMap::<On, u64>::new();
    for fact in history {
        match fact {
            Fact::Asked { on, since: Some(since), .. } => drop(sent.insert(*on, since.rev)),
            Fact::Sent { on, said } => match said {
                Said::Snapshot { rev } => drop(sent.insert(*on, *rev)),
                Said::Ev { rev, .. } => {
                    if let Some(mark) = marked.get(on).filter(|it| *it >= rev) {
                        return Err(format!("on {on:?} transaction {rev} came after the bookmark {mark}"));
                    }
                    sent.insert(*on, *rev);
                }
                Said::Bm { rev, .. } | Said::Beat { rev, .. } => {
                    if let Some(at) = sent.get(on).filter(|it| *it < rev) {
                        return Err(format!("on {on:?} a bookmark says {rev}, and only {at} was sent"));
                    }
                    if sent.contains_key(on) {
                        marked.insert(*on, *rev);
                    }
                }
                _ => {}
            },
            _ => {}
        }
    }
    Ok(())
}

/// Soon after the last fault every client shows what the platform holds.
fn converged(history: &[Fact]) -> Verdict {
    let mut settled = 0;
    for fact in history {
        if let Fact::Settled { client, after, ours, theirs } = fact {
            settled += 1;
            if ours != theirs {
                return Err(format!("client {client} ends with {ours:?}, the platform has {theirs:?}"));
            }
            if *after > SETTLE {
                return Err(format!("client {client} took {after} ms to come together"));
            }
        }
    }
    if settled == 0 { Err("nobody looked whether the clients came together".to_owned()) } else { Ok(()) }
}

/// When each place was, with the time at which it was no longer the newest.
fn newest_until(history: &[Fact]) -> BTreeMap<Place, i64> {
    let mut until = BTreeMap::new();
    let mut newest = None;
    for fact in history {
        if let Fact::Committed { at, place, .. } | Fact::Began { at, place, .. } = fact {
            if let Some(before) = newest.replace(*place).filter(|it| it != place) {
                until.insert(before, *at);
            }
            until.remove(place);
        }
    }
    until
}

/// Who says "fresh" shows nothing that was overtaken more than 45 s ago.
fn honest(history: &[Fact]) -> Verdict {
    let until = newest_until(history);
    for fact in history {
        let Fact::Looked { client, at, fresh: true, place, .. } = fact else { continue };
        let Some(place) = place else { return Err(format!("client {client} says fresh at {at} and has nothing")) };
        if let Some(old) = until.get(place).map(|until| at - until).filter(|it| *it > OLD) {
            return Err(format!("client {client} says fresh at {at} and shows {place:?}, which is {old} ms old"));
        }
    }
    Ok(())
}

/// No incidents are shown as the truth only when there really were none, no longer ago than what counts as fresh.
fn no_false_all_clear(history: &[Fact]) -> Verdict {
    let states = states(history);
    // Since when there has been an incident without a break, as the history is walked.
    let mut open_since = None;
    for fact in history {
        match fact {
            Fact::Committed { at, objects, .. } | Fact::Began { at, objects, .. } => {
                let open = objects.keys().any(|it| *it >= INCIDENT);
                open_since = if open { open_since.or(Some(*at)) } else { None };
            }
            Fact::Looked { client, at, fresh: true, incidents: 0, place } => {
                let then = place.and_then(|it| states.get(&it)).map(|it| it.keys().filter(|it| **it >= INCIDENT).count());
                if then != Some(0) {
                    return Err(format!("client {client} says all clear at {at}, where {then:?} incidents are open"));
                }
                if let Some(since) = open_since.filter(|since| at - since > OLD) {
                    return Err(format!("client {client} says all clear at {at}, and there is an incident since {since}"));
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// Queues, sockets and attempts stay below their bounds.
fn bounded(history: &[Fact]) -> Verdict {
    for fact in history {
        if let Fact::Load { what, value, most } = fact
            && value > most
        {
            return Err(format!("{what}: {value}, and {most} at most"));
        }
    }
    Ok(())
}

/// What was acknowledged is there when the platform begins again in the same history.
fn durable(history: &[Fact]) -> Verdict {
    let mut acked = BTreeMap::<u64, u64>::new();
    let mut transactions = BTreeMap::<Place, &Objects>::new();
    for fact in history {
        match fact {
            Fact::Committed { place, objects, .. } => drop(transactions.insert(*place, objects)),
            Fact::Acked { place } => {
                if !transactions.contains_key(place) {
                    return Err(format!("{place:?} was acknowledged before it was written"));
                }
                let newest = acked.entry(place.epoch).or_default();
                *newest = place.rev.max(*newest);
            }
            Fact::Began { place, objects, .. } => {
                if let Some(newest) = acked.get(&place.epoch).filter(|it| **it > place.rev) {
                    return Err(format!("the platform begins at {place:?}, and {newest} was acknowledged"));
                }
                if transactions.get(place).is_some_and(|it| *it != objects) {
                    return Err(format!("the platform begins at {place:?} with another state than it had there"));
                }
            }
            _ => {}
        }
    }
    Ok(())
}

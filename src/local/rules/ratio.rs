//! Whether too many requests of a service fail, and for how long that has been so.

use std::collections::VecDeque;

use crate::local::port::{Rules, Traffic};
use crate::model::time::{Millis, Time};

/// The stretch whose ratio counts as "now": one failed second must not start what lasts a minute.
const RECENT: Millis = Millis::secs(10);
/// With few failures there is chance in each such stretch: only one that stays good for this long ends the trouble.
const GOOD: Millis = Millis::secs(10);

/// The requests of one service, as far back as the rule looks.
#[derive(Clone, Debug, Default)]
pub struct Ratio {
    recent: VecDeque<(Time, u64, u64)>,
    /// Since when the ratio has been over the bound, and requests and failures since then.
    over: Option<Over>,
    /// Last instant with any request.
    pub heard: Option<Time>,
}

#[derive(Clone, Copy, Debug)]
struct Over {
    since: Time,
    /// When it was over the bound last.
    last: Time,
    requests: u64,
    failed: u64,
}

impl Ratio {
    /// Takes in what was counted since the last call.
    pub fn step(&mut self, now: Time, traffic: &Traffic, rules: &Rules) {
        let requests: u64 = traffic.classes.iter().sum();
        let failed = traffic.classes[4];
        if requests > 0 {
            self.heard = Some(now);
            self.recent.push_back((now, requests, failed));
        }
        while self.recent.front().is_some_and(|it| now.since(it.0) >= RECENT) {
            self.recent.pop_front();
        }
        let (all, bad) = self.recent.iter().fold((0, 0), |sum, it| (sum.0 + it.1, sum.1 + it.2));
        if all == 0 {
            // Nobody asked: that proves nothing, but after as long as the rule looks back it is no longer the same trouble.
            self.over = self.over.filter(|_| self.heard.is_some_and(|it| now.since(it) < rules.error_for));
            return;
        }
        let bad = bad as f64 > all as f64 * rules.error_ratio;
        if bad {
            self.over.get_or_insert(Over { since: now, last: now, requests: 0, failed: 0 }).last = now;
        }
        self.over = self.over.filter(|it| now.since(it.last) < GOOD);
        let Some(over) = &mut self.over else { return };
        over.requests += requests;
        over.failed += failed;
    }

    /// Requests and failures since the ratio went over the bound, while it is there.
    pub fn over(&self) -> Option<(u64, u64)> {
        self.over.map(|it| (it.requests, it.failed))
    }

    /// Since when it has been there.
    pub fn since(&self) -> Option<Time> {
        self.over.map(|it| it.since)
    }

    /// Whether it has been there for so long, with so many requests, that somebody must know: over the bound now, and on the whole.
    pub fn lasts(&self, now: Time, rules: &Rules) -> bool {
        self.over.is_some_and(|it| {
            let whole = it.failed as f64 > it.requests as f64 * rules.error_ratio;
            it.last == now && whole && now.since(it.since) >= rules.error_for && it.requests >= rules.error_requests
        })
    }
}

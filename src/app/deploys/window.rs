//! Which time before a deployment is compared with which after it, and with whose release.

use crate::model::deploy::Deployment;
use crate::model::time::{Millis, Time};

/// What is looked at on each side: long enough for numbers, short enough to be about this deployment.
pub const REACH: Millis = Millis::mins(15);

/// Where nothing served for a while, the time before may be this long ago: further back, all else has changed too.
pub const FURTHEST: Millis = Millis::hours(2);

/// A stretch of time, its end not included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    pub from: Time,
    pub to: Time,
}

impl Span {
    /// How long it is; never less than nothing.
    pub fn length(self) -> Millis {
        self.to.since(self.from).max(Millis(0))
    }

    /// Whether `at` is in it.
    pub fn has(self, at: Time) -> bool {
        self.from <= at && at < self.to
    }
}

/// The time before and after `it` went live.
#[derive(Clone, Copy, Debug)]
pub struct Window<'a> {
    /// What served before it; `None`: nothing did.
    pub base: Option<&'a Deployment>,
    /// While the base served: at most its last [`REACH`].
    pub before: Span,
    /// While it serves: at most [`REACH`] from then on, and not beyond now.
    pub after: Span,
    /// Nothing of the time after is still to come.
    pub closed: bool,
}

/// The release that served before `it` did, or, if it never did, that served when it was asked for.
pub fn base<'a>(all: impl IntoIterator<Item = &'a Deployment>, it: &Deployment) -> Option<&'a Deployment> {
    let border = it.live_from.unwrap_or(it.created);
    let earlier = |one: &&Deployment| one.service == it.service && one.id != it.id && one.live_from.is_some_and(|from| from < border);
    all.into_iter().filter(earlier).max_by(|a, b| (a.live_from, &a.id).cmp(&(b.live_from, &b.id)))
}

/// The window of `it` at `now`; `None`: it never went live.
pub fn window<'a>(all: impl IntoIterator<Item = &'a Deployment>, it: &Deployment, now: Time) -> Option<Window<'a>> {
    let live = it.live_from?;
    let base = base(all, it);
    let before = base.map_or(Span { from: live, to: live }, |base| {
        let to = base.live_to.unwrap_or(live).min(live);
        // Only of the release before: what ran before that one would be a third thing.
        Span { from: base.live_from.unwrap_or(to).max(to - REACH).max(live - FURTHEST).min(to), to }
    });
    let end = it.live_to.unwrap_or(live + REACH).min(live + REACH).max(live);
    Some(Window { base, before, after: Span { from: live, to: end.min(now).max(live) }, closed: now >= end })
}

//! How long deployments of a service usually take, stage by stage, and from that when a running one will end. Says nothing it cannot know.

use crate::model::deploy::{DeployStatus, Deployment, Stage, StageTime};
use crate::model::time::{Millis, Time};

/// Past deployments that say what is usual: enough for a p95, few enough to follow a build that has become slower.
pub const SAMPLE: usize = 20;
/// With fewer, a percentile is only the one or two times that were seen.
pub const FEW: usize = 3;

/// The stages of one that is built.
const BUILT: [Stage; 4] = [Stage::Pending, Stage::Cloning, Stage::Building, Stage::Deploying];
/// The stages of one whose release is put back: there is nothing to build.
const PUT_BACK: [Stage; 2] = [Stage::Pending, Stage::Deploying];

/// How long something usually takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usual {
    /// Deployments it is from; at least 1.
    pub n: usize,
    pub p50: Millis,
    pub p95: Millis,
}

impl Usual {
    /// Of `times`, in any order; `None` of none.
    pub fn of(mut times: Vec<Millis>) -> Option<Self> {
        times.sort_unstable();
        Some(Self { n: times.len(), p50: percentile(&times, 50)?, p95: percentile(&times, 95)? })
    }

    /// Whether `took` is past p95, as far as that can be said of so few.
    pub fn is_past(&self, took: Millis) -> bool {
        self.n >= FEW && took > self.p95
    }
}

/// The nearest-rank percentile of `sorted`: its smallest value that at least `share` of a hundred values are not above. Always one of
/// the values, never between two. (NIST/SEMATECH e-Handbook of Statistical Methods, 7.2.6.2, names it among the ways.)
pub fn percentile(sorted: &[Millis], share: usize) -> Option<Millis> {
    let rank = (sorted.len().saturating_mul(share.min(100))).div_ceil(100).max(1);
    sorted.get(rank - 1).copied()
}

/// When a running deployment will end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Estimate {
    /// Nothing of its kind has ended well before it.
    First,
    /// As long as half of the past ones took, and as long as the slow ones took.
    Left { n: usize, likely: Millis, slow: Millis },
    /// Its stage takes longer than it nearly ever did; whatever it is at, the past does not say when it ends.
    Past { n: usize },
}

/// The stages `it` goes through, in order.
pub const fn stages(it: &Deployment) -> &'static [Stage] {
    if it.rollback_of.is_some() { &PUT_BACK } else { &BUILT }
}

/// The deployments `it` is measured by: the last ones of its service before it that went well, and that were built or put back as it is.
/// Newest first, at most 20.
pub fn past<'a>(all: impl IntoIterator<Item = &'a Deployment>, it: &Deployment) -> Vec<&'a Deployment> {
    let key = |it: &Deployment| (it.created, it.id.clone());
    let here = key(it);
    let mut past: Vec<&Deployment> = all
        .into_iter()
        .filter(|one| {
            let well = one.status == DeployStatus::Success || one.live_from.is_some();
            one.service == it.service && well && one.rollback_of.is_some() == it.rollback_of.is_some() && key(one) < here
        })
        .collect();
    past.sort_by_key(|one| std::cmp::Reverse(key(one)));
    past.truncate(SAMPLE);
    past
}

/// How long `stage` usually takes.
pub fn of_stage(past: &[&Deployment], stage: &Stage) -> Option<Usual> {
    Usual::of(past.iter().filter_map(|one| ended(one, stage)).collect())
}

/// How long the whole of it usually takes, from being asked for.
pub fn of_all(past: &[&Deployment]) -> Option<Usual> {
    Usual::of(past.iter().filter_map(|one| Some(positive(one.finished.or(one.live_from)?.since(one.created)))).collect())
}

/// How long `it` was or is in `stage`.
pub fn took(it: &Deployment, stage: &Stage, now: Time) -> Option<Millis> {
    let time = time_of(it, stage)?;
    Some(positive(time.ended.or(it.finished).unwrap_or(now).since(time.began)))
}

/// What is left of `it`; `None` once it has ended.
pub fn estimate(it: &Deployment, past: &[&Deployment], now: Time) -> Option<Estimate> {
    if !it.status.running() {
        return None;
    }
    let Some(n) = of_all(past).map(|it| it.n) else { return Some(Estimate::First) };
    let (mut likely, mut slow) = (Millis(0), Millis(0));
    let add = |sum: &mut Millis, by: Millis| *sum = Millis(sum.0.saturating_add(by.0.max(0)));
    // What has begun is behind it; only its newest stage is under way.
    let reached = stages(it).iter().rposition(|stage| time_of(it, stage).is_some()).unwrap_or(0);
    for stage in &stages(it)[reached..] {
        // A stage the past ones did not have costs nothing that could be known.
        let Some(usual) = of_stage(past, stage) else { continue };
        let spent = took(it, stage, now).unwrap_or_default();
        if usual.is_past(spent) {
            return Some(Estimate::Past { n });
        }
        add(&mut likely, Millis(usual.p50.0.saturating_sub(spent.0)));
        add(&mut slow, Millis(usual.p95.0.saturating_sub(spent.0)));
    }
    Some(Estimate::Left { n, likely, slow })
}

impl Estimate {
    /// In words, as vague as it is: `about 40s to go, 1m 10s when slow (last 12)`.
    pub fn words(self) -> String {
        match self {
            Self::First => "first one of its kind: its end cannot be estimated".to_owned(),
            Self::Past { n } => format!("past p95 of the last {n}: its end cannot be estimated"),
            Self::Left { n, likely, .. } if n < FEW => {
                let times = if n == 1 { "only one before it" } else { "only two before it" };
                format!("perhaps {} to go ({times})", likely.long())
            }
            Self::Left { n, likely, slow } if likely.0 < 1_000 => {
                format!("should end now, within {} when slow (last {n})", slow.long())
            }
            Self::Left { n, likely, slow } => format!("about {} to go, {} when slow (last {n})", likely.long(), slow.long()),
        }
    }
}

fn time_of<'a>(it: &'a Deployment, stage: &Stage) -> Option<&'a StageTime> {
    it.stages.iter().find(|one| one.stage == *stage)
}

fn ended(it: &Deployment, stage: &Stage) -> Option<Millis> {
    let time = time_of(it, stage)?;
    Some(positive(time.ended?.since(time.began)))
}

/// A clock that was set back must not make a length less than none.
fn positive(it: Millis) -> Millis {
    it.max(Millis(0))
}

//! The before/after card of a deployment: what was measured on both sides of its going live, from how much, and what that comes to.

use super::side::{Level as Range, Side};
use super::verdict::{self, LEAST, SETTLED, Verdict, Why};
use super::window::{Span, Window};
use crate::app::logs::{ENOUGH, Fresh, fresh};
use crate::model::ids::DeploymentId;
use crate::model::log::{Level, LogLine};
use crate::model::metric::Series;
use crate::model::time::Millis;

/// Lines there must be after it for "nothing new" to say anything.
const LINES: u64 = 20;
/// Lines in error that make a new pattern bad: a single one may be an accident.
const BAD: u64 = 2;

/// Something that was asked for.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Part<T> {
    /// It is not here yet.
    #[default]
    Asking,
    /// It will not come: why, for the person.
    Failed(String),
    Here(T),
}

impl<T> Part<T> {
    /// It, if it is here.
    pub const fn here(&self) -> Option<&T> {
        match self {
            Self::Here(it) => Some(it),
            Self::Asking | Self::Failed(_) => None,
        }
    }

    const fn why(&self) -> Verdict {
        match self {
            Self::Failed(_) => Verdict::Unknown(Why::Failed),
            Self::Asking | Self::Here(_) => Verdict::Unknown(Why::Asking),
        }
    }
}

/// Kept lines of one side.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sample {
    pub lines: Vec<LogLine>,
    /// There are older ones, which were not looked at.
    pub more: bool,
}

/// How both sides of a line compare.
type Rule = fn(&Range, &Range) -> Verdict;

/// What a line of the card is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// 5xx of all requests.
    Errors,
    /// Milliseconds.
    P95,
    /// Bytes, of all replicas.
    Memory,
    /// Lines a second.
    LogRate,
    /// Kinds of log lines that only the new release writes.
    Patterns,
}

impl Measure {
    /// Its name on the card.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Errors => "errors",
            Self::P95 => "p95",
            Self::Memory => "memory",
            Self::LogRate => "log rate",
            Self::Patterns => "new patterns",
        }
    }
}

/// What a line is from, on both sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum From {
    Requests(u64, u64),
    /// How long it was measured.
    Time(Millis, Millis),
    Lines(u64, u64),
}

/// One line of the card.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Line {
    pub measure: Measure,
    pub before: Option<f64>,
    pub after: Option<f64>,
    pub from: From,
    pub verdict: Verdict,
}

/// The card.
#[derive(Clone, Debug, PartialEq)]
pub struct Card {
    /// What served before.
    pub base: Option<DeploymentId>,
    pub before: Span,
    pub after: Span,
    /// Nothing of the time after is still to come.
    pub closed: bool,
    pub lines: Vec<Line>,
    pub verdict: Verdict,
    /// The kinds of log lines that are new, loudest first.
    pub fresh: Vec<Fresh>,
    /// Why something is missing, in full.
    pub missing: Vec<String>,
}

impl Card {
    /// How many of its lines could be judged.
    pub fn judged(&self) -> usize {
        self.lines.iter().filter(|it| it.verdict.is_known()).count()
    }
}

/// The card of what was asked for about `window`.
pub fn card(window: &Window<'_>, series: &Part<Vec<Series>>, before: &Part<Sample>, after: &Part<Sample>) -> Card {
    let mut lines = measured(window, series);
    let (patterns, fresh) = patterns(window, before, after);
    lines.push(patterns);
    let verdicts: Vec<Verdict> = lines.iter().map(|it| it.verdict).collect();
    let (key, others) = verdicts.split_at(2);
    let failed = |part: &str, why: &str| format!("{part}: {why}");
    let mut missing = Vec::new();
    if let Part::Failed(why) = series {
        missing.push(failed("metrics", why));
    }
    if let Part::Failed(why) = after {
        missing.push(failed("its lines", why));
    }
    if let (Part::Failed(why), Some(_)) = (before, window.base) {
        missing.push(failed("lines before it", why));
    }
    Card {
        base: window.base.map(|it| it.id.clone()),
        before: window.before,
        after: window.after,
        closed: window.closed,
        verdict: if window.base.is_none() { Verdict::Unknown(Why::NoBefore) } else { verdict::together(key, others) },
        lines,
        fresh,
        missing,
    }
}

/// The lines that are made of metrics; the first two are what customers feel.
fn measured(window: &Window<'_>, series: &Part<Vec<Series>>) -> Vec<Line> {
    let none: &[Series] = &[];
    let all = series.here().map_or(none, Vec::as_slice);
    let (before, after) = (Side::of(all, window.before), Side::of(all, window.after));
    // What grows will be enough some day; what is over will not.
    let few = |least: Millis| if window.closed || window.before.length() < least { Why::Few } else { Why::Early };
    let missing = || {
        if series.here().is_none() {
            return Some(series.why());
        }
        window.base.is_none().then_some(Verdict::Unknown(Why::NoBefore))
    };
    let judge = |least: Millis, both: Option<(Millis, Millis)>, rule: &dyn Fn() -> Verdict| {
        missing().unwrap_or_else(|| match both {
            None if after.span < least && !window.closed => Verdict::Unknown(Why::Early),
            None => Verdict::Unknown(Why::NotMeasured),
            Some((one, other)) if one < least || other < least => Verdict::Unknown(few(least)),
            Some(_) => rule(),
        })
    };
    let errors = before.requests.zip(after.requests);
    let ratio = |it: Option<(u64, u64)>| it.filter(|it| it.0 > 0).map(|(all, failed)| failed as f64 / all as f64);
    let requests = From::Requests(before.requests.map_or(0, |it| it.0), after.requests.map_or(0, |it| it.0));
    let mut out = vec![Line {
        measure: Measure::Errors,
        before: ratio(before.requests),
        after: ratio(after.requests),
        from: requests,
        verdict: judge(LEAST, errors.map(|_| (before.counted, after.counted)), &|| match errors {
            Some((one, other)) => verdict::ratios(one, other, few(LEAST)),
            None => Verdict::Unknown(Why::NotMeasured),
        }),
    }];
    let rows: [(Measure, Millis, _, _, Rule); 3] = [
        (Measure::P95, LEAST, before.p95, after.p95, verdict::latencies),
        (Measure::Memory, SETTLED, before.memory, after.memory, verdict::memories),
        (Measure::LogRate, SETTLED, before.lines, after.lines, verdict::log_rates),
    ];
    for (measure, least, one, other, rule) in rows {
        let known = |it: Option<Range>| it.map_or(Millis(0), |it| it.known);
        let both = one.zip(other);
        let mut verdict = judge(least, both.map(|(one, other)| (one.known, other.known)), &|| match &both {
            Some((one, other)) => rule(one, other),
            None => Verdict::Unknown(Why::NotMeasured),
        });
        // A p95 of a handful of requests is one slow request.
        if let (Measure::P95, true, From::Requests(n, m)) = (measure, verdict.is_known(), requests)
            && n.min(m) < verdict::REQUESTS
        {
            verdict = Verdict::Unknown(few(LEAST));
        }
        let from = if measure == Measure::P95 { requests } else { From::Time(known(one), known(other)) };
        out.push(Line { measure, before: one.map(|it| it.median), after: other.map(|it| it.median), from, verdict });
    }
    out
}

fn patterns(window: &Window<'_>, before: &Part<Sample>, after: &Part<Sample>) -> (Line, Vec<Fresh>) {
    let count = |it: &Part<Sample>| it.here().map_or(0, |it| it.lines.len() as u64);
    let (n, m) = (count(before), count(after));
    let line =
        |after: Option<f64>, verdict: Verdict| Line { measure: Measure::Patterns, before: None, after, from: From::Lines(n, m), verdict };
    if window.base.is_none() {
        return (line(None, Verdict::Unknown(Why::NoBefore)), Vec::new());
    }
    let (Some(one), Some(other)) = (before.here(), after.here()) else {
        let why = if before.here().is_none() { before.why() } else { after.why() };
        return (line(None, why), Vec::new());
    };
    let fresh = fresh(&one.lines, &other.lines);
    let found = Some(fresh.len() as f64);
    // All there are is enough to say what it never wrote.
    let enough = n >= ENOUGH || (!one.more && n >= LINES);
    if !enough {
        return (line(found, Verdict::Unknown(Why::Few)), fresh);
    }
    let bad = fresh.iter().any(|it| it.level >= Level::Error && it.count >= BAD);
    let verdict = match bad {
        true => Verdict::Worse,
        false if m < LINES => Verdict::Unknown(if window.closed { Why::Few } else { Why::Early }),
        false => Verdict::Same,
    };
    (line(found, verdict), fresh)
}

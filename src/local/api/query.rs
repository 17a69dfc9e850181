//! Query strings, read strictly: a parameter nobody knows, or a value that cannot be read, is named and refused. A word of an open
//! list (`kind`, `metric`, `status`) is taken as it is: one that does not exist fits nothing.

use axum::extract::Query;
use hyper::Uri;

use crate::model::ids::{DeploymentId, ProjectId, ServiceId};
use crate::model::log::{Level, LogFilter, LogKind, LogQuery, VolumeQuery};
use crate::model::metric::{Metric, MetricQuery};
use crate::model::query::{Clock, Mistake, Query as LogWords};
use crate::model::time::{Millis, Time};
use crate::wire::rest::Code;

use super::answer::Problem;

/// Name and value of each parameter.
pub type Pairs = Vec<(String, String)>;

/// The parameters of `uri`.
pub fn pairs(uri: &Uri) -> Result<Pairs, Problem> {
    Query::<Pairs>::try_from_uri(uri).map(|it| it.0).map_err(|_| bad("the query cannot be read"))
}

/// Refuses any parameter, where there are none.
pub fn none(pairs: &Pairs) -> Result<(), Problem> {
    pairs.first().map_or(Ok(()), |(name, _)| Err(bad(&format!("there is no parameter `{name}`; there are none here"))))
}

/// A query for kept lines, asked at `now`: what it says of times is by UTC.
pub fn logs(pairs: &Pairs, now: Time) -> Result<LogQuery, Problem> {
    let mut query = LogQuery::default();
    for (name, value) in pairs {
        match name.as_str() {
            "before" => query.before = Some(number(name, value)?),
            "after" => query.after = Some(number(name, value)?),
            "since" => query.since = Some(instant(name, value)?),
            "until" => query.until = Some(instant(name, value)?),
            "limit" => query.limit = Some(number(name, value)?),
            "q" => {
                let words = LogWords::parse(value, Clock { now, offset_minutes: 0 }).map_err(|it| bad_words(&it))?;
                query.filter.query = (words != LogWords::All).then(|| words.to_string());
            }
            _ => filter(&mut query.filter, name, value)?,
        }
    }
    Ok(query)
}

fn filter(filter: &mut LogFilter, name: &str, value: &str) -> Result<(), Problem> {
    match name {
        "project" => filter.project = Some(ProjectId::new(value)),
        "service" => filter.service = Some(ServiceId::new(value)),
        "deployment" => filter.deployment = Some(DeploymentId::new(value)),
        "kind" => filter.kind = Some(LogKind::read(value)),
        "text" => filter.text = Some(value.to_owned()),
        "level" => {
            let level = Level::ALL.into_iter().find(|it| it.word().eq_ignore_ascii_case(value));
            filter.level = Some(level.ok_or_else(|| wrong(name, value, "trace, debug, info, warn, error or fatal"))?);
        }
        _ => return Err(unknown(name, "project, service, deployment, kind, level, text, q, before, after, since, until, limit")),
    }
    Ok(())
}

/// Refuses a query that cannot be read, and says where.
pub fn bad_words(mistake: &Mistake) -> Problem {
    Problem { at: Some(mistake.at), ..Problem::new(Code::BadQuery, format!("`q` cannot be read at byte {}: {mistake}", mistake.at)) }
}

/// A query for kept metrics.
pub fn metrics(pairs: &Pairs) -> Result<MetricQuery, Problem> {
    let (mut services, mut from, mut to) = (Vec::new(), None, None);
    let (mut step, mut metrics, mut replicas) = (Millis::secs(10), Vec::new(), false);
    for (name, value) in pairs {
        match name.as_str() {
            "service" => services.push(ServiceId::new(value)),
            "from" => from = Some(instant(name, value)?),
            "to" => to = Some(instant(name, value)?),
            "step" => step = Millis(number(name, value)?),
            "metric" => metrics.push(Metric::read(value)),
            "replicas" => replicas = flag(name, value)?,
            _ => return Err(unknown(name, "service, metric, from, to, step, replicas")),
        }
    }
    if services.is_empty() {
        return Err(missing("service"));
    }
    let query =
        MetricQuery { services, metrics, from: from.ok_or_else(|| missing("from"))?, to: to.ok_or_else(|| missing("to"))?, step, replicas };
    stretch(query.step, query.from, query.to)?;
    Ok(query)
}

/// A stretch over which lines are to be counted.
pub fn volume(pairs: &Pairs) -> Result<VolumeQuery, Problem> {
    let (mut from, mut to, mut step, mut services) = (None, None, Millis::mins(1), Vec::new());
    for (name, value) in pairs {
        match name.as_str() {
            "service" => services.push(ServiceId::new(value)),
            "from" => from = Some(instant(name, value)?),
            "to" => to = Some(instant(name, value)?),
            "step" => step = Millis(number(name, value)?),
            _ => return Err(unknown(name, "service, from, to, step")),
        }
    }
    let (from, to) = (from.ok_or_else(|| missing("from"))?, to.ok_or_else(|| missing("to"))?);
    stretch(step, from, to)?;
    Ok(VolumeQuery { services, from, to, step })
}

/// Two commits, as full hashes: from which, to which.
pub fn commits(pairs: &Pairs) -> Result<(String, String), Problem> {
    let (mut from, mut to) = (None, None);
    for (name, value) in pairs {
        let whole = matches!(value.len(), 40 | 64) && value.bytes().all(|b| b.is_ascii_hexdigit());
        match name.as_str() {
            "from" | "to" if !whole => return Err(wrong(name, value, "the full hash of a commit, 40 hexadecimal digits")),
            "from" => from = Some(value.to_ascii_lowercase()),
            "to" => to = Some(value.to_ascii_lowercase()),
            _ => return Err(unknown(name, "from, to")),
        }
    }
    Ok((from.ok_or_else(|| missing("from"))?, to.ok_or_else(|| missing("to"))?))
}

fn missing(name: &str) -> Problem {
    bad(&format!("`{name}` is missing"))
}

/// Nothing is kept for longer, and sums with it cannot run over.
const LONGEST_STEP: Millis = Millis::hours(400 * 24);

fn stretch(step: Millis, from: Time, to: Time) -> Result<(), Problem> {
    let fine = (1..=LONGEST_STEP.0).contains(&step.0) && to >= from;
    if fine { Ok(()) } else { Err(bad("`step` must be from 1 ms to 400 days, and `to` not before `from`")) }
}

/// A whole number.
pub fn number<T: std::str::FromStr>(name: &str, value: &str) -> Result<T, Problem> {
    value.parse().map_err(|_| wrong(name, value, "a whole number"))
}

/// True or false.
pub fn flag(name: &str, value: &str) -> Result<bool, Problem> {
    value.parse().map_err(|_| wrong(name, value, "true or false"))
}

/// Refuses a parameter that does not exist here.
pub fn unknown(name: &str, known: &str) -> Problem {
    bad(&format!("there is no parameter `{name}`; known here: {known}"))
}

fn instant(name: &str, value: &str) -> Result<Time, Problem> {
    Time::parse(value).ok_or_else(|| wrong(name, value, "a time like 2026-01-31T12:00:00Z"))
}

fn wrong(name: &str, value: &str, should: &str) -> Problem {
    bad(&format!("`{name}` is `{value}`, should be {should}"))
}

fn bad(message: &str) -> Problem {
    Problem::new(Code::BadRequest, message)
}

//! The query strings of `GET /logs` and `GET /metrics`, written and read in one place so that the two ends cannot differ.

use crate::model::ids::{DeploymentId, ProjectId, ServiceId};
use crate::model::log::{Level, LogFilter, LogKind, LogQuery};
use crate::model::metric::{Metric, MetricQuery};
use crate::model::time::{Millis, Time};

/// Name and value of each parameter, not yet escaped.
pub type Pairs = Vec<(&'static str, String)>;

/// Writes a filter.
pub fn filter_pairs(filter: &LogFilter) -> Pairs {
    let mut out = Pairs::new();
    let mut put = |name, value: Option<String>| out.extend(value.map(|it| (name, it)));
    put("project", filter.project.as_ref().map(ToString::to_string));
    put("service", filter.service.as_ref().map(ToString::to_string));
    put("deployment", filter.deployment.as_ref().map(ToString::to_string));
    put("kind", filter.kind.as_ref().map(ToString::to_string));
    put("level", filter.level.map(|it| it.word().to_owned()));
    put("text", filter.text.clone());
    out
}

/// Writes a query for kept lines.
pub fn log_pairs(query: &LogQuery) -> Pairs {
    let mut out = filter_pairs(&query.filter);
    let mut put = |name, value: Option<String>| out.extend(value.map(|it| (name, it)));
    put("before", query.before.map(|it| it.to_string()));
    put("after", query.after.map(|it| it.to_string()));
    put("since", query.since.map(|it| it.to_string()));
    put("until", query.until.map(|it| it.to_string()));
    put("limit", query.limit.map(|it| it.to_string()));
    out
}

/// Writes a query for kept metrics; `metrics` is a list with commas.
pub fn metric_pairs(query: &MetricQuery) -> Pairs {
    let mut out = vec![
        ("service", query.service.to_string()),
        ("from", query.from.to_string()),
        ("to", query.to.to_string()),
        ("step", query.step.0.to_string()),
    ];
    if !query.metrics.is_empty() {
        let words: Vec<&str> = query.metrics.iter().map(Metric::word).collect();
        out.push(("metrics", words.join(",")));
    }
    if query.replicas {
        out.push(("replicas", "true".to_owned()));
    }
    out
}

/// Reads one parameter of a filter into `filter`; `Ok(false)`: it is no parameter of a filter.
pub fn read_filter(filter: &mut LogFilter, name: &str, value: &str) -> Result<bool, String> {
    match name {
        "project" => filter.project = Some(ProjectId::new(value)),
        "service" => filter.service = Some(ServiceId::new(value)),
        "deployment" => filter.deployment = Some(DeploymentId::new(value)),
        "kind" => filter.kind = Some(LogKind::read(value)),
        "level" => filter.level = Some(level(value)?),
        "text" => filter.text = Some(value.to_owned()),
        _ => return Ok(false),
    }
    Ok(true)
}

/// Reads a query for kept lines. The error says which parameter, what it was, and what it should be.
pub fn read_logs<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<LogQuery, String> {
    let mut query = LogQuery::default();
    for (name, value) in pairs {
        if read_filter(&mut query.filter, name, value)? {
            continue;
        }
        match name {
            "before" => query.before = Some(number(name, value)?),
            "after" => query.after = Some(number(name, value)?),
            "since" => query.since = Some(instant(name, value)?),
            "until" => query.until = Some(instant(name, value)?),
            "limit" => query.limit = Some(number(name, value)?),
            _ => return Err(unknown(name, "project, service, deployment, kind, level, text, before, after, since, until, limit")),
        }
    }
    Ok(query)
}

/// Reads a query for kept metrics; `service`, `from` and `to` are needed, `step` is 10 s if left out.
pub fn read_metrics<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<MetricQuery, String> {
    let (mut service, mut from, mut to) = (None, None, None);
    let (mut step, mut metrics, mut replicas) = (Millis::secs(10), Vec::new(), false);
    for (name, value) in pairs {
        match name {
            "service" => service = Some(ServiceId::new(value)),
            "from" => from = Some(instant(name, value)?),
            "to" => to = Some(instant(name, value)?),
            "step" => step = Millis(number(name, value)?),
            "metrics" => metrics = value.split(',').filter(|it| !it.is_empty()).map(Metric::read).collect(),
            "replicas" => replicas = number_or_bool(name, value)?,
            _ => return Err(unknown(name, "service, metrics, from, to, step, replicas")),
        }
    }
    let missing = |name: &str| format!("`{name}` is missing");
    Ok(MetricQuery {
        service: service.ok_or_else(|| missing("service"))?,
        metrics,
        from: from.ok_or_else(|| missing("from"))?,
        to: to.ok_or_else(|| missing("to"))?,
        step,
        replicas,
    })
}

fn level(value: &str) -> Result<Level, String> {
    let found = Level::ALL.into_iter().find(|it| it.word().eq_ignore_ascii_case(value));
    found.ok_or_else(|| format!("`level` is `{value}`, should be one of {}", Level::ALL.map(Level::word).join(", ")))
}

fn number<T: std::str::FromStr>(name: &str, value: &str) -> Result<T, String> {
    value.parse().map_err(|_| format!("`{name}` is `{value}`, should be a whole number"))
}

fn instant(name: &str, value: &str) -> Result<Time, String> {
    Time::parse(value).ok_or_else(|| format!("`{name}` is `{value}`, should be a time like 2026-01-31T12:00:00Z"))
}

fn number_or_bool(name: &str, value: &str) -> Result<bool, String> {
    match value {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => Err(format!("`{name}` is `{value}`, should be true or false")),
    }
}

fn unknown(name: &str, known: &str) -> String {
    format!("there is no parameter `{name}`; known are {known}")
}

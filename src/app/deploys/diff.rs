//! What differs between two deployments of a service, and what cannot be known of that. Values of variables are on neither side.

use super::usual::took;
use crate::model::deploy::{Commit, CommitRange, Deployment, Release, Stage};
use crate::model::ids::DeploymentId;
use crate::model::size::Size;
use crate::model::text::Clean;
use crate::model::time::Time;

use super::card::Part;

/// The commits between two deployments.
#[derive(Clone, Debug, PartialEq)]
pub enum Commits {
    Same,
    Known(CommitRange),
    /// They were asked for.
    Asking,
    /// They cannot be known: why.
    Unknown(String),
}

/// How a variable differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    Added,
    Changed,
    Removed,
}

impl Change {
    /// The word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Changed => "changed",
            Self::Removed => "removed",
        }
    }
}

/// The variables of two deployments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Variables {
    /// By name; and how many are the same.
    Known { changes: Vec<(Clean, Change)>, same: usize },
    /// What one of them ran with was not written down.
    Unknown,
}

/// Something that each has one of. `None`: not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    pub name: &'static str,
    pub from: Option<String>,
    pub to: Option<String>,
}

impl Fact {
    /// Whether it differs, where both are known.
    pub fn differs(&self) -> Option<bool> {
        Some(self.from.as_ref()? != self.to.as_ref()?)
    }
}

/// What differs.
#[derive(Clone, Debug, PartialEq)]
pub struct Diff {
    pub from: DeploymentId,
    pub to: DeploymentId,
    pub commits: Commits,
    pub variables: Variables,
    pub facts: Vec<Fact>,
}

/// The two commits that have to be asked about, as full hashes; `None`: they are the same, or not both known.
pub fn hashes(from: &Deployment, to: &Deployment) -> Option<(String, String)> {
    let (one, other) = (from.commit.as_ref()?, to.commit.as_ref()?);
    (one.id != other.id).then(|| (one.id.to_string(), other.id.to_string()))
}

/// What differs in `to` from `from`. `range`: the answer about their commits, if one was asked for.
pub fn diff(from: &Deployment, to: &Deployment, range: Option<&Part<CommitRange>>, now: Time) -> Diff {
    let commits = match (&from.commit, &to.commit, range) {
        (Some(one), Some(other), _) if one.id == other.id => Commits::Same,
        (Some(_), Some(_), Some(Part::Here(range))) => Commits::Known(range.clone()),
        (Some(_), Some(_), Some(Part::Failed(why))) => Commits::Unknown(why.clone()),
        (Some(_), Some(_), _) => Commits::Asking,
        (None, ..) => Commits::Unknown(format!("the commit of {} is not known", from.id)),
        (_, None, _) => Commits::Unknown(format!("the commit of {} is not known", to.id)),
    };
    let variables = match (&from.release, &to.release) {
        (Some(one), Some(other)) => variables(one, other),
        _ => Variables::Unknown,
    };
    Diff { from: from.id.clone(), to: to.id.clone(), commits, variables, facts: facts(from, to, now) }
}

fn variables(from: &Release, to: &Release) -> Variables {
    let of = |all: &Release, name: &Clean| all.variables.iter().find(|it| it.0 == *name).map(|it| it.1.clone());
    let mut changes = Vec::new();
    let mut same = 0;
    for (name, print) in &to.variables {
        match of(from, name) {
            None => changes.push((name.clone(), Change::Added)),
            Some(was) if was != *print => changes.push((name.clone(), Change::Changed)),
            Some(_) => same += 1,
        }
    }
    let gone = from.variables.iter().filter(|it| of(to, &it.0).is_none());
    changes.extend(gone.map(|it| (it.0.clone(), Change::Removed)));
    changes.sort_by(|a, b| a.0.cmp(&b.0));
    Variables::Known { changes, same }
}

fn facts(from: &Deployment, to: &Deployment, now: Time) -> Vec<Fact> {
    let fact = |name, of: &dyn Fn(&Deployment) -> Option<String>| Fact { name, from: of(from), to: of(to) };
    let released = |of: fn(&Release) -> Option<String>| move |it: &Deployment| it.release.as_ref().and_then(of);
    vec![
        fact("replicas", &released(|it| Some(it.replicas.to_string()))),
        fact("command", &released(|it| it.command.as_ref().map(ToString::to_string))),
        fact("size", &released(|it| it.size.map(bytes))),
        fact("build time", &|it| build_time(it, now)),
        fact("branch", &|it| it.branch.as_ref().map(ToString::to_string)),
        fact("trigger", &|it| Some(it.trigger.to_string())),
        fact("asked by", &|it| Some(it.by.to_string())),
        fact("isolation", &|it| it.isolation.as_ref().map(ToString::to_string)),
    ]
}

fn build_time(it: &Deployment, now: Time) -> Option<String> {
    if it.rollback_of.is_some() {
        return Some("put back, not built".to_owned());
    }
    let time = it.stages.iter().find(|one| one.stage == Stage::Building)?;
    let took = took(it, &Stage::Building, now)?;
    Some(if time.ended.is_none() && it.status.running() { format!("{} so far", took.long()) } else { took.long() })
}

/// `41 MiB`, as a diff says it: near sizes must not read the same.
pub fn bytes(n: u64) -> String {
    match Size::Held.scaled(n as f64) {
        (_, "B") => format!("{n} B"),
        (value, unit) => format!("{value:.1} {unit}"),
    }
}

/// `a1b9f3c Fix cart rounding`.
pub fn commit_line(it: &Commit) -> String {
    format!("{} {}", it.short(), it.message.lines().next().unwrap_or_default())
}

/// `2 added, 1 taken back`, as going from one to the other means it.
pub fn count_words(range: &CommitRange) -> String {
    let more = if range.more { " at least" } else { "" };
    let commits = |n: usize| format!("{n} commit{}", if n == 1 { "" } else { "s" });
    match (range.added.len(), range.dropped.len()) {
        (0, 0) if range.more => "not counted".to_owned(),
        (0, 0) => "no commit lies between them".to_owned(),
        (added, 0) => format!("{} added{more}", commits(added)),
        (0, dropped) => format!("{} taken back{more}", commits(dropped)),
        (added, dropped) => format!("{} added, {dropped} taken back{more}", commits(added)),
    }
}

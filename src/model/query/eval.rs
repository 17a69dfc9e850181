//! Whether a line is one of those a query is about.

use super::ast::{Query, Test};
use crate::model::log::{Level, LogKind};
use crate::model::time::Time;

/// What lines of no service are called.
pub const PLATFORM: &str = "platform";
/// The beginning of a commit must be at least so long, in letters.
const COMMIT: usize = 4;
/// The beginning of a deployment's id must be at least so long: `d1` is not all of `d10` to `d19`.
const DEPLOYMENT: usize = 8;

/// Where a line comes from, as a query sees it. Empty: not known, or of none.
#[derive(Clone, Copy, Debug)]
pub struct Whose<'a> {
    pub kind: &'a LogKind,
    pub service: &'a str,
    /// What people call the service.
    pub name: &'a str,
    pub deployment: &'a str,
    /// The whole hash of the commit that was deployed.
    pub commit: &'a str,
    /// From 1; 0: not of a replica.
    pub replica: u16,
}

/// A line, as a query sees it.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    pub whose: Whose<'a>,
    pub level: Level,
    pub at: Time,
    /// Clean text, without colour codes.
    pub text: &'a str,
}

impl Query {
    /// Whether `line` is wanted.
    pub fn fits(&self, line: &Record<'_>) -> bool {
        self.known(&mut |test| Some(test.fits(line))) == Some(true)
    }

    /// Whether lines of this origin are wanted, as far as that can be said of all of them.
    pub fn of(&self, whose: &Whose<'_>) -> Option<bool> {
        self.known(&mut |test| test.of(whose))
    }

    /// Whether lines are wanted of which `say` knows some things: `None` where it depends on what is not known.
    pub fn known(&self, say: &mut dyn FnMut(&Test) -> Option<bool>) -> Option<bool> {
        match self {
            Self::All => Some(true),
            Self::Test(test) => say(test),
            Self::Not(it) => it.known(say).map(|it| !it),
            Self::And(all) => decided(all, false, say),
            Self::Or(all) => decided(all, true, say),
        }
    }
}

/// One part that says `by` decides for all of them.
fn decided(all: &[Query], by: bool, say: &mut dyn FnMut(&Test) -> Option<bool>) -> Option<bool> {
    let mut so_far = Some(!by);
    for it in all {
        match it.known(say) {
            Some(said) if said == by => return Some(by),
            Some(_) => {}
            None => so_far = None,
        }
    }
    so_far
}

impl Test {
    /// Whether `line` is so.
    pub fn fits(&self, line: &Record<'_>) -> bool {
        match self {
            Self::Text(it) => it.is_match(line.text),
            Self::Level(it) => it.takes(&line.level),
            Self::After(at) => line.at >= *at,
            Self::Before(at) => line.at < *at,
            Self::Field(it) => it.fits(line.text),
            Self::Service(_) | Self::Replica(_) | Self::Deploy(_) | Self::Kind(_) => self.of(&line.whose) == Some(true),
        }
    }

    /// Whether lines of this origin are so; `None` where the origin does not say it.
    pub fn of(&self, whose: &Whose<'_>) -> Option<bool> {
        Some(match self {
            Self::Service(it) => it.fits(whose.service) || it.fits(if whose.service.is_empty() { PLATFORM } else { whose.name }),
            Self::Replica(it) => whose.replica > 0 && it.takes(&whose.replica),
            Self::Deploy(it) => is_deployment(it, whose),
            Self::Kind(it) => it == whose.kind,
            Self::Text(_) | Self::Level(_) | Self::After(_) | Self::Before(_) | Self::Field(_) => return None,
        })
    }

    /// Whether lines of these levels and between these instants (both belong to it) are so, as far as that can be said of all of them.
    pub fn among(&self, levels: &[Level], from: Time, to: Time) -> Option<bool> {
        match self {
            Self::Level(it) => match levels.iter().filter(|level| it.takes(level)).count() {
                0 => Some(false),
                n if n == levels.len() => Some(true),
                _ => None,
            },
            Self::After(at) if from >= *at => Some(true),
            Self::After(at) if to < *at => Some(false),
            Self::Before(at) if to < *at => Some(true),
            Self::Before(at) if from >= *at => Some(false),
            _ => None,
        }
    }

    /// Whether it looks for a regex.
    pub const fn is_pattern(&self) -> bool {
        match self {
            Self::Text(it) => it.is_regex(),
            Self::Field(it) => it.is_regex(),
            _ => false,
        }
    }

    /// Whether the line's text must be looked at.
    pub const fn reads_text(&self) -> bool {
        matches!(self, Self::Text(_) | Self::Field(_))
    }

    /// What it costs to find out, roughly: cheap things are asked first.
    pub fn cost(&self) -> u8 {
        match self {
            Self::Level(_) | Self::After(_) | Self::Before(_) => 0,
            Self::Service(_) | Self::Replica(_) | Self::Deploy(_) | Self::Kind(_) => 1,
            Self::Text(it) if !it.is_regex() => 2,
            Self::Text(_) => 3,
            Self::Field(_) => 4,
        }
    }
}

fn is_deployment(typed: &str, whose: &Whose<'_>) -> bool {
    let begins =
        |it: &str, least: usize| typed.len() >= least && it.get(..typed.len()).is_some_and(|head| head.eq_ignore_ascii_case(typed));
    whose.deployment == typed || begins(whose.deployment, DEPLOYMENT) || begins(whose.commit, COMMIT)
}

impl Query {
    /// The same question with what is cheap to find out in front. Prints otherwise; answers the same.
    #[must_use]
    pub fn cheap_first(self) -> Self {
        let sorted = |all: Vec<Self>| {
            let mut all: Vec<Self> = all.into_iter().map(Self::cheap_first).collect();
            all.sort_by_key(Self::cost);
            all
        };
        match self {
            Self::And(all) => Self::And(sorted(all)),
            Self::Or(all) => Self::Or(sorted(all)),
            Self::Not(it) => Self::Not(Box::new(it.cheap_first())),
            other => other,
        }
    }

    /// What the dearest part of it costs.
    fn cost(&self) -> u8 {
        self.tests().into_iter().map(Test::cost).max().unwrap_or(0)
    }
}

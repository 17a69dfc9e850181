//! The person's choice: what goes where, when it is quiet, what is watched from the start. Plain data, read from the config.

use std::collections::BTreeMap;

use super::kind::{Kind, Osc, Way};
use super::quiet::Hours;
use crate::model::incident::Severity;

/// What a person wants to be told, and how.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rules {
    /// The ways of a kind, where they are not the usual ones.
    pub to: BTreeMap<Kind, Vec<Way>>,
    /// Which sequence `osc` means.
    pub osc: Osc,
    /// The command of the way `hook`.
    pub hook: Option<String>,
    /// Hours of each day in which nothing sounds.
    pub quiet: Option<Hours>,
    /// What sounds in them all the same; `None`: a P1 does.
    pub always: Option<Vec<Always>>,
    /// Watch expressions that are there from the start.
    pub watch: Vec<String>,
}

/// What sounds in quiet hours, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Always {
    /// Everything about incidents this bad or worse, from 1.
    Severity(u8),
    Kind(Kind),
}

impl Always {
    /// `p1` to `p4`, or the word of a kind.
    pub fn read(word: &str) -> Option<Self> {
        let severity = match word {
            "p1" => 1,
            "p2" => 2,
            "p3" => 3,
            "p4" => 4,
            _ => return Kind::read(word).map(Self::Kind),
        };
        Some(Self::Severity(severity))
    }

    fn holds(self, kind: Kind, severity: Option<&Severity>) -> bool {
        match self {
            Self::Kind(it) => it == kind,
            Self::Severity(least) => severity.and_then(rank).is_some_and(|it| it <= least),
        }
    }
}

fn rank(severity: &Severity) -> Option<u8> {
    match severity {
        Severity::P1 => Some(1),
        Severity::P2 => Some(2),
        Severity::P3 => Some(3),
        Severity::P4 => Some(4),
        Severity::Other(_) => None,
    }
}

impl Rules {
    /// The ways that news of `kind` go.
    pub fn ways(&self, kind: Kind) -> &[Way] {
        self.to.get(&kind).map_or(kind.usual(), Vec::as_slice)
    }

    /// Whether news sound in quiet hours, too.
    pub fn always(&self, kind: Kind, severity: Option<&Severity>) -> bool {
        self.always.as_deref().unwrap_or(&[Always::Severity(1)]).iter().any(|it| it.holds(kind, severity))
    }
}

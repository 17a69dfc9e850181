//! A query as a tree.

use super::field::FieldTest;
use super::glob::Glob;
use super::matcher::Matcher;
use super::value::Compare;
use crate::model::log::{Level, LogKind};
use crate::model::time::Time;

/// Which lines are wanted.
///
/// Built by [`Query::and`], [`Query::or`] and [`Query::inverted`], no `And` holds an `And`, no `Or` an `Or`, and neither holds
/// fewer than two: so a query has one form, which is what it is printed as.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Query {
    /// Every line.
    #[default]
    All,
    And(Vec<Self>),
    Or(Vec<Self>),
    Not(Box<Self>),
    Test(Test),
}

/// One thing that a line is or is not.
#[derive(Clone, Debug, PartialEq)]
pub enum Test {
    /// The text or pattern is in it.
    Text(Matcher),
    Level(Compare<Level>),
    /// Name or id of its service.
    Service(Glob),
    Replica(Compare<u16>),
    /// Its deployment: the id, or the beginning of it or of the commit.
    Deploy(String),
    Kind(LogKind),
    /// Written at this instant or later.
    After(Time),
    /// Written before this instant.
    Before(Time),
    Field(Box<FieldTest>),
}

impl Query {
    /// All of `parts`.
    #[must_use]
    pub fn and(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut all = Vec::new();
        for part in parts {
            match part {
                Self::And(mut inner) => all.append(&mut inner),
                Self::All => {}
                other => all.push(other),
            }
        }
        match all.len() {
            0 => Self::All,
            1 => all.swap_remove(0),
            _ => Self::And(all),
        }
    }

    /// Any of `parts`. None at all: every line.
    #[must_use]
    pub fn or(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut all = Vec::new();
        for part in parts {
            match part {
                Self::Or(mut inner) => all.append(&mut inner),
                Self::All => return Self::All,
                other => all.push(other),
            }
        }
        match all.len() {
            0 => Self::All,
            1 => all.swap_remove(0),
            _ => Self::Or(all),
        }
    }

    /// Every line that this is not about.
    #[must_use]
    pub fn inverted(self) -> Self {
        Self::Not(Box::new(self))
    }

    /// What must all be so: the parts of an `And`, or the query itself.
    pub fn parts(&self) -> &[Self] {
        match self {
            Self::All => &[],
            Self::And(parts) => parts,
            other => std::slice::from_ref(other),
        }
    }

    /// The one text it looks for, if it does nothing else.
    pub const fn text(&self) -> Option<&Matcher> {
        if let Self::Test(Test::Text(it)) = self { Some(it) } else { None }
    }

    /// All tests in it.
    pub fn tests(&self) -> Vec<&Test> {
        match self {
            Self::All => Vec::new(),
            Self::And(all) | Self::Or(all) => all.iter().flat_map(Self::tests).collect(),
            Self::Not(it) => it.tests(),
            Self::Test(it) => vec![it],
        }
    }
}

//! The stack of filters: each a query that lines must fit, or must not; each can be switched off, changed and dropped by itself.

use super::block::Block;
use super::clue::Clues;
use super::whose::Known;
use crate::model::query::{Clock, Mistake, Query, Test};

/// A filter of the stack.
#[derive(Clone, Debug)]
pub struct Stacked {
    typed: String,
    query: Query,
    clues: Clues,
    /// Leaves lines out that fit.
    pub out: bool,
    pub on: bool,
}

impl Stacked {
    /// Reads `typed`: a query; `!` in front leaves out what it finds.
    pub fn read(typed: &str, clock: Clock) -> Result<Self, Mistake> {
        let (out, words) = typed.strip_prefix('!').map_or((false, typed), |rest| (true, rest));
        let query = Query::parse(words, clock).map_err(|it| it.moved(usize::from(out)))?;
        if query == Query::All {
            return Err(Mistake::new(typed.len(), "expected something to look for"));
        }
        let query = query.cheap_first();
        Ok(Self { typed: words.trim().to_owned(), clues: Clues::of(&query), query, out, on: true })
    }

    /// Whether it keeps all lines of `block` or none; `None`: they must be looked at. `known`: the origins, by index.
    pub fn keeps(&self, block: &Block, known: &[Known]) -> Option<bool> {
        self.clues.known(&self.query, block, known).map(|fits| fits != self.out)
    }

    /// As it was typed, with its `!`.
    pub fn typed(&self) -> String {
        format!("{}{}", if self.out { "!" } else { "" }, self.typed)
    }

    /// What lines are asked, whether they are to fit or not.
    pub const fn query(&self) -> &Query {
        &self.query
    }

    /// What lines must fit to be shown.
    pub fn wanted(&self) -> Query {
        if self.out { self.query.clone().inverted() } else { self.query.clone() }
    }

    /// Whether its answer changes with what things are called.
    pub fn asks_for_names(&self) -> bool {
        self.query.tests().iter().any(|it| matches!(it, Test::Service(_) | Test::Deploy(_)))
    }
}

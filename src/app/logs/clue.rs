//! What can be said of all lines of a block without looking at one: that none fits a query, or that every one does. Mostly nothing.

use super::block::Block;
use super::trigrams::Needle;
use super::whose::Known;
use crate::model::log::Level;
use crate::model::query::{Matcher, Query, Test};

/// What is made of a query once, to ask many blocks.
#[derive(Clone, Debug)]
pub struct Clues {
    /// The texts that it asks for, and what every line with them has in it.
    needles: Vec<(Matcher, Needle)>,
}

impl Clues {
    /// Of `query`.
    pub fn of(query: &Query) -> Self {
        let texts = query.tests().into_iter().filter_map(text);
        Self { needles: texts.map(|it| (it.clone(), Needle::new(it.text(), it.is_regex()))).collect() }
    }

    /// Whether all lines of `block` fit `query` or none does; `None`: they must be looked at. `known`: the origins, by index.
    pub fn known(&self, query: &Query, block: &Block, known: &[Known]) -> Option<bool> {
        query.known(&mut |test| self.test(test, block, known))
    }

    fn test(&self, test: &Test, block: &Block, known: &[Known]) -> Option<bool> {
        match test {
            Test::Text(_) | Test::Field(_) => {
                let wanted = text(test)?;
                let (_, needle) = self.needles.iter().find(|(it, _)| it == wanted)?;
                // What may be there need not be.
                if block.may_have(needle) { None } else { Some(false) }
            }
            Test::Level(it) => {
                let there = |level: &Level| block.counts.iter().any(|row| row.get(*level as usize).is_some_and(|n| *n > 0));
                agreed(Level::ALL.iter().filter(|level| there(level)).map(|level| Some(it.takes(level))))
            }
            Test::After(at) => agreed([Some(block.from >= *at), Some(block.to >= *at)]),
            Test::Before(at) => agreed([Some(block.from < *at), Some(block.to < *at)]),
            Test::Service(_) | Test::Replica(_) | Test::Deploy(_) | Test::Kind(_) => {
                agreed(block.origins.iter().map(|it| known.get(*it as usize).and_then(|it| test.of(&it.whose()))))
            }
        }
    }
}

/// The text that a line must have to pass the test.
fn text(test: &Test) -> Option<&Matcher> {
    match test {
        Test::Text(it) => Some(it),
        Test::Field(it) => it.hint(),
        _ => None,
    }
}

/// What all of them say.
fn agreed(all: impl IntoIterator<Item = Option<bool>>) -> Option<bool> {
    let mut all = all.into_iter();
    let first = all.next()??;
    all.all(|it| it == Some(first)).then_some(first)
}

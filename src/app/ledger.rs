//! What was asked for, by whom it is about: never the same twice, and no more of it remembered than is worth it. Pure data.

use std::collections::{BTreeMap, VecDeque};

/// Stretches of history that were asked for, of each owner the newest last: `EACH` of `OWNERS` at most. What was forgotten is asked for
/// again when it is looked at again.
#[derive(Debug)]
pub struct Ledger<O, S, const OWNERS: usize, const EACH: usize> {
    of: BTreeMap<O, VecDeque<S>>,
}

impl<O, S, const OWNERS: usize, const EACH: usize> Default for Ledger<O, S, OWNERS, EACH> {
    fn default() -> Self {
        Self { of: BTreeMap::new() }
    }
}

impl<O: Ord + Clone, S: PartialEq, const OWNERS: usize, const EACH: usize> Ledger<O, S, OWNERS, EACH> {
    /// Whether it was asked for.
    pub fn holds(&self, owner: &O, stretch: &S) -> bool {
        self.of.get(owner).is_some_and(|it| it.contains(stretch))
    }

    /// Writes down that it is asked for now. `worn`: what it takes the place of.
    pub fn write(&mut self, owner: &O, stretch: S, worn: impl Fn(&S) -> bool) {
        if self.of.len() >= OWNERS && !self.of.contains_key(owner) {
            self.of.clear();
        }
        let all = self.of.entry(owner.clone()).or_default();
        all.retain(|it| !worn(it) && *it != stretch);
        if all.len() >= EACH {
            all.pop_front();
        }
        all.push_back(stretch);
    }

    /// Nothing was asked for of `owner`.
    pub fn forget(&mut self, owner: &O) {
        self.of.remove(owner);
    }

    /// Nothing was asked for at all.
    pub fn clear(&mut self) {
        self.of.clear();
    }

    /// Stretches that are remembered.
    pub fn len(&self) -> usize {
        self.of.values().map(VecDeque::len).sum()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.of.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_never_grows_beyond_what_it_was_made_for() {
        let mut it = Ledger::<_, _, 10, 3>::default();
        for n in 0..1_000_u32 {
            it.write(&(n % 25), n, |_| false);
            assert!(it.len() <= 30 && it.holds(&(n % 25), &n));
        }
    }

    #[test]
    fn what_is_worn_makes_room_for_what_takes_its_place() {
        let mut it = Ledger::<_, _, 10, 3>::default();
        for (n, tail) in [(1, false), (2, true), (3, true)] {
            it.write(&"api", (n, tail), |old: &(i32, bool)| tail && old.1);
        }
        assert!(it.holds(&"api", &(1, false)) && it.holds(&"api", &(3, true)) && !it.holds(&"api", &(2, true)));
        it.forget(&"api");
        assert!(it.is_empty());
    }
}

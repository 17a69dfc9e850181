//! Drain: groups of alike lines in a tree of fixed depth, one line at a time.
//!
//! P. He, J. Zhu, Z. Zheng, M. R. Lyu: "Drain: An Online Log Parsing Approach with Fixed Depth Tree", ICWS 2017. A line goes down by the
//! number of its words and by its first words to a leaf, and joins the leaf's most similar group, if that is similar enough; where it
//! differs, the group's words become variable. Two things are added: a line that fits a group as it is belongs to it, so that looking at
//! a line again never makes a group; and of a word such as `queue=emails` or a path its fixed part stays.

use std::collections::HashMap;

use super::var::Var;
use super::words::Words;

/// Most groups. A program has some hundred statements that log; what comes after them is counted together.
pub const MOST: usize = 1000;
/// First words that lead to a leaf.
const LED: usize = 2;
/// Most ways on from a node; further first words (names, mostly) go one way together.
const WAYS: usize = 64;
/// Of ten words so many must be the same.
const ALIKE: usize = 5;

/// The groups, and the tree that leads to them.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    /// By the number of words.
    roots: HashMap<usize, Node>,
    groups: Vec<Vec<Box<str>>>,
}

/// Bytes of a word that lead: longer ones that only differ further back part at the groups.
const LONGEST: usize = 64;

#[derive(Clone, Debug, Default)]
struct Node {
    ways: HashMap<Box<str>, Node>,
    any: Option<Box<Node>>,
    groups: Vec<usize>,
}

impl Tree {
    /// The words of group `index`.
    pub fn group(&self, index: usize) -> &[Box<str>] {
        self.groups.get(index).map_or(&[], Vec::as_slice)
    }

    /// The group a line belongs to, from now on; `None` when it would need a new one and there are too many.
    pub fn take(&mut self, words: &Words) -> Option<usize> {
        let full = self.groups.len() >= MOST;
        let mut node = if full { self.roots.get_mut(&words.len())? } else { self.roots.entry(words.len()).or_default() };
        for word in words.iter().take(LED) {
            // With no room for another group, a way that is not there yet leads nowhere.
            node = if full { node.known_way(lead(word))? } else { node.way(lead(word)) };
        }
        if let Some(found) = fitting(&self.groups, &node.groups, words) {
            return Some(found);
        }
        if let Some(found) = similar(&self.groups, &node.groups, words) {
            let group = self.groups.get_mut(found)?;
            for (place, word) in group.iter_mut().zip(words.iter()) {
                if !fits(place, word) {
                    *place = common(place, word);
                }
            }
            return Some(found);
        }
        if self.groups.len() >= MOST {
            return None;
        }
        node.groups.push(self.groups.len());
        self.groups.push(words.iter().map(Box::from).collect());
        Some(self.groups.len() - 1)
    }
}

impl Node {
    /// The way a word leads, if it has led there before.
    fn known_way(&mut self, word: &str) -> Option<&mut Self> {
        if self.ways.contains_key(word) { self.ways.get_mut(word) } else { self.any.as_deref_mut() }
    }

    /// The way a word leads.
    fn way(&mut self, word: &str) -> &mut Self {
        if self.ways.len() >= WAYS && !self.ways.contains_key(word) {
            return self.any.get_or_insert_default();
        }
        self.ways.entry(word.into()).or_default()
    }
}

/// What of a word leads to a leaf: of `name=value` the name, since the value is what varies.
fn lead(word: &str) -> &str {
    let lead = key(word).unwrap_or(word);
    lead.get(..lead.floor_char_boundary(LONGEST)).unwrap_or(lead)
}

/// `name=` of `name=value`.
fn key(word: &str) -> Option<&str> {
    let at = word.find('=')?;
    (at > 0).then(|| &word[..=at])
}

/// The group that a line fits as the group is; of several the one with the fewest free places.
fn fitting(groups: &[Vec<Box<str>>], leaf: &[usize], words: &Words) -> Option<usize> {
    let mut best: Option<(usize, usize)> = None;
    for index in leaf {
        let Some(group) = groups.get(*index) else { continue };
        if group.iter().zip(words.iter()).all(|(place, word)| fits(place, word)) {
            let free = group.iter().filter(|it| it.contains(Var::Any.sign())).count();
            if best.is_none_or(|(least, _)| free < least) {
                best = Some((free, *index));
            }
        }
    }
    best.map(|(_, index)| index)
}

/// The most similar group, if it is similar enough.
fn similar(groups: &[Vec<Box<str>>], leaf: &[usize], words: &Words) -> Option<usize> {
    let mut best: Option<(usize, usize)> = None;
    for index in leaf {
        let Some(group) = groups.get(*index) else { continue };
        let same = group
            .iter()
            .zip(words.iter())
            .filter(|(place, word)| ***place == **word || (key(word).is_some() && key(place) == key(word)))
            .count();
        if same * 10 >= words.len() * ALIKE && best.is_none_or(|(most, _)| same > most) {
            best = Some((same, *index));
        }
    }
    best.map(|(_, index)| index)
}

/// Whether a group's word stands for `word`: it is the same, or only its free parts differ.
fn fits(place: &str, word: &str) -> bool {
    let any = Var::Any.sign();
    let Some((first, rest)) = place.split_once(any) else { return place == word };
    let Some(mut word) = word.strip_prefix(first) else { return false };
    let (middle, last) = rest.rsplit_once(any).unwrap_or(("", rest));
    for part in middle.split(any) {
        let Some(at) = word.find(part) else { return false };
        word = &word[at + part.len()..];
    }
    word.ends_with(last)
}

/// A word that stands for both: the fixed part of `name=value`, the pieces that two paths share, or nothing but a free place.
fn common(place: &str, word: &str) -> Box<str> {
    let any = Var::Any.sign();
    if let Some(name) = key(word).filter(|it| key(place) == Some(it)) {
        return format!("{name}{any}").into();
    }
    let (slashes, same) = (place.matches('/').count(), word.matches('/').count());
    if slashes == same && slashes > 1 {
        let pieces: Vec<String> =
            place.split('/').zip(word.split('/')).map(|(a, b)| if a == b { a.to_owned() } else { any.to_string() }).collect();
        if pieces.iter().any(|it| !it.is_empty() && !it.contains(any)) {
            return pieces.join("/").into();
        }
    }
    any.to_string().into()
}

#[cfg(test)]
mod tests {
    use super::super::var::{Piece, pieces};
    use super::*;
    use crate::app::logs::Flags;

    fn words(text: &str) -> Words {
        let mut it = Words::default();
        it.read(text, Flags(0));
        it
    }

    fn seen(group: &[Box<str>]) -> String {
        let text = group.join(" ");
        pieces(&text)
            .map(|it| match it {
                Piece::Plain(text) => text,
                Piece::Var(var) => var.word(),
            })
            .collect()
    }

    #[test]
    fn lines_that_differ_in_a_word_become_one_group() {
        let mut tree = Tree::default();
        for name in ["alice", "bob", "carol"] {
            tree.take(&words(&format!("session opened for user {name} from 10.0.0.7 in 12ms")));
        }
        assert_eq!(tree.groups.len(), 1);
        assert_eq!(seen(tree.group(0)), "session opened for user <*> from <ip> in <duration>");
    }

    #[test]
    fn the_fixed_part_of_a_field_and_of_a_path_stays() {
        let mut tree = Tree::default();
        for (path, queue) in [("/api/orders/list", "emails"), ("/api/carts/list", "reports")] {
            tree.take(&words(&format!("answered in time GET {path} for queue={queue}")));
        }
        assert_eq!(seen(tree.group(0)), "answered in time GET /api/<*>/list for queue=<*>");
    }

    #[test]
    fn different_statements_stay_apart() {
        let mut tree = Tree::default();
        tree.take(&words("connection to db lost"));
        tree.take(&words("request done in 5ms"));
        tree.take(&words("connection to db"));
        assert_eq!(tree.groups.len(), 3);
    }

    #[test]
    fn a_free_place_takes_anything_and_a_fixed_one_itself() {
        let any = Var::Any.sign();
        assert!(fits(&format!("q={any}"), "q=x"));
        assert!(fits(&format!("/a/{any}/c"), "/a/b/c"));
        assert!(fits(&format!("/{any}/a"), "/a/a"));
        assert!(!fits(&format!("/a/{any}/c"), "/a/b/d"));
        assert!(!fits("a", "ab"));
    }
}

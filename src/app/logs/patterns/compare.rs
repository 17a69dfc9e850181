//! What lines say that other lines did not: patterns of one set that are not in another. Looks at lines as they came, not at those that are held.

use super::drain::Tree;
use super::words::Words;
use crate::app::logs::fields;
use crate::model::log::{Level, LogLine};
use crate::model::text::plain_line;

/// A pattern that only the later lines have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fresh {
    /// Its words, masked: what `pieces` takes apart.
    pub text: String,
    /// How many lines of it.
    pub count: u64,
    /// The loudest of them.
    pub level: Level,
}

/// The patterns of `after` that are not in `before`, loudest first, then most lines first. A line that says in error what others said calmly
/// is another pattern: the same words at another level are news.
pub fn fresh(before: &[LogLine], after: &[LogLine]) -> Vec<Fresh> {
    let (mut tree, mut words) = (Tree::default(), Words::default());
    let mut known: Vec<[bool; 2]> = Vec::new();
    for line in before {
        if let Some(index) = group(&mut tree, &mut words, line) {
            mark(&mut known, index)[loud(line)] = true;
        }
    }
    let mut met: Vec<(usize, usize, Fresh)> = Vec::new();
    for line in after {
        let Some(index) = group(&mut tree, &mut words, line) else { continue };
        let loud = loud(line);
        let seen = mark(&mut known, index);
        // Said in error before, it is no news calmly either.
        if seen[loud] || seen[1] {
            continue;
        }
        match met.iter_mut().find(|it| it.0 == index && it.1 == loud) {
            Some((.., it)) => {
                it.count += 1;
                it.level = it.level.max(line.level);
            }
            None => met.push((index, loud, Fresh { text: String::new(), count: 1, level: line.level })),
        }
    }
    // Only now do the groups have their last words.
    let mut out: Vec<Fresh> = met.into_iter().map(|(index, _, it)| Fresh { text: tree.group(index).join(" "), ..it }).collect();
    out.sort_by(|a, b| (b.level, b.count, &a.text).cmp(&(a.level, a.count, &b.text)));
    out
}

fn group(tree: &mut Tree, words: &mut Words, line: &LogLine) -> Option<usize> {
    let text = plain_line(&line.text);
    words.read(&text, fields::form(&text));
    if words.is_empty() { None } else { tree.take(words) }
}

fn loud(line: &LogLine) -> usize {
    usize::from(line.level >= Level::Error)
}

fn mark(known: &mut Vec<[bool; 2]>, index: usize) -> &mut [bool; 2] {
    if known.len() <= index {
        known.resize(index + 1, [false; 2]);
    }
    &mut known[index]
}

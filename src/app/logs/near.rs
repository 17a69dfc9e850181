//! Lines around the reader, unpacked and taken apart once, so that drawing them again costs neither. Only a help: a line that is not here is
//! read from its block, with the same answer.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::fields::{self, Fields};
use super::line::{Line, Origins, Seq};
use super::record::Head;
use super::sgr::InkSpan;

/// Most bytes of them. Usual lines around a large screen come to a tenth of it.
const MOST: usize = 1024 * 1024;

/// Lines at hand.
#[derive(Debug, Default)]
pub struct Near {
    lines: BTreeMap<Seq, Held>,
}

#[derive(Debug)]
struct Held {
    head: Head,
    text: String,
    inks: Vec<InkSpan>,
    fields: Option<Fields<'static>>,
}

impl Held {
    fn of(line: &Line<'_>) -> Self {
        Self {
            head: Head { off: line.off, at: line.at, level: line.level, flags: line.flags, origin: line.origin_index },
            text: line.text.to_string(),
            inks: line.inks.to_vec(),
            fields: fields::parse(&line.text, line.flags).map(Fields::into_owned),
        }
    }

    fn cost(&self) -> usize {
        size_of::<Self>() + self.text.len() + size_of_val(&*self.inks) + self.fields.as_ref().map_or(0, Fields::cost)
    }
}

impl Near {
    /// The line with number `seq`, if it is here.
    pub fn line<'a>(&'a self, seq: Seq, origins: &'a Origins) -> Option<Line<'a>> {
        let it = self.lines.get(&seq)?;
        Some(Line {
            about: it.head.about(seq, origins)?,
            text: Cow::Borrowed(&it.text),
            inks: Cow::Borrowed(&it.inks),
            fields: it.fields.as_ref(),
        })
    }

    /// Holds the lines `wanted`, as far as there is room, and no others; asks `read` for those it has not.
    pub fn keep<'a>(&mut self, wanted: &[Seq], mut read: impl FnMut(Seq) -> Option<Line<'a>>) {
        let mut old = std::mem::take(&mut self.lines);
        let mut left = MOST;
        for seq in wanted {
            let Some(held) = old.remove(seq).or_else(|| read(*seq).map(|it| Held::of(&it))) else { continue };
            let Some(room) = left.checked_sub(held.cost()) else { return };
            left = room;
            self.lines.insert(*seq, held);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::line::{About, Flags, Origin};
    use super::*;
    use crate::model::log::{Level, LogKind};
    use crate::model::time::Time;

    #[test]
    fn what_is_near_is_bounded_and_what_is_named_first_comes_first() {
        let mut origins = Origins::default();
        let index = origins.intern(Origin { kind: LogKind::Runtime, service: None, deployment: None, replica: 0 });
        let text = "x".repeat(16_000);
        let read = |seq: Seq| {
            Some(Line {
                about: About {
                    seq,
                    off: seq.0,
                    at: Time(0),
                    level: Level::Info,
                    flags: Flags(0),
                    origin: origins.get(index)?,
                    origin_index: index,
                },
                text: Cow::Borrowed(&*text),
                inks: Cow::Borrowed(&[]),
                fields: None,
            })
        };
        let wanted: Vec<Seq> = (0..400).rev().map(Seq).collect();
        let mut near = Near::default();
        near.keep(&wanted, read);
        assert!((50..70).contains(&near.lines.len()), "{}", near.lines.len());
        assert!(near.line(Seq(399), &origins).is_some() && near.line(Seq(0), &origins).is_none());
        near.keep(&[Seq(399)], |_| None);
        assert_eq!(near.lines.len(), 1);
    }
}

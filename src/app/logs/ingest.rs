//! A line on its way in: whether it is wanted, its pieces, its form.

use super::fields;
use super::line::{Flags, Note};
use super::record::Ready;
use crate::model::log::{Level, LogFilter, LogGap, LogLine};

/// Whether `line` is one of those `wish` is about. (What project a line is of, it does not say: that is the platform's to know.)
pub fn fits(wish: &LogFilter, line: &LogLine) -> bool {
    fn any<T: PartialEq>(wish: Option<&T>, it: Option<&T>) -> bool {
        wish.is_none() || wish == it
    }
    any(wish.service.as_ref(), line.service.as_ref())
        && any(wish.deployment.as_ref(), line.deployment.as_ref())
        && any(wish.kind.as_ref(), Some(&line.kind))
        && wish.level.is_none_or(|least| line.level >= least)
}

/// What is known of a line before its text is looked at.
pub const fn known(cont: bool, late: bool) -> Flags {
    let flags = if cont { Flags::CONT } else { Flags(0) };
    if late { flags.with(Flags::LATE) } else { flags }
}

/// What its text says too.
pub fn form(flags: Flags, text: &str, coloured: bool) -> Flags {
    if coloured { flags.with(Flags::ANSI) } else { flags.with(fields::form(text)) }
}

/// A gap, ready to be put in the place of the lines it tells of.
pub fn note_of(gap: LogGap) -> Ready {
    Ready {
        off: *gap.offs.start(),
        at: gap.from,
        level: Level::Info,
        flags: Flags::NOTE,
        origin: u32::MAX,
        text: String::new(),
        inks: Vec::new(),
        note: Some(Note::Gap(gap)),
    }
}

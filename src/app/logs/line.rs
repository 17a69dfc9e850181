//! What a held line is: its number, where it came from, and the borrowed view of it that everything else reads.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Deref;

use super::fields::Fields;
pub use super::flags::Flags;
use super::sgr::InkSpan;
use crate::model::ids::{DeploymentId, ServiceId};
use crate::model::log::{Level, LogGap, LogKind};
use crate::model::time::Time;

/// Number of a held line. Newer lines have greater numbers; a line keeps its number unless an older one is put in before newer ones
/// (then all lines before *that* place move down together, and everything that points at lines moves with them).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seq(pub u64);

impl Seq {
    /// The first line ever held: half way up, so that history has as many numbers below it as live lines have above.
    pub const FIRST: Self = Self(1 << 62);

    /// `n` lines later.
    #[must_use]
    pub const fn plus(self, n: usize) -> Self {
        Self(self.0.saturating_add(n as u64))
    }

    /// `n` lines earlier.
    #[must_use]
    pub const fn minus(self, n: usize) -> Self {
        Self(self.0.saturating_sub(n as u64))
    }
}

/// Where lines come from. Few against the number of lines, so each is held once and lines hold its index.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Origin {
    pub kind: LogKind,
    pub service: Option<ServiceId>,
    pub deployment: Option<DeploymentId>,
    /// From 1; 0: not of a replica.
    pub replica: u16,
}

/// Origins looked at before the table is asked: the lines of a few busy services come mixed.
const RECENT: usize = 8;

/// All origins met, in the order they were met. An index stays good for ever.
#[derive(Debug, Default)]
pub struct Origins {
    list: Vec<Origin>,
    index: HashMap<Origin, u32>,
    recent: [u32; RECENT],
}

impl Origins {
    /// The index of `origin`, new or known.
    pub fn intern(&mut self, origin: Origin) -> u32 {
        let known = |it: &u32| self.list.get(*it as usize) == Some(&origin);
        if let Some(place) = self.recent.iter().position(known) {
            let found = self.recent[place];
            self.recent.swap(place, place / 2);
            return found;
        }
        let found = if let Some(found) = self.index.get(&origin) {
            *found
        } else {
            let at = self.list.len() as u32;
            self.index.insert(origin.clone(), at);
            self.list.push(origin);
            at
        };
        self.recent[RECENT - 1] = found;
        found
    }

    /// The origin with this index.
    pub fn get(&self, index: u32) -> Option<&Origin> {
        self.list.get(index as usize)
    }

    /// All, by index.
    pub fn all(&self) -> &[Origin] {
        &self.list
    }
}

/// Something said in the place of lines.
#[derive(Clone, Debug, PartialEq)]
pub enum Note {
    /// Lines that are gone.
    Gap(LogGap),
    /// The platform's log began anew; what stands above is of the old one.
    Restart,
}

/// What is known of a held line besides its text.
#[derive(Clone, Copy, Debug)]
pub struct About<'a> {
    pub seq: Seq,
    pub off: u64,
    pub at: Time,
    pub level: Level,
    pub flags: Flags,
    pub origin: &'a Origin,
    /// Index of the origin.
    pub origin_index: u32,
}

/// A held line: borrowed where it is at hand, with a text of its own where it was packed away.
#[derive(Clone, Debug)]
pub struct Line<'a> {
    pub about: About<'a>,
    /// Clean text, one line, without colour codes.
    pub text: Cow<'a, str>,
    /// The colours the program asked for; empty for most lines.
    pub inks: Cow<'a, [InkSpan]>,
    /// Its fields, where they were taken apart already.
    pub fields: Option<&'a Fields<'static>>,
}

impl<'a> Deref for Line<'a> {
    type Target = About<'a>;

    fn deref(&self) -> &About<'a> {
        &self.about
    }
}

impl About<'_> {
    /// The service's id as text; empty for a line of the platform itself.
    pub fn service(&self) -> &str {
        self.origin.service.as_ref().map_or("", ServiceId::as_str)
    }
}

//! The picture: the rows of the screen, as data. Costs by the height of the screen, whatever is held.

use std::ops::Range;

use unicode_width::UnicodeWidthStr;

use super::cold::Scratch;
use super::history::Edge;
use super::intake::Logs;
use super::line::{About, Flags, Line, Note, Seq};
use super::sgr::Sgr;
use super::shape::{Part, Shape};
use super::slot::Cell;
use super::stamp::{Clockface, stamp};
use super::view::Stamps;
use super::wrap;
use crate::model::ids::ServiceId;
use crate::model::log::LogGap;

/// Widest name column.
const NAME: usize = 20;
/// The level's word, and the space after it.
const LEVEL: usize = 6;
/// What a time loses where there is little room: `.114`.
const MILLISECONDS: usize = 4;
/// Columns of names where there is little room, with the space after them: most services' names fit, and a replica's number.
const SHORT: usize = 9;
/// Columns of text under which a line says nothing any more.
const LEGIBLE: usize = 20;

/// Widths of what stands in front of the text, each with the space after it; 0: left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Columns {
    pub stamp: usize,
    pub name: usize,
    pub level: usize,
    /// Fields in columns, all of them.
    pub fields: usize,
}

impl Columns {
    /// All together.
    pub const fn sum(self) -> usize {
        self.stamp + self.name + self.level + self.fields
    }
}

/// A row of the screen.
#[derive(Debug)]
pub struct Shown<'a> {
    /// The line it is of; of an edge: the first line.
    pub seq: Seq,
    /// The reader stands on this line.
    pub cursor: bool,
    pub marked: bool,
    /// It is part of the selection.
    pub selected: bool,
    /// No filter asked for it: it is there because of its neighbours.
    pub context: bool,
    pub body: Body<'a>,
}

/// What a row says.
#[derive(Debug)]
pub enum Body<'a> {
    Text(Box<Text<'a>>),
    /// Lines that are gone, in their place.
    Gap(&'a LogGap),
    /// The platform's log began anew here.
    Restart,
    /// What is above the first line.
    Edge(Edge),
    /// Lines are left out here.
    Cut,
}

/// A row of a line.
#[derive(Debug)]
pub struct Text<'a> {
    pub line: About<'a>,
    /// Which of the line's rows, from 0; stamp, name and level belong to row 0.
    pub row: usize,
    /// As wide as `Columns::stamp` less its space.
    pub stamp: String,
    /// Whose line: service and replica, cut to `Columns::name` less its space.
    pub name: String,
    /// The fields that have columns; they belong to row 0.
    pub cells: Vec<Cell>,
    /// What this row shows of the line.
    pub text: String,
    /// How, stretch by stretch, without holes: ranges of `text`.
    pub runs: Vec<Run>,
    /// Blank columns before `text`, because a wide character is cut by the left edge.
    pub blank: usize,
    /// There is more of the line to the left, to the right.
    pub cut: (bool, bool),
    /// The search has found this line (even where the hit is not in what is shown).
    pub hit: bool,
    /// It goes on from the line in the row above, which was longer than a line may be.
    pub rest: bool,
}

/// A stretch of one look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    pub range: Range<usize>,
    pub part: Part,
    pub sgr: Option<Sgr>,
    pub hit: bool,
}

impl Logs {
    /// Widths of what stands in front of the text. In a narrow area the text comes first.
    pub fn columns(&self) -> Columns {
        let mut it = Columns { stamp: self.view.stamps.width(), name: self.name_width(), level: LEVEL, fields: 0 };
        it.stamp += usize::from(it.stamp > 0);
        it.name += usize::from(it.name > 0);
        let narrow = |it: &Columns| it.sum() * 2 > self.view.width;
        // Half of the width is the text's. Whose line it is may cost a little of that, a name's end and the milliseconds; else the name goes
        // first, then the time.
        if it.name > 0 && narrow(&it) {
            let mut brief = Columns { name: it.name.min(SHORT), ..it };
            if matches!(self.view.stamps, Stamps::Time | Stamps::Full) {
                brief.stamp -= MILLISECONDS;
            }
            it = if brief.sum() + LEGIBLE <= self.view.width { brief } else { Columns { name: 0, ..it } };
        }
        if it.name == 0 && narrow(&it) {
            it.stamp = 0;
        }
        if it.name == 0 && narrow(&it) {
            it.level = 0;
        }
        it.fields = self.slots().iter().map(|slot| slot.width + 1).sum();
        it
    }

    /// Columns of the text.
    pub fn text_width(&self) -> usize {
        self.view.width.saturating_sub(self.columns().sum()).max(1)
    }

    /// The widest name in scope; none if all lines are of one replica.
    fn name_width(&self) -> usize {
        let mut widest = 0;
        let mut whose = None;
        let mut several = false;
        for (index, origin) in self.store.origins.all().iter().enumerate() {
            if self.filter.in_scope(index as u32) {
                let key = (&origin.service, origin.replica);
                several |= *whose.get_or_insert(key) != key;
                widest = widest.max(self.label_of(origin.service.as_ref()).width() + replica_width(origin.replica));
            }
        }
        if several { widest.min(NAME) } else { 0 }
    }

    /// What the lines of a service are called.
    pub(super) fn label_of<'a>(&'a self, service: Option<&'a ServiceId>) -> &'a str {
        service.map_or("platform", |it| self.labels.get(it).map_or(it.as_str(), String::as_str))
    }

    fn name(&self, line: &Line<'_>, width: usize) -> String {
        let label = self.label_of(line.origin.service.as_ref());
        let tail = if line.origin.replica > 0 { format!(".{}", line.origin.replica) } else { String::new() };
        let room = width.saturating_sub(tail.len());
        if label.width() <= room {
            return format!("{label}{tail}");
        }
        let (range, _) = wrap::window(label, 0, room.saturating_sub(1));
        format!("{}…{tail}", &label[range])
    }

    /// The rows of the screen, from the top. Fewer than its height when there is nothing more.
    pub fn visible(&self, clock: Clockface) -> Vec<Shown<'_>> {
        let mut rows: Vec<Shown<'_>> = Vec::with_capacity(self.view.height);
        let edge = |seq| Shown { seq, cursor: false, marked: false, selected: false, context: false, body: Body::Edge(self.edge()) };
        let Some(top) = self.top_spot() else {
            if self.view.height > 0 {
                rows.push(edge(self.store.next()));
            }
            return rows;
        };
        let columns = self.columns();
        let cursor = self.cursor();
        let selection = self.selection();
        if top.edge && self.view.height > 0 {
            rows.push(edge(top.seq));
        }
        let mut skip = top.row;
        let mut scratch = Scratch::default();
        let mut above = self.shown_before(top.seq).and_then(|it| self.store.read(it, &mut scratch)).map(|it| it.at);
        let mut next = Some(top.seq);
        let mut last = None;
        while let Some(seq) = next.filter(|_| rows.len() < self.view.height) {
            let (marked, selected) = (self.view.marks.has(seq), selection.as_ref().is_some_and(|it| it.contains(&seq)));
            let shown = |cursor, body| Shown { seq, cursor, marked, selected, context: self.is_context(seq), body };
            let lead = self.lead(seq);
            if lead > skip {
                rows.push(Shown { seq, cursor: false, marked: false, selected: false, context: true, body: Body::Cut });
            }
            skip = skip.saturating_sub(lead);
            let is_cursor = cursor == Some(seq);
            let left = self.view.height - rows.len();
            if let Some(line) = self.store.read(seq, &mut scratch) {
                let mut when = stamp(self.view.stamps, line.at, above, clock);
                when.truncate(columns.stamp.saturating_sub(1));
                above = Some(line.at);
                let rest = line.flags.has(Flags::CONT) && last == Some(seq.minus(1));
                last = Some(seq);
                let texts = self.line_rows(&line, when, columns, skip, left);
                rows.extend(texts.into_iter().map(|it| shown(is_cursor, Body::Text(Box::new(Text { rest: rest && it.row == 0, ..it })))));
            } else if left > 0 {
                match self.store.note(seq) {
                    Some(Note::Gap(gap)) => rows.push(shown(is_cursor, Body::Gap(gap))),
                    Some(Note::Restart) => rows.push(shown(is_cursor, Body::Restart)),
                    None => {}
                }
            }
            skip = 0;
            next = self.shown_from(seq.plus(1));
        }
        rows
    }

    /// The rows of one line, from row `skip` on, at most `most`.
    fn line_rows<'a>(&self, line: &Line<'a>, when: String, columns: Columns, skip: usize, most: usize) -> Vec<Text<'a>> {
        let width = self.view.width.saturating_sub(columns.sum()).max(1);
        let Shape { text, parts } = self.shape(line);
        let looks = self.looks(line, &text, parts);
        let name = if columns.name > 0 { self.name(line, columns.name - 1) } else { String::new() };
        let when = if columns.stamp > 0 { when } else { String::new() };
        let hit = self.search.as_ref().is_some_and(|it| it.matcher.is_match(&line.text));
        let cells = self.cells(line);
        let piece = |row: usize, range: Range<usize>, blank: usize| Text {
            line: line.about,
            row,
            stamp: when.clone(),
            cells: if row == 0 { cells.clone() } else { Vec::new() },
            name: name.clone(),
            runs: looks.cut(&range),
            cut: if self.view.wrap { (false, false) } else { (range.start > 0 || blank > 0, range.end < text.len()) },
            text: text.get(range).unwrap_or("").to_owned(),
            blank,
            hit,
            rest: false,
        };
        if !self.view.wrap {
            let (range, blank) = wrap::window(&text, self.view.left, width);
            return if most == 0 { Vec::new() } else { vec![piece(0, range, blank)] };
        }
        let starts = wrap::breaks(&text, width);
        let ends = starts.iter().copied().skip(1).chain([text.len()]);
        let all = starts.iter().copied().zip(ends).enumerate();
        all.skip(skip).take(most).map(|(row, (from, to))| piece(row, from..to, 0)).collect()
    }

    /// How the stretches of a line look: its parts, its own colours, the hits of the search.
    fn looks(&self, line: &Line<'_>, text: &str, parts: Vec<(Range<usize>, Part)>) -> Looks {
        let inks = line.inks.iter().map(|it| (usize::from(it.start)..usize::from(it.end), it.sgr)).collect();
        let hits = self.search.as_ref().map_or_else(Vec::new, |it| it.matcher.ranges(text));
        Looks { parts, inks, hits }
    }
}

fn replica_width(replica: u16) -> usize {
    if replica == 0 { 0 } else { 2 + replica.ilog10() as usize }
}

/// Three layers of looks over one text, each rising and without overlaps.
struct Looks {
    parts: Vec<(Range<usize>, Part)>,
    inks: Vec<(Range<usize>, Sgr)>,
    hits: Vec<Range<usize>>,
}

impl Looks {
    /// The stretches of `window`, without holes, counted from its start.
    fn cut(&self, window: &Range<usize>) -> Vec<Run> {
        let mut runs = Vec::new();
        let mut at = window.start;
        while at < window.end {
            let (part, part_end) = layer(&self.parts, |it| &it.0, at);
            let (ink, ink_end) = layer(&self.inks, |it| &it.0, at);
            let (hit, hit_end) = layer(&self.hits, |it| it, at);
            let end = part_end.min(ink_end).min(hit_end).min(window.end);
            let range = at - window.start..end - window.start;
            runs.push(Run { range, part: part.map_or(Part::Text, |it| it.1), sgr: ink.map(|it| it.1), hit: hit.is_some() });
            at = end;
        }
        runs
    }
}

/// What of a layer covers `at`, and where that (or the hole before the next) ends.
fn layer<T>(all: &[T], range: impl Fn(&T) -> &Range<usize>, at: usize) -> (Option<&T>, usize) {
    match all.get(all.partition_point(|it| range(it).end <= at)) {
        None => (None, usize::MAX),
        Some(it) if range(it).start <= at => (Some(it), range(it).end),
        Some(it) => (None, range(it).start),
    }
}

//! Lines on their way out: as text, as JSON, as a record of all fields.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::value::{RawValue, to_raw_value};

use super::cold::Scratch;
use super::fields;
use super::intake::Logs;
use super::line::{Line, Note, Seq};
use crate::model::log::LogGap;

impl Logs {
    /// The text of a line, as it came but for what is covered.
    pub fn text_of(&self, seq: Seq) -> Option<Cow<'_, str>> {
        self.store.line(seq).map(|it| self.veil(it.text))
    }

    /// A line as one JSON object: where from, when, how loud, its text, and its fields.
    pub fn json_of(&self, seq: Seq) -> Option<String> {
        self.store.line(seq).map(|it| self.veil_json(json(&it)))
    }

    /// The lines that are shown, as text, newest last: at most `most` of the newest. Gaps are said.
    pub fn shown_text(&self, most: usize) -> String {
        let mut scratch = Scratch::default();
        self.newest_shown(most).into_iter().fold(String::new(), |mut text, seq| {
            match (self.store.read(seq, &mut scratch), self.store.note(seq)) {
                (Some(line), _) => text.push_str(&self.veil(Cow::Borrowed(&line.text))),
                (None, Some(Note::Gap(gap))) => text.push_str(&gap_text(gap)),
                (None, Some(Note::Restart)) => text.push_str("── the log began anew ──"),
                (None, None) => return text,
            }
            text.push('\n');
            text
        })
    }

    /// The lines that are shown, as JSON, one a line.
    pub fn shown_json(&self, most: usize) -> String {
        let mut scratch = Scratch::default();
        let lines = self.newest_shown(most).into_iter().filter_map(|it| self.store.read(it, &mut scratch));
        lines.map(|it| self.veil_json(json(&it))).fold(String::new(), |mut text, line| {
            let _ = writeln!(text, "{line}");
            text
        })
    }

    fn newest_shown(&self, most: usize) -> Vec<Seq> {
        let mut all = Vec::new();
        let mut end = self.ceiling();
        while let Some(seq) = self.shown_before(end).filter(|_| all.len() < most) {
            all.push(seq);
            end = seq;
        }
        all.reverse();
        all
    }
}

/// `── 312 lines lost, 2.1 s (this reader was too slow) ──`
pub fn gap_text(gap: &LogGap) -> String {
    format!("── {} ──", gap_words(gap))
}

/// How many lines are lost, in how long, and why: `312 lines lost, 2.1 s (this reader was too slow)`.
pub fn gap_words(gap: &LogGap) -> String {
    let took = gap.to.since(gap.from);
    let took = match took.0 {
        ..=0 => String::new(),
        1..60_000 => format!(", {}.{} s", took.0 / 1000, took.0 % 1000 / 100),
        _ => format!(", {}", took.long()),
    };
    let lines = if gap.count == 1 { "line" } else { "lines" };
    // A reason that only a newer version knows is said by its word.
    let why = gap.reason.said();
    let why = if why.is_empty() { String::new() } else { format!(" ({why})") };
    format!("{} {lines} lost{took}{why}", gap.count)
}

/// A line as one JSON object. Values of fields are written as they came: a number of thirty digits keeps them all.
pub fn json(line: &Line<'_>) -> String {
    raw(&record(line)).map_or_else(String::new, |it| it.get().to_owned())
}

fn raw(value: &impl serde::Serialize) -> Option<Box<RawValue>> {
    to_raw_value(value).ok()
}

/// Fields as they follow each other in their line.
struct InOrder(Vec<(String, Box<RawValue>)>);

impl serde::Serialize for InOrder {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

fn record(line: &Line<'_>) -> BTreeMap<&'static str, Box<RawValue>> {
    let mut all = BTreeMap::new();
    let mut put = |name: &'static str, value: Option<Box<RawValue>>| {
        all.extend(value.filter(|it| it.get() != "null").map(|it| (name, it)));
    };
    put("time", raw(&line.at));
    put("level", raw(&line.level.word()));
    put("kind", raw(&line.origin.kind.word()));
    put("service", raw(&line.origin.service));
    put("deployment", raw(&line.origin.deployment));
    put("replica", raw(&line.origin.replica).filter(|_| line.origin.replica > 0));
    put("offset", raw(&line.off));
    put("text", raw(&line.text));
    if let Some(parsed) = fields::parse(&line.text, line.flags) {
        let mut fields: Vec<(String, Box<RawValue>)> = Vec::new();
        for it in &parsed.rest {
            let plain = it.kind == fields::Kind::Text;
            let value = if plain { None } else { serde_json::from_str::<Box<RawValue>>(&it.value).ok() };
            let Some(value) = value.or_else(|| raw(&it.value)) else { continue };
            // A name that is there twice has its last value, as most who read JSON take it; some take nothing of such an object.
            match fields.iter_mut().find(|(name, _)| *name == it.name) {
                Some((_, old)) => *old = value,
                None => fields.push((it.name.to_string(), value)),
            }
        }
        put("message", raw(&parsed.message));
        put("fields", raw(&InOrder(fields)));
    }
    all
}

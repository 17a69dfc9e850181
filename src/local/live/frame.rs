//! Frames as text, built around payloads that were serialised once for all watchers.

use std::fmt::Write as _;

use crate::model::metric::MetricPoint;
use crate::wire::stream::{MAX_BATCH, MAX_SERVER_FRAME, ServerFrame};

use super::view::to_json;

/// Room for what is around the payload of a frame.
const AROUND: usize = 256;

/// Any frame.
pub fn plain(frame: &ServerFrame) -> String {
    to_json(frame)
}

/// `item` around the JSON of a change.
pub fn item(sub: u32, object: &str) -> String {
    around(object.len(), |out| write!(out, r#"{{"t":"item","sub":{sub},"obj":{object}}}"#))
}

/// `ev` around the JSON of its changes; `None` when it would be too large for a frame.
pub fn ev(sub: u32, n: u64, rev: u64, changes: &str) -> Option<String> {
    let fits = changes.len() + AROUND <= MAX_SERVER_FRAME;
    fits.then(|| around(changes.len(), |out| write!(out, r#"{{"t":"ev","sub":{sub},"n":{n},"rev":{rev},"changes":{changes}}}"#)))
}

/// `log` around a [`List`].
pub fn log(sub: u32, n: u64, lines: &List) -> String {
    around(lines.text.len(), |out| write!(out, r#"{{"t":"log","sub":{sub},"n":{n},"lines":[{}]}}"#, lines.text))
}

/// `met` around a [`List`].
pub fn met(sub: u32, n: u64, points: &List) -> String {
    around(points.text.len(), |out| write!(out, r#"{{"t":"met","sub":{sub},"n":{n},"points":[{}]}}"#, points.text))
}

fn around(payload: usize, fill: impl FnOnce(&mut String) -> std::fmt::Result) -> String {
    let mut out = String::with_capacity(payload + AROUND);
    // Writing into a String cannot fail.
    let _ = fill(&mut out);
    out
}

/// A JSON list in the making that stays within one frame.
#[derive(Debug)]
pub struct List {
    text: String,
    count: usize,
    most: usize,
}

impl List {
    /// A list for a frame of at most so many bytes, or of one element that is longer.
    pub const fn up_to(most: usize) -> Self {
        Self { text: String::new(), count: 0, most }
    }

    /// Adds `it` unless the frame would be too large; says whether it was added.
    pub fn add<T: serde::Serialize>(&mut self, it: &T) -> bool {
        if self.count == MAX_BATCH {
            return false;
        }
        let json = to_json(it);
        if self.count > 0 && self.text.len() + json.len() + AROUND > self.most {
            return false;
        }
        if self.count > 0 {
            self.text.push(',');
        }
        self.text.push_str(&json);
        self.count += 1;
        true
    }
}

/// How many of `points` fit into one list, and the list.
pub fn fill_points<'a>(points: impl Iterator<Item = &'a MetricPoint>) -> (List, usize) {
    let mut list = List::up_to(MAX_SERVER_FRAME);
    let taken = points.take_while(|point| list.add(point)).count();
    (list, taken)
}

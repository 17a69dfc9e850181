//! Logs: a store bounded by bytes, and all that is looked at of it.

mod block;
mod controls;
mod copy;
mod fields;
mod filter;
mod histogram;
mod history;
mod ingest;
mod intake;
mod jump;
mod line;

mod matcher;
mod motion;
mod rows;
mod search;
mod sgr;
mod shape;
mod shown;
mod stamp;
mod store;
mod view;
mod wrap;

pub use copy::gap_text;
pub use fields::{Field, Fields, Kind};
pub use filter::{Filter, Hidden, LogScope, TextFilter};
pub use histogram::Volume;
pub use history::Edge;
pub use intake::Logs;
pub use line::{Flags, Line, Note, Origin, Seq};
pub use matcher::{Matcher, Mistake};
pub use rows::{Body, Columns, Run, Shown, Text};
pub use search::{Found, Jump};
pub use sgr::{Ink, Sgr, clean};
pub use shape::Part;
pub use stamp::Clockface;
pub use store::Store;
pub use view::{Stamps, View};

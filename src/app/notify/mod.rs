//! What calls a person, once: which events are told, by which ways, in which hours; and watch expressions.

pub mod judge;
pub mod kind;
pub mod list;
pub mod measure;
pub mod news;
pub mod quiet;
pub mod read;
pub mod rules;
pub mod tally;
pub mod tell;
pub mod told;
pub mod watch;
pub mod watching;

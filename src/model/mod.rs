//! The language of trackside: what a deploy platform is made of, as plain values. No I/O, no clock.

pub mod audit;
pub mod day_times;
pub mod deploy;
pub mod event;
pub mod fields;
pub mod ids;
pub mod incident;
pub mod link;
pub mod log;
pub mod lookalike;
pub mod metric;
pub mod project;
pub mod query;
pub mod request;
pub mod response;
pub mod secret;
pub mod service;
pub mod size;
pub mod text;
pub mod time;
pub mod words;

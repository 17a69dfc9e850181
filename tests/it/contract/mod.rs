//! The contract of API and stream, against the real server over a real socket.

mod day_before;
mod db;
mod degraded;
pub mod desk;
mod docs;
mod log_command;
mod measure;
mod odd_frames;
mod rest;
pub mod samples;
mod serving;
mod slow;
mod strangers;
mod stream;
mod tokens;
mod torn;
pub mod watch;

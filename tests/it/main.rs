//! Everything that is tested from outside, in one binary: each further file under `tests/` would link the whole crate again.

mod app;
mod app_laws;
mod architecture;
mod commands;
mod config;
mod dash;
mod encode;
mod fixture;
mod logs;
mod logs_laws;
mod pty;
mod screens;
mod local_logs;
mod local_proxy;
mod local_rules;
mod local_series;
mod pipeline;
mod recovery;
mod site;
mod turn;

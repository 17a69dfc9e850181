//! The command line: for people at a prompt and for scripts. Every subcommand has its file.

mod args;
mod clock;
mod dashboard;
mod demo;
mod deploy;
mod exit;
mod handoff;
mod incident;
mod incident_args;
mod log_file;
mod log_pages;
mod logs;
mod main;
mod names;
mod out;
mod project;
mod reach;
mod serve;
mod service;
mod service_args;
mod status;
mod token;
mod token_args;
mod typed;
mod watch;

pub use main::main;

//! Everything that is tested from outside, in one binary: each further file under `tests/` would link the whole crate again.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test's own helpers may stop at the first surprise, as tests do"
)]

mod acked;
mod app;
mod app_laws;
mod architecture;
mod axis;
mod bad_builds;
mod bad_repos;
mod beat;
mod cage;
mod cases;
mod chaos;
mod commands;
mod config;
mod contexts;
mod contexts_pty;
mod contract;
mod credentials;
mod dash;
mod deploys;
mod deploys_laws;
mod encode;
mod figures;
mod fixture;
mod full_disk;
mod fuzz;
mod hostile;
mod hostile_cli;
mod incidents;
mod keys;
mod layout;
mod limits;
mod local_logs;
mod local_logs_fair;
mod local_logs_volume;
mod local_proxy;
mod local_rules;
mod local_series;
mod locator;
mod log_filters;
mod logs;
mod logs_around;
mod logs_cold;
mod logs_hard;
mod logs_laws;
mod logs_patterns;
mod logs_reading;
mod logs_record;
mod long;
mod metrics;
mod monkey;
mod notify;
mod notify_once;
mod notify_pty;
mod notify_watch;
mod palette;
mod pipeline;
mod pty;
mod pty_faults;
mod query;
mod recovery;
mod replay;
mod reports;
mod response;

mod rig;
mod screens;
mod scripting;
mod seeded;
mod sim;
mod site;
mod skewed;
mod source_fake;
mod source_faults;
mod source_floods;
mod source_link;
mod source_model;
mod source_proxy;
mod source_real;
mod source_session;
mod source_tls;
mod source_wire;
mod source_world;
mod story;
mod supervise;
mod switching;
mod time;
mod timeline;
mod turn;
mod week;

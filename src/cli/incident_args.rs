//! What can be typed after `trackside incident` and `trackside handoff`. The comments here are the help.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};

use super::{live, typed};
use crate::model::incident::Severity;

/// `incident …`
#[derive(Clone, Debug, Subcommand)]
pub enum Incident {
    /// Declare an incident that no rule has seen
    Declare {
        /// P1 (worst) to P4
        #[arg(value_parser = typed::severity)]
        severity: Severity,
        /// `project/service`, or `service` where that is unique, or a project
        #[arg(add = live::places())]
        place: String,
        /// What is wrong, in a line
        title: String,
    },
    /// The draft of the review: timeline, what changed, charts, log, steps
    Export {
        /// Its id, or the beginning of it
        #[arg(add = live::incidents())]
        incident: String,
        #[command(flatten)]
        to: To,
    },
}

/// `handoff`
#[derive(Clone, Debug, Args)]
pub struct Handoff {
    /// How far back it looks, as `12h`
    #[arg(long, value_name = "TIME", value_parser = typed::span, default_value = "12h")]
    pub since: Duration,
    #[command(flatten)]
    pub to: To,
}

/// Where a report goes besides stdout.
#[derive(Clone, Debug, Args)]
pub struct To {
    /// Into this file, which must not be there yet
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Onto the clipboard, through the terminal
    #[arg(long, conflicts_with = "output")]
    pub copy: bool,
}

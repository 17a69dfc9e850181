//! What can be typed after `trackside replay`. The comments here are the help.

use std::path::PathBuf;

use clap::Args;

use super::typed;

const EXAMPLES: &str = "\
Examples:
  trackside --record incident.tsr.zst             record what comes in, while you look at it
  trackside replay incident.tsr.zst               show it as it was
  trackside replay incident.tsr.zst --at 14:02 --speed 4
  trackside replay incident.tsr.zst --info --json   what is in it

Keys: , pauses, . steps to the next thing that happened, alt-, and alt-. go 30 s back and on, alt-< and alt-> halve and
double the speed, :replay.seek 14:02 (or +5m, -30s, 40%) goes there. Nothing can be written, and nobody is told anything.";

/// `replay`
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Replay {
    /// The recording
    pub file: PathBuf,
    /// So many times as fast as it was, from 0.125 to 1024
    #[arg(long, value_name = "N", default_value = "1", value_parser = typed::speed)]
    pub speed: f64,
    /// Begin at this instant: 14:02, +5m (from its beginning), 40%
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub at: Option<String>,
    /// Begin standing still
    #[arg(long)]
    pub paused: bool,
    /// Say what is in it instead
    #[arg(long)]
    pub info: bool,
}

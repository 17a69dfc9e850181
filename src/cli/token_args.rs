//! What can be typed after `trackside token`. The comments here are the help.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};

use super::typed;
use crate::model::project::Role;

const EXAMPLES: &str = "\
Examples:
  trackside token create ci --role developer --expires 30d --file ci.token
  trackside --url http://127.0.0.1:4100 --token-file ci.token status
  trackside token create grafana > grafana.token       the token alone is on standard output

What the roles may do:
  viewer      look
  developer   deploy, restart, roll back, scale, set variables, work on incidents
  admin       also create and remove projects, remove services, hand out tokens
  owner       also hand out tokens of owners";

/// `token …`
#[derive(Clone, Debug, Subcommand)]
pub enum Token {
    /// Make a token; it is shown this once
    #[command(after_help = EXAMPLES)]
    Create(NewToken),
    /// List who has tokens
    List,
    /// Revoke a token; what it holds open ends at once
    Revoke {
        /// Its name
        name: String,
    },
}

/// `token create`
#[derive(Clone, Debug, Args)]
pub struct NewToken {
    /// Whose it is, as the audit trail will name it: lower-case letters, digits and `-`
    pub name: String,
    /// What it may do: viewer, developer, admin, owner
    #[arg(long, default_value = "viewer", value_parser = typed::role)]
    pub role: Role,
    /// How long it is good for, as `12h` or `30d`; until it is revoked without it
    #[arg(long, value_name = "TIME", value_parser = typed::span)]
    pub expires: Option<Duration>,
    /// Write it to this new file, readable by you alone, instead of showing it
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
}

//! What can be typed after `trackside config`, `trackside context` and `trackside login`. The comments here are the help.

use clap::{Args, Subcommand};

use super::live;

const CONTEXTS: &str = "\
Examples:
  trackside context add prod --url https://deploy.example.com --production
  trackside login --context prod                  asks for the token, and keeps it
  trackside context use prod                      from now on, unless --context says otherwise
  trackside --context local status                the platform of this machine, this once
  trackside context add ci --url https://deploy.example.com --token-command 'pass show trackside/ci'";

const LOGIN: &str = "\
Examples:
  trackside login --context prod                  asks for the token without showing it
  pass show prod | trackside login --context prod   reads it from standard input
  trackside login --context prod --keyring        keeps it in the desktop's keyring

A token is made on the platform: `trackside token create NAME --role developer`. It is tried before it is kept.";

/// `config …`
#[derive(Clone, Debug, Subcommand)]
pub enum Config {
    /// Read the config file and say all that is wrong with it; exit code 1 if anything is
    Check,
    /// Show every setting as it counts now
    Show {
        /// With where each came from: the file and its line, the environment, the command line, the default
        #[arg(long)]
        origin: bool,
    },
    /// Write a config file with every setting and its default, none of them set
    Init,
    /// Say where the config file is
    Path,
    /// Print the JSON schema of the config file, for editors
    Schema,
}

/// `context …`
#[derive(Clone, Debug, Subcommand)]
#[command(after_help = CONTEXTS)]
pub enum Context {
    /// List the contexts; the one that is used is marked
    List,
    /// Use this context when nobody names one
    Use {
        /// Its name
        #[arg(add = live::contexts())]
        name: String,
    },
    /// Add a context to the config file: its address with --url, its certificate with --ca-file, its token's file with --token-file
    Add(Box<NewContext>),
    /// Take a context out of the config file, with the token that `login` kept for it
    #[command(alias = "rm")]
    Remove {
        /// Its name
        #[arg(add = live::contexts())]
        name: String,
    },
}

/// `context add`
#[derive(Clone, Debug, Args)]
pub struct NewContext {
    /// What it is called: letters, digits, `-`, `_` and `.`
    pub name: String,
    /// Customers are here: a bar in the dashboard, and names must be typed before writes
    #[arg(long)]
    pub production: bool,
    /// Never write there
    #[arg(long)]
    pub read_only: bool,
    /// Theme of the dashboard there
    #[arg(long, value_name = "NAME", add = live::themes())]
    pub theme: Option<String>,
    /// Project or `project/service` that is shown first
    #[arg(long, value_name = "SCOPE")]
    pub scope: Option<String>,
    /// Command that prints the token; split at blanks, run without a shell
    #[arg(long, value_name = "COMMAND")]
    pub token_command: Option<String>,
    /// Environment variable that holds the token
    #[arg(long, value_name = "NAME")]
    pub token_env: Option<String>,
    /// Use it from now on when nobody names one
    #[arg(long = "use")]
    pub chosen: bool,
}

/// `login`
#[derive(Clone, Debug, Args)]
#[command(after_help = LOGIN)]
pub struct Login {
    /// Keep the token in the desktop's keyring (through `secret-tool`) instead of a file
    #[arg(long)]
    pub keyring: bool,
}

//! What can be typed after `trackside`. The comments here are the help.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};

const EXIT_CODES: &str = "\
Exit codes:
  0    it was done
  1    it was tried and failed (a deployment failed, the platform refused)
  2    the command is wrong, or the dashboard has no terminal
  3    the platform cannot be reached
  4    not signed in, or not allowed
  5    there is no such project, service, deployment or incident
  124  --timeout ran out

A service is named `project/service`, or `service` where that is unique.";

const EXAMPLES: &str = "\
Examples:
  trackside                                       the dashboard
  trackside demo                                  watch it at work, with nothing set up
  trackside serve                                 run the embedded platform
  trackside project create shop
  trackside service create shop/api --repo ~/src/api --var LOG_LEVEL=debug
  trackside deploy shop/api --wait --timeout 5m
  trackside logs api -f --level warn
  trackside status --json | jq '.services[].health'";

/// The control room for a deploy platform, in the terminal.
#[derive(Debug, Parser)]
#[command(name = "trackside", version, after_help = EXAMPLES, after_long_help = format!("{EXAMPLES}\n\n{EXIT_CODES}"), max_term_width = 100)]
pub struct Cli {
    #[command(flatten)]
    pub common: Common,
    #[command(flatten)]
    pub look: Look,
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// Which platform, and how to answer.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Common options")]
pub struct Common {
    /// Address of the platform; without it, the one that runs on this machine
    #[arg(long, global = true, value_name = "URL")]
    pub url: Option<String>,
    /// File with the platform's token, readable by you alone (or set TRACKSIDE_TOKEN)
    #[arg(long, global = true, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// File with a certificate (PEM) to trust beside the machine's own: of your authority, or of the platform itself
    #[arg(long, global = true, value_name = "FILE")]
    pub ca_file: Option<PathBuf>,
    /// Data folder of the platform on this machine
    #[arg(long, global = true, value_name = "FOLDER")]
    pub data: Option<PathBuf>,
    /// Answer in JSON: one value, or one a line
    #[arg(long, global = true)]
    pub json: bool,
    /// Read this config file instead of the usual one
    #[arg(long, global = true, value_name = "FILE", env = "TRACKSIDE_CONFIG")]
    pub config: Option<PathBuf>,
}

/// How the dashboard looks.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Dashboard options")]
pub struct Look {
    /// Theme of the dashboard: night, day, ansi, mono, or one of your own
    #[arg(long, value_name = "NAME")]
    pub theme: Option<String>,
    /// Show times in UTC
    #[arg(long)]
    pub utc: bool,
    /// Draw nothing outside ASCII
    #[arg(long)]
    pub ascii: bool,
    /// Take mouse clicks and the wheel
    #[arg(long)]
    pub mouse: bool,
    /// Never write: every key that would change something is refused
    #[arg(long)]
    pub read_only: bool,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the embedded platform in the foreground; ctrl-c stops it, and all it runs
    Serve(Serve),
    /// Watch a platform at work: real repositories, real traffic, a story of a few minutes; leaves nothing behind
    Demo(Demo),
    /// Create and list projects
    #[command(subcommand)]
    Project(Project),
    /// Create, list and remove services
    #[command(subcommand)]
    Service(Service),
    /// Deploy the newest commit of a service
    Deploy(Deploy),
    /// Build the same commit of a service anew
    Redeploy(Redeploy),
    /// Start the running release of a service anew, replica by replica
    Restart {
        /// `project/service`, or `service` where that is unique
        service: String,
    },
    /// Put an earlier release of a service back
    Rollback(Rollback),
    /// Cancel the running deployment of a service
    Cancel {
        /// A service, or the id of a deployment
        target: String,
    },
    /// Say how everything stands
    Status {
        /// Only this project or service
        scope: Option<String>,
    },
    /// Show log lines
    Logs(Logs),
    /// List incidents that are open
    Incidents {
        /// The resolved ones too
        #[arg(long)]
        all: bool,
    },
    /// Acknowledge an incident: you have it
    Ack {
        /// Its id, or the beginning of it
        incident: String,
    },
    /// Resolve an incident
    Resolve {
        /// Its id, or the beginning of it
        incident: String,
        /// What it was
        #[arg(long)]
        reason: Option<String>,
    },
    /// Write a note to an incident
    Note {
        /// Its id, or the beginning of it
        incident: String,
        /// The note
        text: String,
    },
}

/// `serve`
#[derive(Clone, Debug, Args)]
pub struct Serve {
    /// Address to listen on, on this machine; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    pub listen: SocketAddr,
    /// A host name under which it may be asked for, besides this machine's own
    #[arg(long, value_name = "NAME")]
    pub allowed_host: Vec<String>,
}

/// `demo`
#[derive(Clone, Debug, Args)]
pub struct Demo {
    /// Without a screen: say in lines what happens
    #[arg(long)]
    pub headless: bool,
    /// End after so many seconds
    #[arg(long, value_name = "N", requires = "headless")]
    pub seconds: Option<u64>,
}

/// `project …`
#[derive(Clone, Debug, Subcommand)]
pub enum Project {
    /// Create a project
    Create {
        /// Lower-case letters, digits and `-`
        name: String,
        /// Name of its first environment
        #[arg(long, value_name = "NAME")]
        environment: Option<String>,
        /// Customers are here: names must be typed before writes, a failed deploy is an incident
        #[arg(long)]
        production: bool,
    },
    /// List projects
    List,
}

/// `service …`
#[derive(Clone, Debug, Subcommand)]
pub enum Service {
    /// Create a service; deploy it then
    Create(Box<NewService>),
    /// List services
    List {
        /// Only those of this project
        project: Option<String>,
    },
    /// Remove a service and stop all it runs
    Remove {
        /// `project/service`, or `service` where that is unique
        service: String,
    },
}

/// `service create`
#[derive(Clone, Debug, Args)]
pub struct NewService {
    /// `project/service`
    pub name: String,
    /// Its repository: a git URL or a local path
    #[arg(long, value_name = "URL")]
    pub repo: String,
    /// Branch to deploy; the repository's own default without it
    #[arg(long)]
    pub branch: Option<String>,
    /// Folder inside the repository to build in
    #[arg(long, value_name = "FOLDER")]
    pub root: Option<String>,
    /// A variable of its environment; may be given often
    #[arg(long = "var", value_name = "NAME=VALUE", value_parser = variable)]
    pub variables: Vec<(String, String)>,
    /// Copies that run
    #[arg(long, value_name = "N")]
    pub replicas: Option<u16>,
    /// Path that must answer before traffic moves over
    #[arg(long, value_name = "PATH")]
    pub health: Option<String>,
}

/// Waiting for the end of a deployment.
#[derive(Clone, Debug, Args)]
pub struct Wait {
    /// Wait until it is live or has failed; the exit code says which
    #[arg(long)]
    pub wait: bool,
    /// Wait at most so long, as `90s` or `10m`; the deployment goes on
    #[arg(long, value_name = "TIME", value_parser = span, requires = "wait")]
    pub timeout: Option<Duration>,
}

/// `deploy`
#[derive(Clone, Debug, Args)]
pub struct Deploy {
    /// `project/service`, or `service` where that is unique
    pub service: String,
    /// Another branch than the service's
    #[arg(long)]
    pub branch: Option<String>,
    /// This commit instead of the newest: its whole hash, or the beginning of one that was deployed before
    #[arg(long)]
    pub commit: Option<String>,
    #[command(flatten)]
    pub wait: Wait,
}

/// `redeploy`
#[derive(Clone, Debug, Args)]
pub struct Redeploy {
    /// `project/service`, or `service` where that is unique
    pub service: String,
    /// This deployment's commit instead of the running one's
    #[arg(long, value_name = "ID")]
    pub deployment: Option<String>,
    #[command(flatten)]
    pub wait: Wait,
}

/// `rollback`
#[derive(Clone, Debug, Args)]
pub struct Rollback {
    /// `project/service`, or `service` where that is unique
    pub service: String,
    /// The deployment to go back to (id, or the beginning of its id or commit); the one before without it
    #[arg(long, value_name = "DEPLOYMENT")]
    pub to: Option<String>,
    #[command(flatten)]
    pub wait: Wait,
}

/// `logs`
#[derive(Clone, Debug, Args)]
pub struct Logs {
    /// Only this service, or this project
    pub service: Option<String>,
    /// Go on with new lines as they come
    #[arg(short, long)]
    pub follow: bool,
    /// Lines of the past
    #[arg(short = 'n', long, value_name = "N", default_value_t = 100)]
    pub lines: usize,
    /// This level and louder: trace, debug, info, warn, error, fatal
    #[arg(long, value_parser = level)]
    pub level: Option<crate::model::log::Level>,
    /// Lines of builds
    #[arg(long)]
    pub build: bool,
    /// Only lines of this deployment
    #[arg(long, value_name = "ID")]
    pub deployment: Option<String>,
    /// Only lines with this text in them
    #[arg(long, value_name = "TEXT")]
    pub grep: Option<String>,
}

fn variable(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("should be NAME=VALUE".to_owned()),
    }
}

fn span(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text).map_err(|_| "should be a length of time, as `90s` or `10m`".to_owned())
}

fn level(text: &str) -> Result<crate::model::log::Level, String> {
    let words = crate::model::log::Level::ALL;
    words
        .into_iter()
        .find(|it| it.word() == text.to_ascii_lowercase())
        .ok_or_else(|| format!("should be one of {}", words.map(crate::model::log::Level::word).join(", ")))
}

//! What can be typed after `trackside`. The comments here are the help.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use super::config_args;
use super::deploy_args::{Deploy, Deployments, Redeploy, Rollback, WaitFor};
use super::incident_args::{Handoff, Incident};
use super::live;
use super::metrics::Metrics;
use super::replay_args::Replay;
use super::serve::Serve;
use super::service_args::Service;
use super::token_args::Token;
use super::typed;
use crate::model::incident::{Severity, Step};

const MORE: &str = "\
Texts (`trackside help TEXT`): config, contexts, exit-codes, json, keys, query, security, ssh

A service is named `project/service`, or `service` where that is unique.";

const EXAMPLES: &str = "\
Examples:
  trackside                                       the dashboard
  trackside demo                                  watch it at work, with nothing set up
  trackside serve                                 run the embedded platform
  trackside project create shop
  trackside service create shop/api --repo ~/src/api --var LOG_LEVEL=debug
  trackside deploy shop/api --wait --timeout 5m
  trackside service set shop/api branch=main replicas=3 health=/healthz
  trackside token create ci --role developer --expires 30d --file ci.token
  trackside logs api -f 'level:>=warn -healthz'
  trackside status --json | jq '.services[].health'";

const LOGS: &str = "\
Examples:
  trackside logs api                              the newest 100 lines
  trackside logs api -f 'level:>=warn -healthz'   what goes wrong, as it happens
  trackside logs '@status:500..599' --since 1h    one argument that can be no name is a query
  trackside logs shop/web '/5\\d\\d/' --since 14:05 --until 14:20 --json
  trackside logs api --deploy a1b9f3c --build     how that commit was built

The query language is described in the README, and in the dashboard by :logs.query.";

const COMPLETIONS: &str = "\
Load them from the file your shell reads at its start:
  bash        source <(trackside completions bash)
  zsh         source <(trackside completions zsh)        after compinit
  fish        trackside completions fish | source
  PowerShell  trackside completions powershell | Out-String | Invoke-Expression

Names of projects, services, deployments and incidents are those of the platform the line means.";

/// The control room for a deploy platform, in the terminal.
#[derive(Debug, Parser)]
#[command(name = "trackside", version, after_help = EXAMPLES, after_long_help = format!("{EXAMPLES}\n\n{MORE}"), max_term_width = 100, disable_help_subcommand = true)]
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
    /// Name of the context: which platform, and how one gets in (or set TRACKSIDE_CONTEXT)
    #[arg(long, global = true, value_name = "NAME", conflicts_with = "url", add = live::contexts())]
    pub context: Option<String>,
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
    /// Theme of the dashboard: auto (night or day, by the terminal's background), night, day, contrast, colorblind, ansi, mono, or
    /// one of your own
    #[arg(long, value_name = "NAME", add = live::themes())]
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
    /// Never write: every key or command that would change something is refused
    #[arg(long)]
    pub read_only: bool,
    /// Write down what comes in, for `trackside replay`; packed where the name ends in .zst. The file must not be there yet
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the embedded platform in the foreground; ctrl-c stops it, and all it runs
    Serve(Serve),
    /// Watch a platform at work: real repositories, real traffic, a story of a few minutes; leaves nothing behind
    Demo(Demo),
    /// Open the dashboard at a view: what `y y` or `:locator` in it copies
    Open {
        /// As 'prod/shop/api?at=14:02Z&logs=level:error'; in quotes, for the shell
        locator: String,
    },
    /// Say how everything stands
    Status {
        /// Only this project or service
        #[arg(add = live::places())]
        scope: Option<String>,
    },
    /// List projects
    Projects,
    /// List services
    Services {
        /// Only those of this project
        #[arg(add = live::projects())]
        project: Option<String>,
    },
    /// List deployments, newest first
    Deployments(Deployments),
    /// Show what was measured of a service
    Metrics(Metrics),
    /// Wait until deployments have ended, or services are healthy
    Wait(WaitFor),
    /// Create and remove projects
    #[command(subcommand)]
    Project(Project),
    /// Create, change and remove services
    #[command(subcommand)]
    Service(Service),
    /// Choose, list, add and remove contexts: platforms by name
    #[command(subcommand)]
    Context(config_args::Context),
    /// Check, show and begin the config file
    #[command(subcommand)]
    Config(config_args::Config),
    /// Keep a token for a context, once it was tried
    Login(config_args::Login),
    /// Take the token of a context out again that `login` kept
    Logout,
    /// Say who one is on the platform, and what one may do
    Whoami,
    /// Hand out and take back tokens for people and programs
    #[command(subcommand)]
    Token(Token),
    /// Deploy the newest commit of a service
    Deploy(Deploy),
    /// Build the same commit of a service anew
    Redeploy(Redeploy),
    /// Start the running release of a service anew, replica by replica
    Restart {
        /// `project/service`, or `service` where that is unique; `-`: one a line from standard input
        #[arg(add = live::services())]
        service: String,
    },
    /// Run this many copies of a service
    Scale {
        /// `project/service`, or `service` where that is unique; `-`: one a line from standard input
        #[arg(add = live::services())]
        service: String,
        /// How many; 0 runs none and keeps the release
        replicas: u16,
    },
    /// Stop a service; `restart` starts its last release again
    Stop {
        /// `project/service`, or `service` where that is unique; `-`: one a line from standard input
        #[arg(add = live::services())]
        service: String,
    },
    /// Put an earlier release of a service back
    Rollback(Rollback),
    /// Cancel the running deployment of a service
    Cancel {
        /// A service, or the id of a deployment; `-`: one a line from standard input
        #[arg(add = live::targets())]
        target: String,
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
        /// Its id, or the beginning of it; `-`: one a line from standard input
        #[arg(add = live::incidents())]
        incident: String,
    },
    /// Say that the harm of an incident is stopped, though not its cause
    Mitigate {
        /// Its id, or the beginning of it; `-`: one a line from standard input
        #[arg(add = live::incidents())]
        incident: String,
    },
    /// Open a resolved incident again
    Reopen {
        /// Its id, or the beginning of it; `-`: one a line from standard input
        #[arg(add = live::incidents())]
        incident: String,
    },
    /// Say how bad an incident is
    Severity {
        /// Its id, or the beginning of it; `-`: one a line from standard input
        #[arg(add = live::incidents())]
        incident: String,
        /// P1 (worst) to P4
        #[arg(value_parser = typed::severity)]
        severity: Severity,
    },
    /// Tick a step of an incident's runbook
    Step {
        /// Its id, or the beginning of it; `-`: one a line from standard input
        #[arg(add = live::incidents())]
        incident: String,
        /// Which step; a wrong word lists them
        #[arg(value_parser = typed::step)]
        step: Step,
        /// Take the tick away again
        #[arg(long)]
        undo: bool,
    },
    /// Declare an incident, or draft its review
    #[command(subcommand)]
    Incident(Incident),
    /// What the next one on call must know: incidents, deployments, changes, notes
    Handoff(Handoff),
    /// Resolve an incident
    Resolve {
        /// Its id, or the beginning of it; `-`: one a line from standard input
        #[arg(add = live::incidents())]
        incident: String,
        /// What it was
        #[arg(long)]
        reason: Option<String>,
    },
    /// Write a note to an incident
    Note {
        /// Its id, or the beginning of it; `-`: one a line from standard input
        #[arg(add = live::incidents())]
        incident: String,
        /// The note
        text: String,
    },
    /// Show a recording, made with --record, as it was then
    Replay(Replay),
    /// Look at everything that must be right, and say what to do where it is not
    Doctor,
    /// Print the completions of a shell, with live names
    #[command(after_help = COMPLETIONS)]
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the manual page: trackside man > trackside.1
    Man,
    /// Print help: of a command, or a text about one thing
    Help {
        /// A command, or a text: config, contexts, exit-codes, json, keys, query, security, ssh
        #[arg(value_name = "COMMAND|TEXT")]
        words: Vec<String>,
    },
}

/// A shell that completions are known for.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub enum Shell {
    Bash,
    Zsh,
    Fish,
    Powershell,
    Elvish,
}

impl Shell {
    /// Its name.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Bash => "bash",
            Self::Zsh => "zsh",
            Self::Fish => "fish",
            Self::Powershell => "powershell",
            Self::Elvish => "elvish",
        }
    }
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
    /// The same as `trackside projects`
    #[command(hide = true)]
    List,
    /// Remove a project that has no services left
    Remove {
        /// Its name
        #[arg(add = live::projects())]
        name: String,
    },
}

/// `logs`
#[derive(Clone, Debug, Args)]
#[command(after_help = LOGS)]
pub struct Logs {
    /// Only this service, or this project; "" for all
    #[arg(add = live::places())]
    pub service: Option<String>,
    /// Only lines that this finds: 'level:>=warn @status:500..599 -healthz "connection reset"'
    #[arg(allow_hyphen_values = true)]
    pub query: Option<String>,
    /// Go on with new lines as they come, over restarts and new deployments
    #[arg(short, long, conflicts_with = "until")]
    pub follow: bool,
    /// Lines of the past [default: 100, or all with --since]
    #[arg(short = 'n', long, value_name = "N")]
    pub lines: Option<usize>,
    /// Only lines from this time on: 15m, 14:05, 2026-01-31T14:05, RFC 3339
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub since: Option<String>,
    /// Only lines up to this time
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub until: Option<String>,
    /// Only lines of this deployment: its id, or the beginning of its commit
    #[arg(long, value_name = "ID", alias = "deployment", add = live::deployments())]
    pub deploy: Option<String>,
    /// Lines of builds
    #[arg(long)]
    pub build: bool,
    /// This level and louder: trace, debug, info, warn, error, fatal
    #[arg(long, value_parser = typed::level)]
    pub level: Option<crate::model::log::Level>,
    /// Only lines with this text in them, whatever its case
    #[arg(long, value_name = "TEXT")]
    pub grep: Option<String>,
}

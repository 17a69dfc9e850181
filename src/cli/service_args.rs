//! What can be typed after `trackside service`. The comments here are the help.

use clap::{Args, Subcommand};

use super::{live, typed};
use crate::model::service::ServiceKind;

const SET_EXAMPLES: &str = "\
Examples:
  trackside service set shop/api branch=release replicas=3
  trackside service set shop/api health=/healthz cpu=0.5 memory=256M
  trackside service set shop/api branch= memory=     the repository's own branch, no bound on memory";

const VARIABLE_EXAMPLES: &str = "\
Examples:
  trackside service set-variable shop/api LOG_LEVEL=debug CACHE=off
  trackside deploy shop/api --wait                   variables take effect with a deployment";

/// `service …`
#[derive(Clone, Debug, Subcommand)]
pub enum Service {
    /// Create a service; deploy it then
    Create(Box<NewService>),
    /// The same as `trackside services`
    #[command(hide = true)]
    List {
        /// Only those of this project
        project: Option<String>,
    },
    /// Change settings of a service
    #[command(after_help = SET_EXAMPLES)]
    Set {
        /// `project/service`, or `service` where that is unique
        #[arg(add = live::services())]
        service: String,
        /// What to change: repo, branch, root, health, replicas, cpu, memory; an empty value takes a setting away
        #[arg(required = true, value_name = "SETTING=VALUE")]
        settings: Vec<String>,
    },
    /// Set variables of a service; they take effect with the next deployment
    #[command(after_help = VARIABLE_EXAMPLES)]
    SetVariable {
        /// `project/service`, or `service` where that is unique
        #[arg(add = live::services())]
        service: String,
        /// The variables
        #[arg(required = true, value_name = "NAME=VALUE", value_parser = typed::variable)]
        variables: Vec<(String, String)>,
    },
    /// Take variables of a service away; takes effect with the next deployment
    UnsetVariable {
        /// `project/service`, or `service` where that is unique
        #[arg(add = live::services())]
        service: String,
        /// Their names
        #[arg(required = true, value_name = "NAME")]
        names: Vec<String>,
    },
    /// List the names of a service's variables; values never leave the platform
    Variables {
        /// `project/service`, or `service` where that is unique
        #[arg(add = live::services())]
        service: String,
        /// What was set, changed and unset, when and by whom, newest first
        #[arg(long)]
        history: bool,
    },
    /// Remove a service and stop all it runs
    Remove {
        /// `project/service`, or `service` where that is unique
        #[arg(add = live::services())]
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
    #[arg(long = "var", value_name = "NAME=VALUE", value_parser = typed::variable)]
    pub variables: Vec<(String, String)>,
    /// Copies that run
    #[arg(long, value_name = "N")]
    pub replicas: Option<u16>,
    /// What it is: web, worker, cron, static; found in the repository without it
    #[arg(long, value_parser = typed::kind)]
    pub kind: Option<ServiceKind>,
    /// Cores for each copy, as `0.5`
    #[arg(long, value_name = "CORES")]
    pub cpu: Option<f64>,
    /// Memory for each copy, as `256M`
    #[arg(long, value_name = "BYTES", value_parser = typed::bytes)]
    pub memory: Option<u64>,
    /// Path that must answer before traffic moves over
    #[arg(long, value_name = "PATH")]
    pub health: Option<String>,
}

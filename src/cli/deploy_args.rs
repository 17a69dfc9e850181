//! What can be typed after `trackside deploy`, `redeploy`, `rollback`, `deployments` and `wait`. The comments here are the help.

use std::time::Duration;

use clap::Args;

use super::{live, typed};

const WAIT: &str = "\
Examples:
  trackside wait api --timeout 10m                the newest deployment of a service
  trackside wait d17 d18                          two deployments; the worst end is the exit code
  trackside wait shop/api --healthy --timeout 2m  all its replicas serve
  trackside deployments shop/api --running --quiet | trackside wait -

Exit codes: 0 live (or healthy), 1 failed, 5 there is no such thing, 6 cancelled or removed, 124 --timeout ran out.";

/// Waiting for the end of a deployment.
#[derive(Clone, Debug, Args)]
pub struct Wait {
    /// Wait until it is live or has failed; the exit code says which. Ctrl-C ends the waiting, not the deployment
    #[arg(long)]
    pub wait: bool,
    /// Wait at most so long, as `90s` or `10m`; the deployment goes on
    #[arg(long, value_name = "TIME", value_parser = typed::span, requires = "wait")]
    pub timeout: Option<Duration>,
}

/// `deploy`
#[derive(Clone, Debug, Args)]
pub struct Deploy {
    /// `project/service`, or `service` where that is unique; `-`: one a line from standard input
    #[arg(add = live::services())]
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
    /// `project/service`, or `service` where that is unique; `-`: one a line from standard input
    #[arg(add = live::services())]
    pub service: String,
    /// This deployment's commit instead of the running one's
    #[arg(long, value_name = "ID", add = live::deployments())]
    pub deployment: Option<String>,
    #[command(flatten)]
    pub wait: Wait,
}

/// `rollback`
#[derive(Clone, Debug, Args)]
pub struct Rollback {
    /// `project/service`, or `service` where that is unique; `-`: one a line from standard input
    #[arg(add = live::services())]
    pub service: String,
    /// The deployment to go back to (id, or the beginning of its id or commit); the one before without it
    #[arg(long, value_name = "DEPLOYMENT", add = live::deployments())]
    pub to: Option<String>,
    #[command(flatten)]
    pub wait: Wait,
}

/// `deployments`
#[derive(Clone, Debug, Args)]
pub struct Deployments {
    /// Only those of this service, or this project
    #[arg(add = live::places())]
    pub scope: Option<String>,
    /// Only those that have not ended
    #[arg(long, conflicts_with = "status")]
    pub running: bool,
    /// Only those that stand so: live, replaced, pending, cloning, building, deploying, success, failed, cancelled, crashed, removed
    #[arg(long, value_name = "STATUS", value_parser = typed::deploy_status)]
    pub status: Option<String>,
    /// At most so many
    #[arg(short = 'n', long, value_name = "N", default_value_t = 20)]
    pub limit: usize,
    /// Ids alone, one a line: for `trackside cancel -` and its kind
    #[arg(short, long)]
    pub quiet: bool,
}

/// `wait`
#[derive(Clone, Debug, Args)]
#[command(after_help = WAIT)]
pub struct WaitFor {
    /// Deployments by id, or services: the newest deployment of each; `-`: one a line from standard input
    #[arg(required = true, value_name = "TARGET", add = live::targets())]
    pub targets: Vec<String>,
    /// Wait for services instead, until every replica wanted serves
    #[arg(long)]
    pub healthy: bool,
    /// Wait at most so long for all of them, as `90s` or `10m`
    #[arg(long, value_name = "TIME", value_parser = typed::span)]
    pub timeout: Option<Duration>,
}

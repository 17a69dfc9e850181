//! How a deployment ended, in a line: for the dashboard's own notice and for a command that waited.

use super::usual::{FEW, Usual, of_all, past};
use crate::model::deploy::{DeployStatus, Deployment, Stage};
use crate::model::time::{Millis, Time};

/// How it ended. Of one that is live: after how long, beside the usual time, and where; of one that failed: in which stage, and the first line
/// of why. `all`: what is known of its service, for what is usual.
pub fn told<'a>(it: &Deployment, all: impl IntoIterator<Item = &'a Deployment>, now: Time) -> String {
    let took = it.took(now).max(Millis(0));
    match &it.status {
        DeployStatus::Success => {
            let url = it.url.as_deref().map_or_else(String::new, |url| format!(" at {url}"));
            format!("live after {}{}{url}", took.long(), usual_words(took, of_all(&past(all, it))))
        }
        DeployStatus::Failed | DeployStatus::Crashed => {
            let stage = failed_in(it).map_or_else(String::new, |stage| format!(" while {stage}"));
            format!("{}{stage} after {}: {}", it.status, took.long(), first_line(it))
        }
        status => format!("{status} after {}", took.long()),
    }
}

/// ` (usually 41s)`, and that it was slow when it was; nothing where nothing is usual yet.
pub fn usual_words(took: Millis, usual: Option<Usual>) -> String {
    match usual {
        Some(it) if it.n < FEW => String::new(),
        Some(it) if it.is_past(took) => format!(" (usually {}, past p95)", it.p50.long()),
        Some(it) => format!(" (usually {})", it.p50.long()),
        None => String::new(),
    }
}

/// The stage it failed in.
pub fn failed_in(it: &Deployment) -> Option<&Stage> {
    // One that served had passed all stages when it went wrong.
    it.stages.last().map(|it| &it.stage).filter(|_| it.live_from.is_none())
}

/// The first line of why it failed.
pub fn first_line(it: &Deployment) -> &str {
    let first = it.error.as_ref().and_then(|text| text.lines().map(str::trim).find(|line| !line.is_empty()));
    first.unwrap_or("no reason was given")
}

//! `trackside wait`: until deployments have ended or services are healthy. Every end has its exit code.

use tokio::signal::unix::{SignalKind, signal};

use super::deploy_args::WaitFor;
use super::each::{self, STDIN};
use super::exit::{CANCELLED, FAILED, Failure, INTERRUPTED, NOT_FOUND, OK, Outcome, TIMED_OUT};
use super::names;
use super::out::Out;
use super::reach::Reach;
use super::watch::Watch;
use crate::app::deploys::told;
use crate::model::deploy::{DeployStatus, Deployment};
use crate::model::event::{Event, Snapshot};
use crate::model::ids::{DeploymentId, ServiceId};
use crate::model::service::{Health, Service};

/// The exit code of a deployment that ended so.
pub const fn end_code(status: &DeployStatus) -> u8 {
    match status {
        DeployStatus::Success => OK,
        DeployStatus::Cancelled | DeployStatus::Removed => CANCELLED,
        _ => FAILED,
    }
}

/// Does `work` until it is done, `timeout` runs out or somebody interrupts; `on` says what goes on all the same.
pub async fn bounded(work: impl Future<Output = Outcome>, timeout: Option<std::time::Duration>, on: &str) -> Outcome {
    let mut interrupt = signal(SignalKind::interrupt()).map_err(|err| Failure::new(FAILED, format!("signals cannot be watched: {err}")))?;
    let patience = async {
        match timeout {
            Some(limit) => tokio::time::sleep(limit).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        done = work => done,
        _ = interrupt.recv() => Err(Failure::new(INTERRUPTED, format!("no longer waiting; {on}"))),
        () = patience => {
            let limit = humantime::format_duration(timeout.unwrap_or_default());
            Err(Failure::new(TIMED_OUT, format!("not finished after {limit}; {on}")))
        }
    }
}

/// Runs it.
pub async fn run(reach: &Reach, it: WaitFor) -> Outcome {
    let targets = if it.targets == [STDIN] { each::names(std::io::stdin().lock())? } else { it.targets };
    // What is typed wrong is said at once; what can be waited for is waited for all the same.
    let mut all = reach.all().await?;
    let (mut pending, mut worst) = (Vec::new(), OK);
    for name in targets {
        match found(&all, &name, it.healthy) {
            Ok(what) => pending.push(what),
            Err(failure) => {
                reach.out.note(&format!("trackside: {failure}"));
                worst = worst.max(failure.code);
            }
        }
    }
    let work = async {
        let mut watch = None;
        loop {
            let mut left = Vec::new();
            for what in pending {
                match what.end(&all) {
                    Some(end) => worst = worst.max(end.say(reach.out)?),
                    None => left.push(what),
                }
            }
            pending = left;
            if pending.is_empty() {
                return Ok(worst);
            }
            // Only once something must be waited for is there a stream.
            let watch: &mut Watch = watch.get_or_insert_with(|| Watch::start(reach));
            while !take(&mut all, watch.next().await?) {}
        }
    };
    bounded(work, it.timeout, "what was waited for goes on; `trackside deployments` and `trackside services` show it").await
}

/// Puts what a source says in; whether it was about objects.
fn take(all: &mut Snapshot, event: Event) -> bool {
    match event {
        Event::Snapshot(fresh) => *all = *fresh,
        Event::Changed(changes) => changes.into_iter().for_each(|it| all.apply(it)),
        _ => return false,
    }
    true
}

/// Something that is waited for.
#[derive(Debug)]
enum What {
    Deployment(DeploymentId),
    Healthy(ServiceId, String),
}

/// What `name` means: a deployment, the newest one of a service, or a service's health.
fn found(all: &Snapshot, name: &str, healthy: bool) -> Result<What, Failure> {
    if healthy {
        let service = names::service(all, name)?;
        return Ok(What::Healthy(service.id.clone(), names::path(all, service)));
    }
    let service = match names::service(all, name) {
        Ok(service) => service,
        Err(why) => match names::deployment(all, None, name) {
            Ok(it) => return Ok(What::Deployment(it.id.clone())),
            Err(other) if names::looks_like_deployment(name) => return Err(other),
            Err(_) => return Err(why),
        },
    };
    let mine = all.deployments.iter().filter(|it| it.service == service.id);
    let newest = mine.max_by_key(|it| (it.created, it.rev));
    newest
        .map(|it| What::Deployment(it.id.clone()))
        .ok_or_else(|| Failure::new(NOT_FOUND, format!("`{name}` was never deployed; `trackside deploy {name} --wait` does that")))
}

impl What {
    /// How it ended, once it has.
    fn end<'a>(&'a self, all: &'a Snapshot) -> Option<End<'a>> {
        match self {
            Self::Deployment(id) => match all.deployments.iter().find(|it| it.id == *id) {
                Some(it) => it.status.ended().then_some(End::Deployment(it, &all.deployments)),
                None => Some(End::Gone(id.as_str())),
            },
            Self::Healthy(id, name) => match all.services.iter().find(|it| it.id == *id) {
                Some(it) => health_code(it).map(|code| End::Service(it, name, code)),
                None => Some(End::Gone(name)),
            },
        }
    }
}

/// The exit code once it is known: 0 when all wanted replicas serve, 1 when nobody but a person will bring it back.
fn health_code(it: &Service) -> Option<u8> {
    match it.health {
        Health::Live if it.kind == crate::model::service::ServiceKind::Cron || it.up() >= usize::from(it.desired) => Some(OK),
        Health::Stopped | Health::Sleeping => Some(FAILED),
        // With nothing live there is nothing that could be restarted.
        Health::Failed if it.live.is_none() => Some(FAILED),
        _ => None,
    }
}

/// How something ended.
enum End<'a> {
    Deployment(&'a Deployment, &'a [Deployment]),
    Service(&'a Service, &'a str, u8),
    /// It is no longer kept.
    Gone(&'a str),
}

impl End<'_> {
    /// Says it; its exit code.
    fn say(&self, out: Out) -> Outcome {
        match self {
            Self::Deployment(it, past) => {
                let words = format!("{}: {}", it.id, told(it, *past, it.finished.unwrap_or(it.created)));
                out.answer(it, &words)?;
                Ok(end_code(&it.status))
            }
            Self::Service(it, name, code) => {
                let why = it.reason.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
                out.answer(it, &format!("{name} is {}, {} of {} replicas up{why}", it.health.said(), it.up(), it.desired))?;
                Ok(*code)
            }
            Self::Gone(what) => {
                out.note(&format!("trackside: `{what}` is gone"));
                if out.is_json() {
                    out.json(&serde_json::json!({ "target": what, "error": "gone", "code": CANCELLED }))?;
                }
                Ok(CANCELLED)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_end_of_a_deployment_has_its_exit_code() {
        let codes: Vec<u8> = DeployStatus::KNOWN.iter().filter(|it| it.ended()).map(end_code).collect();
        assert_eq!(codes, [OK, FAILED, CANCELLED, FAILED, CANCELLED], "success, failed, cancelled, crashed, removed");
    }
}

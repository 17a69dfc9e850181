//! `trackside deploy`, `redeploy`, `restart`, `rollback`, `cancel`.

use super::deploy_args::{Deploy, Redeploy, Rollback, Wait};
use super::exit::{Failure, NOT_FOUND, OK, Outcome};
use super::names;
use super::reach::Reach;
use super::wait::{bounded, end_code};
use super::watch::Watch;
use crate::app::deploys::{told, way_back};
use crate::model::deploy::{DeployStatus, Deployment};
use crate::model::event::{Answer, Change, Event, Snapshot};
use crate::model::ids::{DeploymentId, ServiceId};
use crate::model::request::Request;

/// `deploy`
pub async fn deploy(reach: &Reach, it: Deploy) -> Outcome {
    let all = reach.all().await?;
    let service = names::service(&all, &it.service)?;
    let commit = it.commit.map(|text| names::commit(&all, service, &text)).transpose()?;
    start(reach, &all, &Request::Deploy { service: service.id.clone(), branch: it.branch, commit }, &it.wait).await
}

/// `redeploy`
pub async fn redeploy(reach: &Reach, it: Redeploy) -> Outcome {
    let all = reach.all().await?;
    let service = names::service(&all, &it.service)?;
    let deployment = match &it.deployment {
        Some(text) => names::deployment(&all, Some(service), text)?.id.clone(),
        None => match service.live.clone().or_else(|| newest(&all, &service.id).map(|it| it.id.clone())) {
            Some(id) => id,
            None => return Err(Failure::new(NOT_FOUND, format!("`{}` was never deployed; `trackside deploy` does that", it.service))),
        },
    };
    start(reach, &all, &Request::Redeploy { deployment }, &it.wait).await
}

/// `restart`
pub async fn restart(reach: &Reach, service: &str) -> Outcome {
    let all = reach.all().await?;
    reach.write_and_say(&Request::Restart { service: names::service(&all, service)?.id.clone() }).await
}

/// `scale`
pub async fn scale(reach: &Reach, service: &str, replicas: u16) -> Outcome {
    let all = reach.all().await?;
    reach.write_and_say(&Request::Scale { service: names::service(&all, service)?.id.clone(), replicas }).await
}

/// `stop`
pub async fn stop(reach: &Reach, service: &str) -> Outcome {
    let all = reach.all().await?;
    reach.write_and_say(&Request::Stop { service: names::service(&all, service)?.id.clone() }).await
}

/// `rollback`
pub async fn rollback(reach: &Reach, it: Rollback) -> Outcome {
    let all = reach.all().await?;
    let service = names::service(&all, &it.service)?;
    let to = if let Some(text) = &it.to {
        names::deployment(&all, Some(service), text)?.id.clone()
    } else {
        let back = way_back(&all.deployments, &service.id)
            .ok_or_else(|| Failure::new(NOT_FOUND, format!("`{}` has no earlier release that is still kept", it.service)))?;
        reach.out.note(&going_back(service.live.as_ref(), back));
        back.id.clone()
    };
    start(reach, &all, &Request::Rollback { service: service.id.clone(), to }, &it.wait).await
}

/// `cancel`
pub async fn cancel(reach: &Reach, target: &str) -> Outcome {
    let all = reach.all().await?;
    let deployment = match names::service(&all, target) {
        Ok(service) => {
            at_work(&all, &service.id).ok_or_else(|| Failure::new(NOT_FOUND, format!("no deployment of `{target}` is running")))?
        }
        Err(why) => match names::deployment(&all, None, target) {
            Ok(it) => it.id.clone(),
            Err(_) if names::looks_like_deployment(target) => {
                return Err(Failure::new(
                    NOT_FOUND,
                    format!("there is no deployment `{target}`; `trackside deployments` shows what there is"),
                ));
            }
            Err(_) => return Err(why),
        },
    };
    reach.write_and_say(&Request::Cancel { deployment }).await
}

async fn start(reach: &Reach, all: &Snapshot, request: &Request, wait: &Wait) -> Outcome {
    let answer = reach.write(request).await?;
    let Answer::Done { text, object } = answer else { return Ok(OK) };
    let deployment = match object {
        Some(Change::Deployment(it)) if wait.wait => it,
        object => {
            reach.out.answer(&serde_json::json!({ "text": text, "object": object }), &text)?;
            return Ok(OK);
        }
    };
    if !reach.out.is_json() {
        reach.out.line(&text)?;
    }
    let id = deployment.id.clone();
    let on = format!("{id} goes on; `trackside status` shows it, `trackside cancel {id}` ends it");
    bounded(ended(reach, deployment, &all.deployments), wait.timeout, &on).await
}

/// Follows `deployment` to its end, saying each step, and at the end how it ended beside what is usual: `past` are all deployments before it.
async fn ended(reach: &Reach, mut deployment: Deployment, past: &[Deployment]) -> Outcome {
    let mut watch = Watch::start(reach);
    let mut said: Option<DeployStatus> = None;
    loop {
        if said.as_ref() != Some(&deployment.status) && !reach.out.is_json() {
            reach.out.line(&step(&deployment, past))?;
            said = Some(deployment.status.clone());
        }
        if deployment.status.ended() {
            break;
        }
        let id = &deployment.id;
        deployment = loop {
            let news = match watch.next().await? {
                Event::Snapshot(all) => all.deployments.into_iter().find(|it| it.id == *id),
                Event::Changed(changes) => changes.into_iter().rev().find_map(|it| match it {
                    Change::Deployment(it) if it.id == *id => Some(it),
                    _ => None,
                }),
                _ => None,
            };
            if let Some(it) = news {
                break it;
            }
        };
    }
    if reach.out.is_json() {
        reach.out.json(&deployment)?;
    } else {
        // Below why it failed stands what it last said.
        for line in deployment.error.iter().flat_map(|it| it.lines().skip(1)).filter(|it| !it.is_empty()) {
            reach.out.line(&format!("  {line}"))?;
        }
    }
    Ok(end_code(&deployment.status))
}

fn step(it: &Deployment, past: &[Deployment]) -> String {
    if it.status.ended() {
        // By the platform's clock alone: ours may be another one.
        return told(it, past, it.finished.unwrap_or(it.created));
    }
    match &it.commit {
        Some(commit) => format!("{} {} {}", it.status, commit.short(), commit.message),
        None => it.status.to_string(),
    }
}

fn newest<'a>(all: &'a Snapshot, service: &ServiceId) -> Option<&'a Deployment> {
    all.deployments.iter().filter(|it| it.service == *service).max_by_key(|it| it.created)
}

/// The deployment that is being done; those after it still wait for it.
fn at_work(all: &Snapshot, service: &ServiceId) -> Option<DeploymentId> {
    let running = all.deployments.iter().filter(|it| it.service == *service && it.status.running());
    running.min_by_key(|it| it.created).map(|it| it.id.clone())
}

/// Which release nobody named is chosen, and instead of which one.
fn going_back(live: Option<&DeploymentId>, to: &Deployment) -> String {
    let commit = to.commit.as_ref().map(|it| format!(" ({} {})", it.short(), it.message)).unwrap_or_default();
    let until = to.live_to.map(|at| format!(", which served until {at}")).unwrap_or_default();
    let instead = live.map(|id| format!(", instead of {id}")).unwrap_or_default();
    format!("back to {}{commit}{until}{instead}", to.id)
}

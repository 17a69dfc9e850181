//! The demo's deeds: make the projects, deploy the first versions, then commit and deploy what the story has. What comes of
//! it is the platform's affair; nothing here knows.

use std::path::Path;
use std::time::Duration;

use color_eyre::eyre::{Result, bail, eyre};
use tokio_util::sync::CancellationToken;

use crate::model::event::{Answer, Change as Object};
use crate::model::ids::{ProjectId, ServiceId};
use crate::model::request::{NewProject, NewService, Request};
use crate::model::service::{Health, Service};
use crate::platform::trackside::client::Client;

use super::repos::{BROKEN_BUILD, Change, DELIVERY, FIRST, PREFETCH, REBATE, Repos};
use super::traffic::Shop;

/// Something that somebody does.
pub enum Deed {
    /// Commits a change and deploys it.
    Commit(&'static Change),
    /// Sets a variable of a service; it counts from its next deployment on.
    Variable(&'static str, &'static str, &'static str),
    /// More or fewer replicas of a service.
    Scale(&'static str, u16),
}

/// What is done, and how long after everything was first deployed.
pub const STORY: &[(Duration, Deed)] = &[
    (Duration::from_secs(12), Deed::Variable("web", "DELIVERY_DAYS", "3")),
    (Duration::from_secs(20), Deed::Commit(&DELIVERY)),
    (Duration::from_secs(40), Deed::Commit(&BROKEN_BUILD)),
    (Duration::from_secs(50), Deed::Scale("guide", 2)),
    (Duration::from_secs(65), Deed::Commit(&REBATE)),
    (Duration::from_secs(190), Deed::Commit(&PREFETCH)),
];

/// How long the first versions may take to be live; the customers come then in any case.
const OPENING_TIME: Duration = Duration::from_mins(1);
/// How long a first version may take to be given an address.
const ADDRESS_TIME: Duration = Duration::from_secs(30);

/// The demo's services on the platform.
pub struct Stage {
    client: Client,
    services: Vec<Service>,
}

impl Stage {
    /// Makes both projects and all services, and deploys the first version of each.
    pub async fn set(client: Client, repos: &Repos, trackside: &Path) -> Result<Self> {
        let mut it = Self { client, services: Vec::new() };
        let shop = it.project("storefront").await?;
        let billing = it.project("billing").await?;
        let own = ("TRACKSIDE".to_owned(), trackside.display().to_string());
        for first in FIRST {
            let project = if first.repo == "invoices" { &billing } else { &shop };
            let mut variables = vec![own.clone()];
            if matches!(first.repo, "web" | "worker") {
                variables.push(("API_URL".to_owned(), it.address("api").await?));
            }
            let service = it.service(project, first.repo, &repos.path(first.repo), variables).await?;
            it.services.push(service);
            it.deploy(first.repo).await?;
        }
        Ok(it)
    }

    /// The addresses that customers visit, once everything is live: nobody opens a shop before its shelves are up.
    pub async fn shop(&self, say: &(dyn Fn(&str) + Sync)) -> Result<Shop> {
        let end = tokio::time::Instant::now() + OPENING_TIME;
        loop {
            let (_, snapshot) = self.client.snapshot().await?;
            let mut waits = snapshot.services.iter().filter(|it| it.health != Health::Live).peekable();
            if waits.peek().is_none() {
                break;
            }
            if tokio::time::Instant::now() >= end {
                let why = |it: &Service| format!("{} ({})", it.name, it.reason.as_deref().unwrap_or(it.health.word()));
                let all = waits.map(why).collect::<Vec<_>>().join(", ");
                say(&format!("the customers come, and not all is live: {all}"));
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Ok(Shop { web: self.address("web").await?, guide: self.address("guide").await?, invoices: self.address("invoices").await? })
    }

    /// Plays the story until its end or `stop`; a deed that the platform refuses is said and left.
    pub async fn play(&self, repos: &Repos, stop: &CancellationToken, say: &(dyn Fn(&str) + Sync)) {
        let began = tokio::time::Instant::now();
        for (after, deed) in STORY {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep_until(began + *after) => {}
            }
            if let Err(error) = self.act(deed, repos, say).await {
                say(&format!("the platform or git did not take it: {error}"));
            }
        }
    }

    async fn act(&self, deed: &Deed, repos: &Repos, say: &(dyn Fn(&str) + Sync)) -> Result<()> {
        match deed {
            Deed::Commit(change) => {
                say(&format!("{} commits to {}: {}", change.author, change.repo, change.message));
                repos.commit(change)?;
                self.deploy(change.repo).await
            }
            Deed::Variable(name, variable, value) => {
                say(&format!("{variable} of {name} is set for its next deployment"));
                let variables = vec![((*variable).to_owned(), Some((*value).to_owned()))];
                self.ask(&Request::SetVariables { service: self.id(name)?, variables }).await.map(|_| ())
            }
            Deed::Scale(name, replicas) => {
                say(&format!("{name} is scaled to {replicas} replicas"));
                self.ask(&Request::Scale { service: self.id(name)?, replicas: *replicas }).await.map(|_| ())
            }
        }
    }

    async fn project(&self, name: &str) -> Result<ProjectId> {
        let new = NewProject { name: name.to_owned(), environment: None, production: true };
        match self.ask(&Request::CreateProject(new)).await? {
            Some(Object::Project(project)) => Ok(project.id),
            other => bail!("the platform made no project {name} but {other:?}"),
        }
    }

    async fn service(&self, project: &ProjectId, name: &str, repo: &Path, variables: Vec<(String, String)>) -> Result<Service> {
        let new = NewService {
            project: project.clone(),
            name: name.to_owned(),
            repo: repo.display().to_string(),
            branch: None,
            root: None,
            kind: None,
            variables,
            // Two of what customers meet first, so that a rolling restart can be seen.
            replicas: Some(if matches!(name, "web" | "api") { 2 } else { 1 }),
            health_path: None,
            cpu: None,
            memory: Some(256 * 1024 * 1024),
        };
        match self.ask(&Request::CreateService(Box::new(new))).await? {
            Some(Object::Service(service)) => Ok(service),
            other => bail!("the platform made no service {name} but {other:?}"),
        }
    }

    async fn deploy(&self, name: &str) -> Result<()> {
        let service = self.id(name)?;
        self.ask(&Request::Deploy { service, branch: None, commit: None }).await.map(|_| ())
    }

    async fn ask(&self, request: &Request) -> Result<Option<Object>> {
        match self.client.ask(request, "git", None).await? {
            Answer::Done { object, .. } => Ok(object),
            other => bail!("{}: an unfitting answer: {other:?}", request.name()),
        }
    }

    fn id(&self, name: &str) -> Result<ServiceId> {
        let found = self.services.iter().find(|it| it.name.as_str() == name);
        found.map(|it| it.id.clone()).ok_or_else(|| eyre!("there is no service {name}"))
    }

    /// The stable address of a service: given to it with its first deployment at the latest.
    async fn address(&self, name: &str) -> Result<String> {
        let id = self.id(name)?;
        let end = tokio::time::Instant::now() + ADDRESS_TIME;
        loop {
            let (_, snapshot) = self.client.snapshot().await?;
            if let Some(url) = snapshot.services.iter().find(|it| it.id == id).and_then(|it| it.url.clone()) {
                return Ok(url.trim_end_matches('/').to_owned());
            }
            if tokio::time::Instant::now() > end {
                bail!("{name} was given no address within {} s", ADDRESS_TIME.as_secs());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

//! Does the engine's jobs in the world, each in a task of its own, and tells the core how they went. Decides nothing.

use std::collections::HashMap;
use std::future::Future;
use std::net::{Ipv4Addr, SocketAddr};
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::model::ids::ServiceId;
use crate::model::service::Service;
use crate::model::time::Millis;

use super::build::{BuildJob, FetchJob, run_build, run_fetch};
use super::engine::{Happening, Job, JobId, RunId, StartJob};
use super::place::Place;
use super::proxy::{Backend, Proxy};
use super::replica::live;

/// Times the stable port a service had is tried before it gets another, and the wait between: a port is free a moment after its holder ended.
const TRIES: u32 = 10;
const TRY_EVERY: Duration = Duration::from_millis(200);
/// What is said of a job whose task panicked; the panic itself is on the platform's own output.
const LOST: &str = "was lost: a mistake in the platform, see its own output";

/// Does jobs. Cheap to clone.
#[derive(Clone)]
pub struct Worker {
    place: Arc<Place>,
    proxy: Proxy,
    tell: mpsc::UnboundedSender<Happening>,
    builds: Arc<Mutex<HashMap<JobId, CancellationToken>>>,
    runs: Arc<Mutex<HashMap<RunId, oneshot::Sender<()>>>>,
    tasks: TaskTracker,
}

impl Worker {
    pub fn new(place: Arc<Place>, proxy: Proxy, tell: mpsc::UnboundedSender<Happening>) -> Self {
        Self { place, proxy, tell, builds: Arc::default(), runs: Arc::default(), tasks: TaskTracker::new() }
    }

    /// Why nobody serves `service`, for its callers. Only services with an address have any.
    pub fn explain(&self, service: &Service) {
        if service.url.is_some() {
            self.proxy.explain(&service.id, service.reason.as_ref().map(ToString::to_string));
        }
    }

    /// Begins `job`; its answer comes as a happening.
    pub fn take(&self, job: Job) {
        match job {
            Job::Fetch { job, service, deployment, repo, commit, folder } => {
                let it = FetchJob { service, deployment, repo, commit, folder };
                let cancel = self.token(job);
                let lost = Happening::Fetched { job, result: Err(LOST.to_owned()) };
                self.answer(
                    job,
                    lost,
                    move |place| async move { Happening::Fetched { job, result: run_fetch(&place, &it, &cancel).await } },
                );
            }
            Job::Build { job, service, deployment, folder, root, kind, variables, within } => {
                let it = BuildJob { service, deployment, folder, root, kind, variables, within };
                let cancel = self.token(job);
                let lost = Happening::Built { job, result: Err(LOST.to_owned()) };
                self.answer(job, lost, move |place| async move { Happening::Built { job, result: run_build(&place, &it, &cancel).await } });
            }
            Job::Start(it) => self.start(*it),
            Job::Stop { run, service, port, drain } => self.stop(run, service, port, drain),
            Job::Route { service, deployment, backends } => {
                let backend = |(replica, port)| Backend {
                    replica,
                    addr: SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
                    deployment: deployment.clone(),
                };
                self.proxy.route(&service, backends.into_iter().map(backend).collect());
            }
            Job::Open { job, service, name, port } => {
                let proxy = self.proxy.clone();
                let lost = Happening::Opened { job, result: Err(LOST.to_owned()) };
                self.answer(job, lost, move |place| async move {
                    Happening::Opened { job, result: open(&place, &proxy, &service, &name, port).await }
                });
            }
            Job::Close { service, port } => {
                // Its replicas may still answer what is under way, so they are not forgotten yet.
                self.proxy.unlisten(&service);
                if let Some(port) = port {
                    self.place.ports.give_back(port);
                }
            }
            Job::Remove { job, folder } => {
                if !folder.contains('/') {
                    // All of a service goes once nothing of it runs.
                    self.proxy.forget(&ServiceId::new(&folder));
                }
                self.answer(job, Happening::Removed { job }, move |place| async move {
                    remove(&place, &folder).await;
                    Happening::Removed { job }
                });
            }
            Job::Abort { job } => {
                if let Some(it) = lock(&self.builds).get(&job) {
                    it.cancel();
                }
            }
        }
    }

    fn token(&self, job: JobId) -> CancellationToken {
        let token = CancellationToken::new();
        lock(&self.builds).insert(job, token.clone());
        token
    }

    /// Does `work` in a task of its own. Should it panic, `lost` is what is told: a job is always answered.
    fn answer<F>(&self, job: JobId, lost: Happening, work: impl FnOnce(Arc<Place>) -> F)
    where
        F: Future<Output = Happening> + Send + 'static,
    {
        let (work, tell, builds) = (work(Arc::clone(&self.place)), self.tell.clone(), Arc::clone(&self.builds));
        self.tasks.spawn(async move {
            let happening = or_lost(work, lost).await;
            lock(&builds).remove(&job);
            let _ = tell.send(happening);
        });
    }

    fn start(&self, job: StartJob) {
        let (stop, stopped) = oneshot::channel();
        lock(&self.runs).insert(job.run, stop);
        let (place, tell, runs) = (Arc::clone(&self.place), self.tell.clone(), Arc::clone(&self.runs));
        self.tasks.spawn(async move {
            let life = async {
                live(&place, &job, stopped, &tell).await;
                true
            };
            let lived = or_lost(life, false).await;
            lock(&runs).remove(&job.run);
            if !lived {
                // What was held of its processes is dropped with the task, and with their lifeline they end.
                let _ = tell.send(Happening::Ended { run: job.run, words: LOST.to_owned(), clean: false });
            }
        });
    }

    fn stop(&self, run: RunId, service: ServiceId, port: Option<u16>, drain: Millis) {
        let (proxy, runs) = (self.proxy.clone(), Arc::clone(&self.runs));
        self.tasks.spawn(async move {
            if let Some(port) = port.filter(|_| drain.0 > 0) {
                proxy.drained(&service, SocketAddr::from((Ipv4Addr::LOCALHOST, port)), Duration::from_millis(drain.0 as u64)).await;
            }
            // Gone already: then its end has been told already.
            let stop = lock(&runs).remove(&run);
            if let Some(stop) = stop {
                let _ = stop.send(());
            }
        });
    }

    /// Ends everything: builds are cancelled, replicas stopped. Returns once nothing is left, or after `within`.
    pub async fn shut(&self, within: Duration) {
        for (_, token) in lock(&self.builds).drain() {
            token.cancel();
        }
        for (_, stop) in lock(&self.runs).drain() {
            let _ = stop.send(());
        }
        self.tasks.close();
        let _ = tokio::time::timeout(within, self.tasks.wait()).await;
        self.proxy.close().await;
    }
}

/// What `work` comes to, or `lost` should it panic.
async fn or_lost<T>(work: impl Future<Output = T>, lost: T) -> T {
    AssertUnwindSafe(work).catch_unwind().await.unwrap_or(lost)
}

/// No holder of these locks panics while it has one; if one did, the map itself is still whole.
fn lock<T>(it: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    it.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Opens a service's stable address: the one it had if that can be, else a free one.
async fn open(place: &Place, proxy: &Proxy, service: &ServiceId, name: &str, port: Option<u16>) -> Result<u16, String> {
    if let Some(port) = port {
        place.ports.reserve(port);
        for _ in 0..TRIES {
            if proxy.listen(service, name, port).await.is_ok() {
                return Ok(port);
            }
            tokio::time::sleep(TRY_EVERY).await;
        }
        place.ports.give_back(port);
    }
    // From the beginning of the range, so that addresses are short to say and the same from run to run.
    let mut last = String::new();
    for _ in 0..TRIES {
        let Some(port) = place.ports.take(0) else { break };
        match proxy.listen(service, name, port).await {
            Ok(port) => return Ok(port),
            Err(error) => last = error.to_string(),
        }
        // It stays lent, so the next try takes another.
    }
    Err(format!("no port could be opened for its address in {}: {last}", place.ports.words()))
}

async fn remove(place: &Place, folder: &str) {
    // The engine names the folders; one that is already gone is as it should be. One whose git was just cancelled may still grow.
    for _ in 0..TRIES {
        match tokio::fs::remove_dir_all(place.release(folder)).await {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => tokio::time::sleep(TRY_EVERY).await,
            _ => break,
        }
    }
    if !folder.contains('/') {
        let _ = tokio::fs::remove_dir_all(place.home(&ServiceId::new(folder))).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_that_panics_is_answered_all_the_same() {
        let job = JobId(7);
        let lost = || Happening::Fetched { job, result: Err(LOST.to_owned()) };
        let panics = async {
            tokio::task::yield_now().await;
            panic!("a mistake of ours")
        };
        assert_eq!(or_lost(panics, lost()).await, lost());
        assert_eq!(or_lost(async { Happening::Removed { job } }, lost()).await, Happening::Removed { job });
    }
}

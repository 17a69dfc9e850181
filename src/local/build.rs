//! One fetch with what is under it, and one build: within their time and their disk, with their output in the log.

use std::path::Path;
use std::pin::pin;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::model::deploy::Commit;
use crate::model::ids::{DeploymentId, ServiceId};
use crate::model::log::{Level, LogKind};
use crate::model::service::{Repo, ServiceKind};
use crate::model::time::Millis;

use super::bounds::{Bounds, bytes};
use super::cage::Reach;
use super::detect::{Plan, Start, detect};
use super::git::{Fetch, fetch};
use super::output::Writer;
use super::place::{Place, size};
use super::process::{Spawn, start};
use super::quota::Quota;

/// All attempts of a fetch together.
const FETCH_WITHIN: Duration = Duration::from_mins(24);
/// What a build that is given up gets to clean up.
const GRACE: Millis = Millis::secs(3);
/// Compilers are many processes, but not without end.
const PROCESSES: usize = 1000;
/// Lines of output repeated in the error's text.
const LINES: usize = 12;

/// Why something was given up.
enum Over {
    Cancelled,
    Late,
    /// In words, as after "it".
    TooLarge(String),
}

/// Waits for a reason to give up work in the folders of `quota`.
async fn over(quota: Quota, within: Duration, cancel: &CancellationToken) -> Over {
    tokio::select! {
        () = cancel.cancelled() => Over::Cancelled,
        () = tokio::time::sleep(within) => Over::Late,
        why = quota.exceeded() => Over::TooLarge(why),
    }
}

/// What is to be fetched.
pub struct FetchJob {
    pub service: ServiceId,
    pub deployment: DeploymentId,
    pub repo: Repo,
    pub commit: Option<String>,
    pub folder: String,
}

/// Fetches a commit into its release folder.
pub async fn run_fetch(place: &Place, it: &FetchJob, cancel: &CancellationToken) -> Result<(Commit, Option<String>), String> {
    let writer = Writer::new(place.sink.clone(), LogKind::Build, it.service.clone(), Some(it.deployment.clone()), 0);
    let (into, home) = (place.release(&it.folder), place.home(&it.service));
    let stop = CancellationToken::new();
    let newest = Fetch::of(place, &it.repo.url, (&into, &home), &stop, &writer);
    let wanted = Fetch { branch: it.repo.branch.as_deref(), commit: it.commit.as_deref(), ..newest };
    let quota = Quota { folders: vec![("the clone", into.clone())], most: place.setup.disk_quota };
    let mut fetching = pin!(fetch(&wanted));
    let outcome = tokio::select! {
        outcome = &mut fetching => outcome,
        why = over(quota, FETCH_WITHIN, cancel) => {
            // Waited for, so that nothing of git writes into the folder any more when it is removed.
            stop.cancel();
            let _ = fetching.await;
            Err(match why {
                Over::Cancelled => "cancelled".to_owned(),
                Over::Late => "the repository could not be fetched in time".to_owned(),
                Over::TooLarge(why) => format!("the repository {why}"),
            })
        }
    };
    if outcome.is_err() {
        let _ = tokio::fs::remove_dir_all(&into).await;
    }
    match outcome {
        Ok(done) => {
            let text = format!("at {} \"{}\" by {}", done.commit.short(), done.commit.message, done.commit.author);
            writer.says(Level::Info, text);
            Ok((done.commit, done.branch))
        }
        Err(why) => {
            writer.says(Level::Error, why.clone());
            Err(why)
        }
    }
}

/// What is to be built.
pub struct BuildJob {
    pub service: ServiceId,
    pub deployment: DeploymentId,
    pub folder: String,
    pub root: Option<String>,
    pub kind: Option<ServiceKind>,
    pub variables: Vec<(String, String)>,
    pub within: Millis,
}

/// Finds out what to do with a fetched repository, and builds it; gives the bytes it takes on disk too.
pub async fn run_build(place: &Place, it: &BuildJob, cancel: &CancellationToken) -> Result<(Plan, u64), String> {
    let writer = Writer::new(place.sink.clone(), LogKind::Build, it.service.clone(), Some(it.deployment.clone()), 0);
    let outcome = build(place, it, &writer, cancel).await;
    if let Err(why) = &outcome {
        writer.says(Level::Error, why.lines().next().unwrap_or_default());
    }
    let plan = outcome?;
    let release = place.release(&it.folder);
    let taken = tokio::task::spawn_blocking(move || size(&[release])).await.map_err(|error| error.to_string())?;
    Ok((plan, taken))
}

async fn build(place: &Place, it: &BuildJob, writer: &Writer, cancel: &CancellationToken) -> Result<Plan, String> {
    let workdir = place.workdir(&it.folder, it.root.as_deref())?;
    let (at, kind) = (workdir.clone(), it.kind.clone());
    let plan = tokio::task::spawn_blocking(move || detect(&at, kind.as_ref())).await.map_err(|error| error.to_string())??;
    for why in &plan.why {
        writer.says(Level::Info, format!("detected: {why}"));
    }
    if let Start::Command(line) = &plan.start {
        writer.says(Level::Info, format!("will start `{line}` as {}", plan.kind));
    }
    if let Some(line) = &plan.build {
        run_line(place, it, &workdir, line, &plan, writer, cancel).await?;
    } else {
        writer.says(Level::Info, "nothing to build");
    }
    if let Start::Files(folders) = &plan.start
        && !folders.iter().any(|it| workdir.join(it).is_dir())
    {
        return Err(format!("the folder of files to serve is not there: looked for {}", folders.join(", ")));
    }
    Ok(plan)
}

async fn run_line(
    place: &Place,
    it: &BuildJob,
    workdir: &Path,
    line: &str,
    plan: &Plan,
    writer: &Writer,
    cancel: &CancellationToken,
) -> Result<(), String> {
    writer.says(Level::Info, format!("building: {line}"));
    let most = place.setup.disk_quota;
    // Programs installed by this very build are found as soon as they are there.
    let ahead = plan.path.iter().map(|it| workdir.join(it).to_string_lossy().into_owned());
    let path = ahead.chain([Place::path(workdir, &[])]).collect::<Vec<_>>().join(":");
    let mut variables = vec![("PATH".to_owned(), path), ("CI".to_owned(), "true".to_owned())];
    variables.extend(plan.variables.iter().chain(&it.variables).cloned());
    let home = place.home(&it.service);
    let spawn = Spawn {
        supervisor: &place.setup.supervisor,
        data: &place.setup.data,
        folder: workdir,
        home: &home,
        command: ["sh", "-c", line].map(str::to_owned).to_vec(),
        variables,
        proxied: true,
        bounds: Bounds { file_size: Some(most), processes: Some(PROCESSES), memory: Some(place.setup.build_memory), ..Bounds::default() },
        groups: &place.groups,
        sandbox: &place.sandbox,
        reach: Reach::Own,
        writes: vec![place.release(&it.folder)],
    };
    let mut running = start(&spawn, writer).await.map_err(|error| format!("the build could not be started: {error}"))?;
    writer.says(Level::Info, running.limits());
    let within = Duration::from_millis(it.within.0.max(0) as u64);
    let folders = vec![("its release", place.release(&it.folder)), ("HOME", home.clone()), ("TMPDIR", running.temporary().to_owned())];
    let quota = Quota { folders, most };
    let why = tokio::select! {
        () = running.ended() => None,
        why = over(quota, within, cancel) => Some(why),
    };
    if why.is_some() {
        running.stop(GRACE).await;
    }
    let exit = running.wait().await;
    let tail = writer.tail(LINES);
    let with_tail = |text: String| if tail.is_empty() { text } else { format!("{text}\n\n{tail}") };
    match why {
        Some(Over::Cancelled) => Err("cancelled".to_owned()),
        Some(Over::Late) => Err(with_tail(format!("build failed: `{line}` did not end within {}", it.within.long()))),
        Some(Over::TooLarge(why)) => Err(with_tail(format!("build failed: `{line}` {why}"))),
        None if exit.ok() => Ok(()),
        None if exit.file_too_large() => Err(with_tail(format!(
            "build failed: a file of it grew larger than {}, which is all it may (`limits.disk` in the config of the platform)",
            bytes(most)
        ))),
        None => {
            Err(with_tail(format!("build failed: `{line}` {}{}", exit.words(), place.explain(exit.status(), &writer.tail(usize::MAX)))))
        }
    }
}

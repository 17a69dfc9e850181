//! The life of one run of one replica: a port, a process, ready, and in the end how it ended.

use std::path::PathBuf;
use std::pin::{Pin, pin};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use crate::model::log::{Level, LogKind};
use crate::model::service::ServiceKind;
use crate::model::time::Millis;

use super::bounds::{Bounds, LEAST_MEMORY};
use super::cage::Reach;
use super::detect::Start;
use super::engine::{Happening, StartJob};
use super::health::{Check, Unready, open_to_others, ready};
use super::output::Writer;
use super::place::Place;
use super::process::{Exit, Running, Spawn, start};
use super::quota::Quota;

/// What a replica gets between TERM and KILL.
const GRACE: Millis = Millis::secs(10);
/// Ports tried when another program took the one it was given.
const PORTS: u32 = 3;
/// Lines of output repeated in the error's text: a traceback with what led to it.
const LINES: usize = 20;
/// Processes of a replica.
const PROCESSES: usize = 512;
/// No log or upload of a replica is larger than this.
const FILE_SIZE: u64 = 8 * 1024 * 1024 * 1024;

/// How a run went.
struct Over {
    words: String,
    clean: bool,
}

/// Lives one run. `stop` ends it; `tell` is told what happens, `Ended` last and always.
pub async fn live(place: &Place, job: &StartJob, mut stop: oneshot::Receiver<()>, tell: &mpsc::UnboundedSender<Happening>) {
    let writer = Writer::new(place.sink.clone(), LogKind::Runtime, job.service.clone(), Some(job.deployment.clone()), job.replica);
    let over = runs(place, job, &writer, &mut stop, tell).await.unwrap_or_else(|words| Over { words, clean: false });
    // Nobody listens when the platform stops.
    let _ = tell.send(Happening::Ended { run: job.run, words: over.words, clean: over.clean });
}

async fn runs(
    place: &Place,
    job: &StartJob,
    writer: &Writer,
    stop: &mut oneshot::Receiver<()>,
    tell: &mpsc::UnboundedSender<Happening>,
) -> Result<Over, String> {
    let workdir = place.workdir(&job.folder, job.root.as_deref())?;
    let listens = matches!(job.kind, ServiceKind::Web | ServiceKind::Static) || matches!(job.plan.start, Start::Files(_));
    for attempt in 1.. {
        let port = if listens { Some(take_port(place)?) } else { None };
        let over = once(place, job, writer, &workdir, port, stop, tell).await;
        if let Some(port) = port {
            place.ports.give_back(port);
        }
        match over {
            Ok(it) => return Ok(it),
            Err(None) if attempt < PORTS => writer.says(Level::Warn, "its port was taken by another program meanwhile; trying another"),
            Err(None) => return Err("found its port taken by another program each time".to_owned()),
            Err(Some(why)) => return Err(why),
        }
    }
    Err("was never started".to_owned())
}

fn take_port(place: &Place) -> Result<u16, String> {
    let seed = getrandom::u32().unwrap_or_default() as u16;
    place.ports.take(seed).ok_or_else(|| format!("found no free port in {}", place.ports.words()))
}

fn check(job: &StartJob, port: Option<u16>) -> Check {
    match (port, &job.health_path) {
        (None, _) => Check::Runs,
        (Some(port), None) => Check::Listens(port),
        (Some(port), Some(path)) => Check::Answers(port, path.clone()),
    }
}

fn command(place: &Place, job: &StartJob, workdir: &std::path::Path) -> Vec<String> {
    match &job.plan.start {
        // A shell that ended at TERM would take its children along before they are done, where it is all that a sandbox waits for.
        Start::Command(line) => vec!["sh".to_owned(), "-c".to_owned(), format!("trap 'exit 143' TERM\n{line}")],
        Start::Files(folders) => {
            let folder = folders.iter().find(|it| workdir.join(it).is_dir()).map_or(".", String::as_str);
            vec![place.setup.supervisor.to_string_lossy().into_owned(), "static-files".to_owned(), folder.to_owned()]
        }
    }
}

/// One process. `Err(None)`: its port was taken.
async fn once(
    place: &Place,
    job: &StartJob,
    writer: &Writer,
    workdir: &PathBuf,
    port: Option<u16>,
    stop: &mut oneshot::Receiver<()>,
    tell: &mpsc::UnboundedSender<Happening>,
) -> Result<Over, Option<String>> {
    let home = place.home(&job.service);
    let spawn = Spawn {
        supervisor: &place.setup.supervisor,
        data: &place.setup.data,
        folder: workdir,
        home: &home,
        command: command(place, job, workdir),
        variables: variables(job, workdir, port),
        proxied: false,
        bounds: bounds(job),
        groups: &place.groups,
        sandbox: &place.sandbox,
        reach: Reach::Own,
        writes: vec![place.release(&job.folder)],
    };
    let mut running = start(&spawn, writer).await.map_err(|error| Some(format!("could not be started: {error}")))?;
    let _ = tell.send(Happening::Spawned { run: job.run, pid: running.pid, port });
    // Its lines are the program's own; this one is the platform's.
    writer.of(LogKind::Platform).says(Level::Info, running.limits());
    let mut full = pin!(quota(place, job, &running).exceeded());
    if job.kind == ServiceKind::Cron {
        return Ok(until_over(place, &mut running, job, writer, (stop, full), tell).await);
    }
    let (within, state) = (Duration::from_millis(job.within.0.max(0) as u64), check(job, port));
    let outcome = tokio::select! {
        outcome = ready(&mut running, &state, within) => outcome,
        _ = &mut *stop => {
            running.stop(GRACE).await;
            running.wait().await;
            return Ok(Over { words: "was stopped".to_owned(), clean: true });
        }
        why = &mut full => Err(Unready::Wrong(why)),
    };
    match outcome {
        Ok(()) => {
            warn(writer, &running, port);
            Ok(until_over(place, &mut running, job, writer, (stop, full), tell).await)
        }
        Err(Unready::Exited(_, true)) => Err(None),
        Err(Unready::Exited(exit, false)) => {
            let before = if port.is_some() { "before it listened" } else { "at once" };
            Err(Some(format!("{} {before}{}{}", exit.words(), explained(place, writer, &exit), tail(writer))))
        }
        Err(Unready::Wrong(why)) => {
            running.stop(GRACE).await;
            running.wait().await;
            Err(Some(format!("{why}{}", tail(writer))))
        }
    }
}

fn bounds(job: &StartJob) -> Bounds {
    Bounds {
        files: job.limits.files,
        file_size: Some(FILE_SIZE),
        // Less, from before there was a least, would only fail in ways that nobody understands.
        memory: job.limits.memory.map(|it| it.max(LEAST_MEMORY)),
        processes: Some(PROCESSES),
        cpu: job.limits.cpu,
    }
}

/// The folders it writes in.
fn quota(place: &Place, job: &StartJob, running: &Running) -> Quota {
    let folders =
        vec![("its release", place.release(&job.folder)), ("HOME", place.home(&job.service)), ("TMPDIR", running.temporary().to_owned())];
    Quota { folders, most: place.setup.disk_quota }
}

/// What the sandbox had to do with how it ended, as it follows in a sentence; often nothing.
fn explained(place: &Place, writer: &Writer, exit: &Exit) -> String {
    if exit.ok() { String::new() } else { place.explain(exit.status(), &writer.tail(usize::MAX)) }
}

/// The last lines it wrote, as they follow a sentence.
fn tail(writer: &Writer) -> String {
    let tail = writer.tail(LINES);
    if tail.is_empty() { tail } else { format!("\n\n{tail}") }
}

/// Says what is not as it should be with a replica that is ready all the same.
fn warn(writer: &Writer, running: &Running, port: Option<u16>) {
    if let Some(why) = port.and_then(|it| open_to_others(running, it)) {
        writer.of(LogKind::Platform).says(Level::Warn, why);
    }
}

/// From being ready until the end.
async fn until_over(
    place: &Place,
    running: &mut Running,
    job: &StartJob,
    writer: &Writer,
    (stop, full): (&mut oneshot::Receiver<()>, Pin<&mut impl Future<Output = String>>),
    tell: &mpsc::UnboundedSender<Happening>,
) -> Over {
    let _ = tell.send(Happening::Ready { run: job.run });
    // Some: why it is stopped, and whether that is as somebody wished.
    let why = tokio::select! {
        biased;
        () = running.ended() => None,
        _ = &mut *stop => Some(("was stopped".to_owned(), true)),
        why = full => Some((why, false)),
    };
    if why.is_some() {
        running.stop(GRACE).await;
    }
    let exit = running.wait().await;
    let (words, clean) = why.unwrap_or_else(|| (format!("{}{}", exit.words(), explained(place, writer, &exit)), exit.ok()));
    Over { words, clean }
}

fn variables(job: &StartJob, workdir: &std::path::Path, port: Option<u16>) -> Vec<(String, String)> {
    let mut all = vec![("PATH".to_owned(), Place::path(workdir, &job.plan.path))];
    all.extend(job.plan.variables.iter().chain(&job.variables).cloned());
    if let Some(port) = port {
        all.push(("PORT".to_owned(), port.to_string()));
        all.push(("HOST".to_owned(), "127.0.0.1".to_owned()));
    }
    for (name, value) in
        [("SERVICE", job.name.to_string()), ("DEPLOYMENT", job.deployment.to_string()), ("REPLICA", job.replica.to_string())]
    {
        all.push((format!("TRACKSIDE_{name}"), value));
    }
    all
}

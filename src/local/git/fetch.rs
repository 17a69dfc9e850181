//! Fetches one commit of a repository into an empty folder: shallow, hardened, tried again when the trouble passes.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::local::bounds::Bounds;
use crate::local::cage::{Reach, Sandbox};
use crate::local::cgroup::Groups;
use crate::local::output::Writer;
use crate::local::place::Place;
use crate::local::port::Entry;
use crate::local::process::{Spawn, start};
use crate::model::deploy::Commit;
use crate::model::log::Level;
use crate::model::text::Clean;
use crate::model::time::Millis;

use super::patience::{Patience, Tired};
use super::source::{Source, reference};
use super::words::{self, Trouble};

/// Attempts, and the wait before the second; doubled for each further one.
const ATTEMPTS: u32 = 4;
const FIRST_WAIT: Duration = Duration::from_secs(1);
/// What is only worth saying is not waited for longer than this.
const COURTESY: Duration = Duration::from_secs(20);
/// Most bytes that a git may say and have kept: the refs of the largest repositories are a few MiB.
const SAID: usize = 16 * 1024 * 1024;
/// git with its helpers is a handful of processes.
const PROCESSES: usize = 64;

/// Nothing of a repository, or of this machine's settings, runs as code.
const HARDENED: [&str; 9] = [
    "git",
    "-c",
    "core.hooksPath=/dev/null",
    "-c",
    "core.fsmonitor=false",
    "-c",
    "transfer.fsckObjects=true",
    "-c",
    "submodule.recurse=false",
];

/// What to fetch, and where to.
pub struct Fetch<'a> {
    pub url: &'a str,
    /// `None`: the repository's own default.
    pub branch: Option<&'a str>,
    /// `None`: the newest of the branch.
    pub commit: Option<&'a str>,
    /// An empty folder.
    pub into: &'a Path,
    pub home: &'a Path,
    pub data: &'a Path,
    pub supervisor: &'a Path,
    pub groups: &'a Groups,
    pub sandbox: &'a Sandbox,
    pub quota: u64,
    /// Ends the fetch, which is to be awaited then.
    pub stop: &'a CancellationToken,
    pub writer: &'a Writer,
}

impl<'a> Fetch<'a> {
    /// The newest of `url`'s default branch, for the platform at `place`; `into` and `home` are folders.
    pub fn of(place: &'a Place, url: &'a str, (into, home): (&'a Path, &'a Path), stop: &'a CancellationToken, writer: &'a Writer) -> Self {
        let (setup, groups, sandbox) = (&place.setup, &place.groups, &place.sandbox);
        Self {
            url,
            branch: None,
            commit: None,
            into,
            home,
            data: &setup.data,
            supervisor: &setup.supervisor,
            groups,
            sandbox,
            quota: setup.disk_quota,
            stop,
            writer,
        }
    }
}

/// What was fetched.
#[derive(Clone, Debug, PartialEq)]
pub struct Fetched {
    pub commit: Commit,
    pub branch: Option<String>,
}

/// Fetches, or says why not.
pub async fn fetch(it: &Fetch<'_>) -> Result<Fetched, String> {
    let source = Source::parse(it.url)?;
    if let Some(name) = it.branch {
        reference(name)?;
    }
    let (mut wait, patience) = (FIRST_WAIT, Patience::begin());
    for attempt in 1.. {
        match once(it, &source, patience).await {
            Ok(done) => return Ok(done),
            Err(trouble) if !trouble.passing => return Err(trouble.text),
            Err(trouble) if attempt >= ATTEMPTS => return Err(format!("{} ({attempt} attempts)", trouble.text)),
            Err(trouble) => {
                it.writer.says(Level::Warn, format!("{}; attempt {} in {}s", trouble.text, attempt + 1, wait.as_secs()));
                let _ = tokio::time::timeout(wait, it.stop.cancelled()).await;
                wait *= 2;
            }
        }
    }
    Err("git could not read the repository".to_owned())
}

async fn once(it: &Fetch<'_>, source: &Source, patience: Patience) -> Result<Fetched, Trouble> {
    let git = async |args: &[&str]| git(it, source, patience, args).await;
    let heads = git(&["ls-remote", "--symref", "--", source.as_str(), "HEAD", "refs/heads/*"]).await?;
    let (branch, newest) = choose(it, &heads)?;
    let wanted = it.commit.map_or_else(|| newest.clone(), str::to_owned);
    clear(it.into).await.map_err(|error| lasting(format!("cannot make {}: {error}", it.into.display())))?;
    git(&["init", "--quiet", "."]).await?;
    let name = branch.as_deref().unwrap_or("HEAD");
    it.writer.says(Level::Info, format!("fetching {} of {} ({name})", wanted.get(..7).unwrap_or(&wanted), it.url));
    let shallow = ["fetch", "--quiet", "--depth", "1", "--no-tags", "--no-recurse-submodules", "--", source.as_str(), &wanted];
    let mut fetched = git(&shallow).await;
    if fetched.as_ref().is_err_and(|trouble| !trouble.passing) && it.commit.is_some() {
        // Some servers give out only the ends of branches: take the whole branch, then the commit out of it.
        let whole = branch.as_ref().map_or_else(|| "HEAD".to_owned(), |it| format!("refs/heads/{it}"));
        fetched = git(&["fetch", "--quiet", "--no-tags", "--no-recurse-submodules", "--", source.as_str(), &whole]).await;
    }
    fetched?;
    let checkout = git(&["checkout", "--quiet", "--detach", &wanted]).await;
    checkout.map_err(|trouble| if it.commit.is_some() { lasting(format!("there is no commit {wanted} on {name}")) } else { trouble })?;
    if it.into.join(".gitmodules").exists() {
        it.writer.says(Level::Warn, "the repository has submodules; they are not fetched");
    }
    let told = git(&["log", "-1", "--format=%H%x09%aI%x09%an%x09%s"]).await?;
    let commit = told.lines().find_map(commit_of).ok_or_else(|| lasting("git gave no commit".to_owned()))?;
    if source.local && it.commit.is_none() {
        uncommitted(it, source, Patience::of(COURTESY)).await;
    }
    Ok(Fetched { commit, branch })
}

/// Says what of a local repository is not deployed because it is in no commit: whoever edits a file there expects to see it.
async fn uncommitted(it: &Fetch<'_>, source: &Source, patience: Patience) {
    let path = source.as_str().strip_prefix("file://").unwrap_or(source.as_str());
    // A bare repository, or somebody else's, gives an error and has nothing to say. So has one without filters, which is most.
    let told = git(it, source, patience, &["-C", path, "config", "--name-only", "--get-regexp", r"^filter\."]).await.unwrap_or_default();
    let Some(quiet) = words::without_filters(&told) else { return };
    // No lock is taken: somebody works in there. Submodules have settings, and so commands, of their own.
    let mut args = vec!["--no-optional-locks", "-C", path];
    args.extend(quiet.iter().flat_map(|it| ["-c", it]));
    args.extend(["status", "--porcelain", "--no-renames", "--ignore-submodules=all"]);
    let Ok(told) = git(it, source, patience, &args).await else { return };
    let count = told.lines().filter(|it| it.len() > 3).count();
    if count > 0 {
        let files = if count == 1 { "1 file differs".to_owned() } else { format!("{count} files differ") };
        it.writer
            .says(Level::Warn, format!("{files} from the last commit in {path} and will not be deployed: commit first to deploy them"));
    }
}

fn lasting(text: String) -> Trouble {
    Trouble { text, passing: false }
}

async fn clear(folder: &Path) -> std::io::Result<()> {
    match tokio::fs::remove_dir_all(folder).await {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    tokio::fs::create_dir_all(folder).await
}

/// The branch, and the newest commit of it, out of what `ls-remote` told.
fn choose(it: &Fetch<'_>, told: &str) -> Result<(Option<String>, String), Trouble> {
    let (mut default, mut head, mut heads) = (None, None, Vec::new());
    for line in told.lines() {
        let Some((left, right)) = line.split_once('\t') else { continue };
        if let Some(name) = left.strip_prefix("ref: refs/heads/").filter(|_| right == "HEAD") {
            default = Some(name);
        } else if right == "HEAD" {
            head = Some(left);
        } else if let Some(name) = right.strip_prefix("refs/heads/") {
            heads.push((name, left));
        }
    }
    if heads.is_empty() && head.is_none() {
        return Err(lasting(format!("{} is empty: push a commit first", it.url)));
    }
    let Some(wanted) = it.branch.or(default) else {
        return head.map(|it| (None, it.to_owned())).ok_or_else(|| lasting("the repository names no default branch: give one".to_owned()));
    };
    if let Some((name, id)) = heads.iter().find(|(name, _)| *name == wanted) {
        return Ok((Some((*name).to_owned()), (*id).to_owned()));
    }
    let names: Vec<&str> = heads.iter().map(|(name, _)| *name).collect();
    let near = words::near(wanted, &names);
    let hint = if near.is_empty() { String::new() } else { format!("; there is {}", near.join(", ")) };
    Err(lasting(format!("{} has no branch `{wanted}`{hint}", it.url)))
}

/// Reads a line of `%H%x09%aI%x09%an%x09%s`.
pub(super) fn commit_of(line: &str) -> Option<Commit> {
    let mut parts = line.splitn(4, '\t');
    let id = parts.next().filter(|it| it.len() >= 40 && it.bytes().all(|b| b.is_ascii_hexdigit()))?;
    let at = crate::model::time::Time::parse(parts.next()?);
    let author = Clean::new(parts.next()?);
    Some(Commit { id: Clean::new(id), message: Clean::new(parts.next()?), author, at })
}

/// Adds what git said, one line more than too much at most.
fn hear(said: &mut String, lines: Vec<Entry>) {
    for it in lines {
        if said.len() > SAID {
            return;
        }
        said.push_str(&it.text);
        said.push('\n');
    }
}

/// Runs git and gives what it wrote.
pub(super) async fn git(it: &Fetch<'_>, source: &Source, patience: Patience, args: &[&str]) -> Result<String, Trouble> {
    let protocols = if source.local { "file" } else { "https:ssh" };
    let local = if source.local { "protocol.file.allow=always" } else { "protocol.file.allow=never" };
    let mut command: Vec<String> = HARDENED.map(str::to_owned).to_vec();
    command.extend(["-c", "credential.helper=", "-c", "gc.auto=0", "-c", "advice.detachedHead=false", "-c", local].map(str::to_owned));
    command.extend(args.iter().map(|it| (*it).to_owned()));
    let variables = [
        ("GIT_ALLOW_PROTOCOL", protocols),
        ("GIT_TERMINAL_PROMPT", "0"),
        ("GIT_CONFIG_NOSYSTEM", "1"),
        ("GIT_CONFIG_GLOBAL", "/dev/null"),
        ("GIT_ASKPASS", "false"),
        ("GIT_SSH_COMMAND", "ssh -oBatchMode=yes -oConnectTimeout=15 -oControlMaster=no"),
        ("GIT_LFS_SKIP_SMUDGE", "1"),
        ("GIT_NO_LAZY_FETCH", "1"),
        ("LC_ALL", "C"),
    ];
    let spawn = Spawn {
        supervisor: it.supervisor,
        data: it.data,
        folder: if it.into.is_dir() { it.into } else { it.data },
        home: it.home,
        command,
        variables: variables.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
        proxied: true,
        bounds: Bounds { file_size: Some(it.quota), processes: Some(PROCESSES), ..Bounds::default() },
        groups: it.groups,
        sandbox: it.sandbox,
        reach: Reach::Git,
        writes: vec![it.into.to_owned()],
    };
    let said: Arc<Mutex<String>> = Arc::default();
    let held = said.clone();
    let sink = move |lines| hear(&mut held.lock().unwrap_or_else(PoisonError::into_inner), lines);
    let writer = Writer::new(Arc::new(sink), it.writer.kind.clone(), it.writer.service.clone(), None, 0);
    let mut running = start(&spawn, &writer).await.map_err(|error| lasting(format!("git could not be started: {error}")))?;
    let given_up = tokio::select! {
        waited = patience.wait(&mut running) => waited.err().map(|tired| match tired {
            Tired::Still(time) => Trouble { text: format!("{} stood still for {}s", it.url, time.as_secs()), passing: true },
            Tired::Total(time) => lasting(format!("{} could not be read within {} minutes", it.url, time.as_secs() / 60)),
        }),
        () = it.stop.cancelled() => Some(lasting("cancelled".to_owned())),
    };
    if let Some(trouble) = given_up {
        running.stop(Millis::secs(1)).await;
        running.wait().await;
        return Err(trouble);
    }
    let exit = running.wait().await;
    let output = std::mem::take(&mut *said.lock().unwrap_or_else(PoisonError::into_inner));
    if output.len() > SAID {
        return Err(lasting(format!("{}: git said more than {} MiB, which is too much to read", it.url, SAID >> 20)));
    }
    match exit.code {
        Some(0) => Ok(output),
        Some(127) => Err(lasting(exit.reason.unwrap_or_else(|| "git is not installed".to_owned()))),
        _ => Err(words::read(it.url, &output)),
    }
}

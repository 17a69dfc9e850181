//! One supervised process tree: started, its output read, told to stop, waited for. Knows nothing of services.

use std::io;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::io::AsyncWriteExt;
use tokio::process::{Child, ChildStdin, Command};
use tokio::task::JoinSet;

use crate::model::time::Millis;

use super::bounds::{self, Bounds};
use super::cage::{Caged, Level, Reach, Sandbox, Tree};
use super::cgroup::{Controller, Group, Groups};
use super::leftovers::{self, MARK};
use super::output::Writer;
use super::supervise::Report;
use super::tree;

/// What a program is told of the machine besides its own variables: no token, no agent, no session of the user's.
const PASSED: [&str; 6] = ["PATH", "TZ", "SSL_CERT_FILE", "SSL_CERT_DIR", "PYENV_ROOT", "NVM_DIR"];
/// The way to the network, which may hold a password: for fetches and builds, which are nothing without it. A service that needs it is given
/// it as its own variable.
const PROXIES: [&str; 6] = ["http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"];
/// How long the pipes may stay open once the tree has ended; they end with it unless something escaped.
const LAST_WORDS: std::time::Duration = std::time::Duration::from_secs(2);

/// What to start.
pub struct Spawn<'a> {
    /// The trackside binary.
    pub supervisor: &'a Path,
    /// The platform's data folder.
    pub data: &'a Path,
    /// Where it runs.
    pub folder: &'a Path,
    /// Its HOME.
    pub home: &'a Path,
    pub command: Vec<String>,
    pub variables: Vec<(String, String)>,
    /// Whether it is told of the user's HTTP proxy.
    pub proxied: bool,
    pub bounds: Bounds,
    pub groups: &'a Groups,
    pub sandbox: &'a Sandbox,
    pub reach: Reach,
    /// What it may write besides HOME and TMPDIR.
    pub writes: Vec<PathBuf>,
}

/// A started tree.
pub struct Running {
    /// The supervisor's process.
    pub pid: u32,
    child: Child,
    lifeline: Option<ChildStdin>,
    report: PathBuf,
    record: PathBuf,
    mark: String,
    group: Group,
    limits: String,
    /// Its TMPDIR, which goes with it.
    temporary: PathBuf,
    pumps: JoinSet<()>,
    writer: Writer,
}

/// How a tree ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exit {
    pub code: Option<i32>,
    pub signal: Option<i32>,
    /// What the supervisor had to say about it.
    pub reason: Option<String>,
}

impl Exit {
    /// Exit code and signal.
    pub const fn status(&self) -> (Option<i32>, Option<i32>) {
        (self.code, self.signal)
    }

    pub fn ok(&self) -> bool {
        self.code == Some(0) && self.reason.is_none()
    }

    /// Whether it, or a command its shell ran, was ended because a file grew larger than it may.
    pub fn file_too_large(&self) -> bool {
        let signal = rustix::process::Signal::XFSZ.as_raw();
        // 128 and the signal's number is how a shell tells of it.
        self.signal == Some(signal) || self.code == Some(128 + signal)
    }

    /// In words, as after "it": `exited with 3`, `exited with 137, as after SIGKILL`, `was ended by SIGKILL`.
    pub fn words(&self) -> String {
        if let Some(reason) = &self.reason {
            return reason.clone();
        }
        // A shell, and a sandbox, say by 128 and its number that a signal ended their program.
        let after = self.code.and_then(|it| signal_hook::low_level::signal_name(it.checked_sub(128)?));
        match (self.code, self.signal) {
            (Some(code), _) if after.is_some() => format!("exited with {code}, as after {}", after.unwrap_or_default()),
            (Some(code), _) => format!("exited with {code}"),
            (None, Some(signal)) => format!("was ended by {}", signal_name(signal)),
            (None, None) => "ended".to_owned(),
        }
    }
}

fn signal_name(signal: i32) -> String {
    signal_hook::low_level::signal_name(signal).map_or_else(|| format!("signal {signal}"), str::to_owned)
}

/// The environment of a program: empty, then what every program needs, then its own variables, which win. `user`: the name of its user.
fn environment(
    spawn: &Spawn<'_>,
    (temporary, user): (&Path, Option<&str>),
    mark: &str,
    own: impl Fn(&str) -> Option<String>,
) -> Vec<(String, String)> {
    let passed = PASSED.iter().chain(PROXIES.iter().filter(|_| spawn.proxied));
    let mut all: Vec<(String, String)> = passed.filter_map(|it| Some(((*it).to_owned(), own(it)?))).collect();
    all.push(("TMPDIR".to_owned(), temporary.to_string_lossy().into_owned()));
    all.push(("HOME".to_owned(), spawn.home.to_string_lossy().into_owned()));
    all.push(("LANG".to_owned(), "C.UTF-8".to_owned()));
    all.extend(["USER", "LOGNAME"].into_iter().filter_map(|it| Some((it.to_owned(), user?.to_owned()))));
    // With another HOME, rustup's `cargo` no longer finds its toolchains; they hold no secret.
    let rustup = own("RUSTUP_HOME").or_else(|| Some(format!("{}/.rustup", own("HOME")?)));
    all.extend(rustup.filter(|it| Path::new(it).is_dir()).map(|it| ("RUSTUP_HOME".to_owned(), it)));
    all.extend(java(spawn, temporary).map(|it| ("JAVA_TOOL_OPTIONS".to_owned(), it)));
    all.extend(spawn.variables.iter().cloned());
    all.push((MARK.to_owned(), mark.to_owned()));
    all
}

/// Java takes HOME from the machine's list of users and its temporary folder from nowhere. Where neither can be shown as it should be, it has
/// to be told. `None`: it need not, or a path cannot be said in these options.
fn java(spawn: &Spawn<'_>, temporary: &Path) -> Option<String> {
    let told = spawn.sandbox.level() == Level::Landlock && spawn.reach == Reach::Own;
    let (home, temporary) = (spawn.home.to_str()?, temporary.to_str()?);
    let plain = !home.chars().chain(temporary.chars()).any(|it| it.is_whitespace() || matches!(it, '"' | '\''));
    (told && plain).then(|| format!("-Duser.home={home} -Djava.io.tmpdir={temporary}"))
}

/// Where trees have their temporary files.
pub fn temporary(data: &Path) -> PathBuf {
    data.join("tmp")
}

/// Starts `spawn` under a supervisor, its output going to `writer`.
pub async fn start(spawn: &Spawn<'_>, writer: &Writer) -> io::Result<Running> {
    let name = format!("{:016x}", name()?);
    let (run, temporary) = (spawn.data.join("run"), temporary(spawn.data).join(&name));
    for folder in [run.as_path(), temporary.as_path(), spawn.home] {
        tokio::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).await?;
    }
    let report = run.join(format!("{name}.report"));
    let mark = format!("{}:{name}", spawn.data.display());
    let caged = caged(spawn, &temporary).await?;
    let group = spawn.groups.make(&name, &spawn.bounds);
    let limits = limits(&spawn.bounds, &group, spawn.groups);
    let mut command = Command::new(spawn.supervisor);
    command
        .arg("supervise")
        .arg("--report")
        .arg(&report)
        .arg("--temporary")
        .arg(&temporary)
        .args(["--bounds", &serde_json::to_string(&spawn.bounds)?]);
    command.args(["--group", &serde_json::to_string(&group)?]).args(caged.outside.then_some("--outside"));
    command.arg("--").args(&caged.command);
    command
        .current_dir(spawn.folder)
        .env_clear()
        .envs(environment(spawn, (&temporary, caged.name.as_deref()), &mark, |it| std::env::var(it).ok()));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().inspect_err(|_| {
        group.remove();
    })?;
    let pid = child.id().unwrap_or_default();
    let record = run.join(format!("{pid}.json"));
    let mut pumps = JoinSet::new();
    if let Some(out) = child.stdout.take() {
        give(&out, caged.user);
        pumps.spawn(writer.clone().pump(out));
    }
    if let Some(err) = child.stderr.take() {
        give(&err, caged.user);
        pumps.spawn(writer.clone().pump(err));
    }
    let running =
        Running { pid, lifeline: child.stdin.take(), child, report, record, mark, group, limits, temporary, pumps, writer: writer.clone() };
    let started = tree::stat(pid).map(|it| it.started);
    // Without the record a leftover is still found by its mark, so a full disk does not stop a service.
    let _ =
        tokio::fs::write(&running.record, serde_json::json!({ "pid": pid, "started": started, "boot": tree::boot_id() }).to_string()).await;
    Ok(running)
}

/// Makes a pipe the property of `user`, who could write to it but not open it by its name (`/dev/stdout`) otherwise.
fn give(pipe: impl AsFd, user: Option<u32>) {
    if let Some(user) = user {
        // A program that opens nothing by that name lacks nothing.
        let _ = rustix::fs::fchown(pipe, Some(rustix::process::Uid::from_raw(user)), Some(rustix::process::Gid::from_raw(user)));
    }
}

/// The command with its cage around.
async fn caged(spawn: &Spawn<'_>, temporary: &Path) -> io::Result<Caged> {
    let (sandbox, command, reach) = (spawn.sandbox.clone(), spawn.command.clone(), spawn.reach);
    let (folder, home, temporary) = (spawn.folder.to_owned(), spawn.home.to_owned(), temporary.to_owned());
    let writes = spawn.writes.clone();
    let around = move || {
        let tree = Tree { reach, folder: &folder, home: &home, writes: &writes, temporary: &temporary };
        sandbox.around(&command, &tree)
    };
    tokio::task::spawn_blocking(around).await.map_err(io::Error::other)?
}

/// The limits that are in force, in words, and how they are held.
fn limits(bounds: &Bounds, group: &Group, groups: &Groups) -> String {
    let held = [Controller::Memory, Controller::Pids, Controller::Cpu].map(|it| group.holds(it));
    let mut parts = Vec::new();
    parts.extend(bounds.memory.map(|it| format!("{} memory{}", bounds::bytes(it), if held[0] { "" } else { " for each process" })));
    parts.extend(bounds.processes.map(|it| format!("{it} processes")));
    parts.extend(bounds.cpu.filter(|_| held[2]).map(bounds::cores));
    let by = if held.contains(&true) { groups.words() } else { "rlimits only".to_owned() };
    let not = bounds.cpu.filter(|_| !held[2]).map(|it| format!("; not held to {}, which needs a cgroup", bounds::cores(it)));
    format!("limits: {} ({by}{})", parts.join(", "), not.unwrap_or_default())
}

/// A name for a file that nobody else takes.
fn name() -> io::Result<u64> {
    getrandom::u64().map_err(|it| io::Error::other(it.to_string()))
}

impl Running {
    /// Asks the tree to end: TERM now, KILL after `grace`.
    pub async fn stop(&mut self, grace: Millis) {
        self.writer.ends();
        if let Some(line) = &mut self.lifeline {
            // It may have ended just now; then there is nobody to tell.
            let _ = line.write_all(format!("stop {}\n", grace.0.max(0)).as_bytes()).await;
        }
    }

    /// Waits until nobody of the tree is left. May be dropped and called again.
    pub async fn ended(&mut self) {
        let _ = self.child.wait().await;
    }

    /// How it ended, once its last line has been read.
    pub async fn wait(&mut self) -> Exit {
        let status = self.child.wait().await;
        let last = async { while self.pumps.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(LAST_WORDS, last).await;
        self.pumps.abort_all();
        let said: Option<Report> = tokio::fs::read(&self.report).await.ok().and_then(|it| serde_json::from_slice(&it).ok());
        let _ = tokio::fs::remove_file(&self.report).await;
        let _ = tokio::fs::remove_file(&self.record).await;
        self.lifeline = None;
        let (group, temporary) = (self.group.clone(), self.temporary.clone());
        // Ended by now, unless the supervisor was killed; then its group still holds all that it watched over.
        let _ = tokio::task::spawn_blocking(move || {
            group.end();
            let _ = std::fs::remove_dir_all(temporary);
        })
        .await;
        if let Some(it) = said {
            return Exit { code: it.code, signal: it.signal, reason: it.reason };
        }
        // No report: the supervisor itself was killed. Its children have become ours; they go with it.
        leftovers::kill(&tree::with_environment(|it| it == format!("{MARK}={}", self.mark).as_bytes())).await;
        let signal = status.ok().and_then(|it| std::os::unix::process::ExitStatusExt::signal(&it));
        Exit { code: None, signal, reason: signal.is_none().then(|| "its supervisor could not run".to_owned()) }
    }

    /// The limits in force, in words.
    pub fn limits(&self) -> &str {
        &self.limits
    }

    /// Where its temporary files are.
    pub fn temporary(&self) -> &Path {
        &self.temporary
    }

    /// Processes of the tree, the supervisor not included.
    pub fn members(&self) -> Vec<u32> {
        tree::descendants(self.pid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_build_is_told_of_the_proxy_and_a_service_is_not_and_neither_of_anything_else() {
        let all = |proxied| {
            let (here, groups) = (Path::new("/"), Groups::default());
            let (variables, bounds) = (vec![("OWN".to_owned(), "1".to_owned())], Bounds::default());
            let spawn = Spawn {
                supervisor: here,
                data: here,
                folder: here,
                home: here,
                command: vec![],
                variables,
                proxied,
                bounds,
                groups: &groups,
                sandbox: &Sandbox::none(),
                reach: Reach::Own,
                writes: Vec::new(),
            };
            // A machine where every variable is set.
            environment(&spawn, (Path::new("/tmp/own"), Some("ada")), "mark", |name| Some(format!("the user's {name}")))
        };
        let names = |proxied| all(proxied).into_iter().map(|it| it.0).collect::<Vec<_>>();
        assert!(names(true).contains(&"HTTPS_PROXY".to_owned()));
        assert!(!names(false).iter().any(|it| it.to_lowercase().ends_with("_proxy")));
        for name in ["SSH_AUTH_SOCK", "DBUS_SESSION_BUS_ADDRESS", "TRACKSIDE_TOKEN"] {
            assert!(!names(true).contains(&name.to_owned()), "{name}");
        }
        let value = |name: &str| all(false).into_iter().rfind(|it| it.0 == name).unwrap().1;
        assert_eq!((value("HOME"), value("TMPDIR"), value("OWN")), ("/".to_owned(), "/tmp/own".to_owned(), "1".to_owned()));
        assert_eq!((value("USER"), value("LOGNAME")), ("ada".to_owned(), "ada".to_owned()));
    }

    #[test]
    fn the_limits_that_are_said_are_those_in_force() {
        let bounds = Bounds { memory: Some(512 << 20), processes: Some(256), cpu: Some(1.0), ..Bounds::default() };
        let said = limits(&bounds, &Group::default(), &Groups::default());
        assert_eq!(said, "limits: 512 MiB memory for each process, 256 processes (rlimits only; not held to 1 core, which needs a cgroup)");
        let said = limits(&Bounds { cpu: None, ..bounds }, &Group::default(), &Groups::default());
        assert_eq!(said, "limits: 512 MiB memory for each process, 256 processes (rlimits only)");
    }

    #[test]
    fn a_file_that_grew_too_large_is_known_from_the_signal_and_from_a_shells_word_for_it() {
        let bounds = "ulimit -f 1 && exec cat /dev/zero > big";
        for line in [bounds.to_owned(), format!("({bounds}); exit $?")] {
            let folder = tempfile::tempdir().unwrap();
            let status = std::process::Command::new("sh").args(["-c", &line]).current_dir(folder.path()).status().unwrap();
            let exit = Exit { code: status.code(), signal: std::os::unix::process::ExitStatusExt::signal(&status), reason: None };
            assert!(exit.file_too_large(), "{line}: {exit:?}");
        }
        assert!(!Exit { code: Some(1), ..Exit::default() }.file_too_large());
    }
}

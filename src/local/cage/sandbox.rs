//! The best cage of this machine, found by trying; and one tree's command line with it around.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::bubble::{self, Bwrap, Places};
use super::level::{Level, Wish};
use super::rules::{Files, Rules};
use super::view::View;
use super::{calls, land, users};

/// An empty view is made in milliseconds; one that takes this long hangs.
const TRY_FOR: Duration = Duration::from_secs(20);
const LOOK_EVERY: Duration = Duration::from_millis(2);

/// Why no code is run at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unsafe {
    #[error(
        "this machine offers no sandbox ({0}), so code of a repository could do all that you can: install bubblewrap (0.5 or newer), or, for repositories you would run by hand, give --allow-unsandboxed"
    )]
    Nothing(String),
    #[error("the sandbox `{0}` cannot be had here: {1}; without --sandbox the best one there is would be used")]
    Missing(Level, String),
    #[error("`none` as the sandbox lets code of a repository do all that you can: give --allow-unsandboxed too")]
    Unconfirmed,
}

/// What all trees of a platform are put into.
#[derive(Clone, Debug)]
pub struct Sandbox {
    level: Level,
    /// Why it is not a better one.
    why: Option<String>,
    /// Whether git can be kept from writing elsewhere.
    lands: bool,
    bwrap: Bwrap,
    supervisor: PathBuf,
    /// Where lists of users are written that are shown inside.
    lists: PathBuf,
    view: View,
    readable: Vec<PathBuf>,
}

/// Whose code it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// A repository's.
    Own,
    /// git's, which reads what its user can.
    Git,
}

/// One tree's folders.
#[derive(Clone, Debug)]
pub struct Tree<'a> {
    pub reach: Reach,
    pub folder: &'a Path,
    pub home: &'a Path,
    /// What it may write besides HOME and TMPDIR; each in a folder that holds nothing but its service's.
    pub writes: &'a [PathBuf],
    pub temporary: &'a Path,
}

/// A command with its cage around.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caged {
    pub command: Vec<String>,
    /// Its first process only waits, and with it the others end: a request to end is for those inside.
    pub outside: bool,
    /// Who it becomes inside, if another.
    pub user: Option<u32>,
    /// The name of its user, if there is one.
    pub name: Option<String>,
}

impl Sandbox {
    /// No cage at all.
    pub fn none() -> Self {
        let nothing = PathBuf::new;
        Self {
            level: Level::None,
            why: None,
            lands: false,
            bwrap: Bwrap::default(),
            supervisor: nothing(),
            lists: nothing(),
            view: View::default(),
            readable: Vec::new(),
        }
    }

    /// What `wish` comes to for the platform on `data`, which is a full path. Takes some ten milliseconds.
    pub fn find(data: &Path, supervisor: &Path, wish: Wish) -> Result<Self, Unsafe> {
        let supervisor = supervisor.canonicalize().unwrap_or_else(|_| supervisor.to_owned());
        let view = View::of(data, &supervisor, |it| std::env::var(it).ok());
        let mut it = Self { supervisor, lists: data.join("run"), readable: view.readable(), view, ..Self::none() };
        let landlock = try_landlock();
        it.lands = landlock.is_ok();
        if wish.level == Some(Level::None) {
            return if wish.unsandboxed { Ok(Self { lands: false, ..it }) } else { Err(Unsafe::Unconfirmed) };
        }
        let bubble = if wish.level == Some(Level::Landlock) { Err("landlock was asked for".to_owned()) } else { it.try_bubble() };
        // With it as without: what is run is what was tried.
        let landlock = landlock.and_then(|()| if bubble.is_ok() { Ok(()) } else { it.try_cage() });
        match (bubble, landlock) {
            (Ok(bwrap), _) => Ok(Self { bwrap, level: Level::Bwrap, ..it }),
            (Err(why), _) if wish.level == Some(Level::Bwrap) => Err(Unsafe::Missing(Level::Bwrap, why)),
            (Err(why), Ok(())) => Ok(Self { level: Level::Landlock, why: Some(why), ..it }),
            (Err(_), Err(why)) if wish.level == Some(Level::Landlock) => Err(Unsafe::Missing(Level::Landlock, why)),
            (Err(one), Err(two)) if wish.unsandboxed => Ok(Self { why: Some(format!("{one}; {two}")), ..it }),
            (Err(one), Err(two)) => Err(Unsafe::Nothing(format!("{one}; {two}"))),
        }
    }

    pub const fn level(&self) -> Level {
        self.level
    }

    /// Why there is no better one, if there could be.
    pub fn why(&self) -> Option<&str> {
        self.why.as_deref()
    }

    /// Runs a shell as a build would be run, in a view of the machine; gives the bwrap that can.
    fn try_bubble(&self) -> Result<Bwrap, String> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let usual = [PathBuf::from("/usr/bin"), PathBuf::from("/usr/local/bin")];
        let found = std::env::split_paths(&path).chain(usual).map(|it| it.join("bwrap")).find(|it| it.is_absolute() && it.is_file());
        let path = found.ok_or_else(|| "bubblewrap (bwrap) is not installed".to_owned())?;
        let root = rustix::process::geteuid().is_root();
        if root && !users::work() {
            return Err("bwrap would run programs as root: this root cannot become another user".to_owned());
        }
        try_calls()?;
        let rules = Rules { files: None, user: root.then_some(users::LAST), folder: Some(PathBuf::from("/")) };
        let inner = self.enter(&rules, &shell()).map_err(|error| error.to_string())?;
        let places = Places { writes: &[], temporary: None, instead: &users::lists() };
        let works = |bwrap: &Bwrap| ends_well(&[bubble::line(bwrap, &self.view, &places, root), inner.clone()].concat());
        let mut bwrap = Bwrap { path, sized: true };
        let mut tried = works(&bwrap);
        if tried.as_ref().is_err_and(|why| why.contains("--size")) {
            bwrap.sized = false;
            tried = works(&bwrap);
        }
        tried.map_err(|why| format!("{} does not work here: {why}", bwrap.path.display()))?;
        Ok(bwrap)
    }

    /// Runs a shell as a build would be run where there is no other view of the machine.
    fn try_cage(&self) -> Result<(), String> {
        let rules = Rules { files: Some(Files { reads: Some(self.readable.clone()), writes: Vec::new() }), ..Rules::default() };
        let line = self.enter(&rules, &shell()).map_err(|error| error.to_string())?;
        ends_well(&line).map_err(|why| format!("landlock: {why}"))
    }

    /// `command` with the cage around. Makes the folders of `tree` its user's own, if it gets one.
    pub fn around(&self, command: &[String], tree: &Tree<'_>) -> io::Result<Caged> {
        let writes: Vec<PathBuf> = tree.writes.iter().cloned().chain([tree.home.to_owned(), tree.temporary.to_owned()]).collect();
        let plain = |command: Vec<String>| Caged { command, outside: false, user: None, name: users::me() };
        match (tree.reach, self.level) {
            (Reach::Git, _) if self.lands => {
                let files = Files { reads: None, writes };
                Ok(plain(self.enter(&Rules { files: Some(files), ..Rules::default() }, command)?))
            }
            (Reach::Git, _) | (_, Level::None) => Ok(plain(command.to_vec())),
            (Reach::Own, Level::Landlock) => {
                let files = Files { reads: Some(self.readable.clone()), writes };
                Ok(plain(self.enter(&Rules { files: Some(files), ..Rules::default() }, command)?))
            }
            (Reach::Own, Level::Bwrap) => self.bubble(command, tree, &writes),
        }
    }

    fn bubble(&self, command: &[String], tree: &Tree<'_>, writes: &[PathBuf]) -> io::Result<Caged> {
        if !self.bwrap.path.is_file() {
            return Err(io::Error::other(format!(
                "{} is not there any more, and without it nothing is run: put it back, or start the platform again for the best sandbox there is (`trackside doctor` says which)",
                self.bwrap.path.display()
            )));
        }
        let root = rustix::process::geteuid().is_root();
        let folders: Vec<&Path> = tree.writes.iter().map(PathBuf::as_path).chain([tree.temporary]).collect();
        let older: Vec<&Path> = tree.writes.iter().filter_map(|it| it.parent()).collect();
        let user = if root { Some(users::own(tree.home, &folders, &older)?) } else { None };
        let named = users::named(user, tree.home, &self.lists)?;
        let places = Places { writes, temporary: Some(tree.temporary), instead: &named.lists };
        let mut line = bubble::line(&self.bwrap, &self.view, &places, root);
        line.extend(self.enter(&Rules { files: None, user, folder: Some(tree.folder.to_owned()) }, command)?);
        Ok(Caged { command: line, outside: true, user, name: Some(named.name) })
    }

    fn enter(&self, rules: &Rules, command: &[String]) -> io::Result<Vec<String>> {
        let mut line =
            vec![self.supervisor.to_string_lossy().into_owned(), "cage".to_owned(), serde_json::to_string(rules)?, "--".to_owned()];
        line.extend_from_slice(command);
        Ok(line)
    }
}

/// Closes a thread of its own in, and lets it end: a thread that was closed in cannot be opened again.
fn alone(close: impl FnOnce() -> Result<(), String> + Send + 'static) -> Result<(), String> {
    thread::spawn(close).join().unwrap_or_else(|_| Err("it could not be tried".to_owned()))
}

fn try_calls() -> Result<(), String> {
    alone(calls::close)
}

fn try_landlock() -> Result<(), String> {
    let files = Files { reads: Some(vec![PathBuf::from("/usr")]), writes: Vec::new() };
    alone(move || land::hold(&files).and_then(|()| calls::close()))
}

/// What a cage is tried with: as each build and each service is begun.
fn shell() -> [String; 3] {
    ["sh", "-c", "exit 0"].map(str::to_owned)
}

/// Runs a command that says nothing; why it did not end well, in its own words.
fn ends_well(line: &[String]) -> Result<(), String> {
    let Some((program, args)) = line.split_first() else { return Err("nothing to run".to_owned()) };
    let mut command = Command::new(program);
    command
        .args(args)
        .env_clear()
        .envs(std::env::var_os("PATH").map(|it| ("PATH", it)))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| error.to_string())?;
    let began = Instant::now();
    while child.try_wait().map_err(|error| error.to_string())?.is_none() {
        if began.elapsed() > TRY_FOR {
            let _ = child.kill();
            let _ = child.wait();
            return Err(format!("it did not end within {}s", TRY_FOR.as_secs()));
        }
        thread::sleep(LOOK_EVERY);
    }
    let done = child.wait_with_output().map_err(|error| error.to_string())?;
    if done.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&done.stderr);
    Err(said.lines().last().map_or_else(|| done.status.to_string(), |it| crate::model::text::Clean::new(it).to_string()))
}

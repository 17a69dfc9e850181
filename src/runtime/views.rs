//! What is kept from one start to the next: the last view of each context, the sizes of panes, what was entered in the palette.
//! A file in the state folder that can be lost: what is broken is said once, and begun anew.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::Instant;

use serde::{Deserialize, Serialize};

use super::files::Draft;
use super::mask::mask;
use crate::app::layout::Split;
use crate::app::logs::KeptMark;
use crate::app::state::App;
use crate::app::stops::{Memory, Place};
use crate::model::time::Time;

/// The form of the file that is written and read.
const VERSION: u32 = 1;
/// A file that is larger is none of ours.
const LARGEST: u64 = 4 * 1024 * 1024;
/// Marks that are kept, of all contexts; the oldest make room. At most a quarter of the file, however their lines are spelt.
const MARKS: usize = 2000;
/// Contexts that are kept; the one that was left longest ago makes room.
const CONTEXTS: usize = 64;
const NAME: &str = "views.json";

/// The file.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Kept {
    version: u32,
    split: Split,
    /// Newest first.
    palette: Vec<String>,
    contexts: BTreeMap<String, Last>,
    /// Marked log lines, by context.
    marks: BTreeMap<String, Vec<KeptMark>>,
}

impl Kept {
    /// Takes the marks of the contexts that nobody left later than this dashboard.
    fn take_marks(&mut self, newest: &BTreeSet<String>, marks: BTreeMap<String, Vec<KeptMark>>) {
        self.marks.extend(marks.into_iter().filter(|(name, _)| newest.contains(name)));
        self.marks.retain(|_, all| !all.is_empty());
        for it in self.marks.values_mut().flatten() {
            // A line is not ours, and the file stays for long.
            it.text = mask(&it.text).into_owned();
        }
        while self.marks.values().map(Vec::len).sum::<usize>() > MARKS {
            let oldest = self.marks.iter().filter_map(|(name, all)| Some((all.first()?.at, name.clone()))).min();
            let Some(all) = oldest.and_then(|(_, name)| self.marks.get_mut(&name)) else { break };
            all.remove(0);
        }
    }
}

/// As much of a file as can be read of every form there will be.
#[derive(Deserialize)]
struct Form {
    #[serde(default)]
    version: u64,
}

/// Where one was.
#[derive(Debug, Serialize, Deserialize)]
struct Last {
    view: String,
    /// When it was left.
    at: Time,
}

/// Where views are kept, and where to begin.
#[derive(Debug, Default)]
pub struct Views {
    file: Option<PathBuf>,
    place: Option<Place>,
}

impl Views {
    /// Kept in the folder `state`.
    pub fn kept(state: &Path) -> Self {
        Self { file: Some(state.join(NAME)), place: None }
    }

    /// Begins at `place`, wherever one was.
    #[must_use]
    pub fn at(self, place: Option<Place>) -> Self {
        Self { place, ..self }
    }

    /// The same as `end`, but not longer than until `until`; a word if it is not kept by then. `whole`: the program ended in good order.
    /// After a panic where it was is not kept, since that may be what it panicked at; the rest is.
    pub fn end_until(&self, app: &App, whole: bool, until: Instant) -> Option<String> {
        let file = self.file.clone()?;
        let (here, this) = (app.settings.context.clone(), Self { file: self.file.clone(), place: None });
        let mut memory = catch_unwind(AssertUnwindSafe(|| app.remember())).ok()?;
        if !whole {
            memory.left.remove(&here);
        }
        let (alive, ended) = channel();
        let written = std::thread::Builder::new().spawn(move || {
            this.keep(&here, memory);
            drop::<Sender<()>>(alive);
        });
        written.ok()?;
        let waited = ended.recv_timeout(until.saturating_duration_since(Instant::now()));
        (waited == Err(RecvTimeoutError::Timeout))
            .then(|| format!("the view is not kept in {}: its disk takes nothing now", file.display()))
    }

    /// Gives the program what was kept; a word if that is nothing because it is broken.
    pub fn begin(&self, app: &mut App) -> Option<String> {
        let (kept, word) = match self.file.as_deref().map(read) {
            Some(Ok(kept)) => (kept, None),
            Some(Err(Unread { word, .. })) => (Kept::default(), Some(word)),
            None => (Kept::default(), None),
        };
        // A view that cannot be read any more is as good as none: the first one is not wrong.
        let clock = app.query_clock();
        let left = kept.contexts.into_iter().filter_map(|(name, it)| Some((name, (Place::parse(&it.view, clock).ok()?, it.at))));
        let memory = Memory { left: left.collect(), split: kept.split, history: kept.palette, marks: kept.marks };
        app.recall(memory, self.place.clone());
        word
    }

    /// Keeps where the program is and was. What cannot be kept is lost, and said in the log.
    pub fn end(&self, app: &App) {
        self.keep(&app.settings.context, app.remember());
    }

    /// Keeps `memory`, which is newest of the context `here`, beside what other dashboards kept meanwhile.
    fn keep(&self, here: &str, memory: Memory) {
        let Some(file) = &self.file else { return };
        let mut kept = match read(file) {
            Ok(kept) => kept,
            // A newer program's file is not for us to write over.
            Err(Unread { newer: true, .. }) => return,
            Err(_) => Kept::default(),
        };
        let Memory { left, split, history, marks } = memory;
        (kept.version, kept.split, kept.palette) = (VERSION, split, history);
        let mut newest: BTreeSet<String> = [here.to_owned()].into();
        for (name, (place, at)) in left {
            if name == here || kept.contexts.get(&name).is_none_or(|it| it.at < at) {
                newest.insert(name.clone());
                kept.contexts.insert(name, Last { view: place.to_string(), at });
            }
        }
        kept.take_marks(&newest, marks);
        while kept.contexts.len() > CONTEXTS
            && let Some(oldest) = kept.contexts.iter().min_by_key(|(_, it)| it.at).map(|(name, _)| name.clone())
        {
            kept.contexts.remove(&oldest);
        }
        if let Err(err) = write(file, &kept) {
            tracing::warn!(%err, file = %file.display(), "the view was not kept");
        }
    }
}

/// Why a file is not read.
struct Unread {
    word: String,
    newer: bool,
}

fn read(file: &Path) -> Result<Kept, Unread> {
    let no = |why: String| Unread { word: format!("{}: {why}; it begins anew", file.display()), newer: false };
    let mut text = String::new();
    let opened = match std::fs::File::open(file) {
        Ok(it) => it,
        Err(err) if err.kind() == std::io::ErrorKind::NotFound => return Ok(Kept::default()),
        Err(err) => return Err(no(err.to_string())),
    };
    opened.take(LARGEST + 1).read_to_string(&mut text).map_err(|err| no(err.to_string()))?;
    if text.len() as u64 > LARGEST {
        return Err(no("is too large to be what was kept".to_owned()));
    }
    let bad = |err: serde_json::Error| no(format!("what was kept cannot be read ({err})"));
    // Its form first: in a newer one nothing else need be as we know it.
    let Form { version } = serde_json::from_str(&text).map_err(bad)?;
    if version > u64::from(VERSION) {
        let word = format!("{}: was kept by a newer trackside (form {version}), and is left alone", file.display());
        return Err(Unread { word, newer: true });
    }
    serde_json::from_str(&text).map_err(bad)
}

fn write(file: &Path, kept: &Kept) -> std::io::Result<()> {
    let mut draft = Draft::own(file)?;
    draft.write(&serde_json::to_string_pretty(kept)?)?;
    draft.keep().map(drop)
}

//! What is kept from one start to the next: the last view of each context, the sizes of panes, what was entered in the palette.
//! A file in the state folder that can be lost: what is broken is said once, and begun anew.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::files::Draft;
use crate::app::effect::There;
use crate::app::layout::Split;
use crate::app::state::App;
use crate::app::stops::{Memory, Place};
use crate::model::time::Time;

/// The form of the file that is written and read.
const VERSION: u32 = 1;
/// A file that is larger is none of ours.
const LARGEST: u64 = 1024 * 1024;
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
        let memory = Memory { left: left.collect(), split: kept.split, history: kept.palette };
        app.recall(memory, self.place.clone());
        word
    }

    /// Keeps where the program is and was, beside what other dashboards kept meanwhile. What cannot be kept is lost, and said in the log.
    pub fn end(&self, app: &App) {
        let Some(file) = &self.file else { return };
        let mut kept = match read(file) {
            Ok(kept) => kept,
            // A newer program's file is not for us to write over.
            Err(Unread { newer: true, .. }) => return,
            Err(_) => Kept::default(),
        };
        let Memory { left, split, history } = app.remember();
        (kept.version, kept.split, kept.palette) = (VERSION, split, history);
        for (name, (place, at)) in left {
            if name == app.settings.context || kept.contexts.get(&name).is_none_or(|it| it.at < at) {
                kept.contexts.insert(name, Last { view: place.to_string(), at });
            }
        }
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
    let kept: Kept = serde_json::from_str(&text).map_err(|err| no(format!("what was kept cannot be read ({err})")))?;
    if kept.version > VERSION {
        let word = format!("{}: was kept by a newer trackside (form {}), and is left alone", file.display(), kept.version);
        return Err(Unread { word, newer: true });
    }
    Ok(kept)
}

fn write(file: &Path, kept: &Kept) -> std::io::Result<()> {
    let mut draft = Draft::new(file, There::Replace)?;
    draft.write(&serde_json::to_string_pretty(kept)?)?;
    draft.keep().map(drop)
}

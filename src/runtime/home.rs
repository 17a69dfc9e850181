//! The person's config as the running dashboard needs it: other contexts to go into, and what was saved meanwhile.

use std::path::{Path, PathBuf};

use tokio::sync::mpsc;

use super::saved;
use super::sources::Connection;
use super::turn::Urgent;
use crate::app::msg::Msg;
use crate::app::state::{NoticeKind, Settings, SourceState};
use crate::model::ids::SourceId;
use crate::model::link::Link;
use crate::model::time::Time;

/// A context that was opened: what it is set to, and its sources, which have not begun.
pub struct Opened {
    pub settings: Settings,
    pub sources: Vec<Connection>,
}

/// What a saved config came to: the settings of the context one is in, and what to say.
pub struct Reloaded {
    pub settings: Settings,
    pub said: Vec<(NoticeKind, String)>,
}

/// Opens the context of that name. It waits for nothing: a source finds its token by itself.
pub type Open = Box<dyn Fn(&str) -> Result<Opened, String> + Send>;

/// Reads the config again; `None`: nothing has changed.
pub type Reload = Box<dyn FnMut() -> Option<Reloaded> + Send>;

/// The person's config, for going into other contexts and for taking in what they save.
pub struct Home {
    /// Opens the context of that name.
    pub open: Open,
    /// The config file.
    pub file: PathBuf,
    /// The folder of the person's own themes, there or not.
    pub themes: Option<PathBuf>,
    pub reload: Reload,
}

impl Home {
    /// Follows the file from now on; what opens other contexts.
    pub fn begin(self, lane: mpsc::Sender<Urgent>) -> Open {
        follow(&self.file, self.themes.as_deref(), self.reload, lane);
        self.open
    }
}

/// Reads the config again each time that it, or a theme, is saved.
fn follow(file: &Path, themes: Option<&Path>, mut reload: Reload, lane: mpsc::Sender<Urgent>) {
    let saved = move || match reload() {
        Some(it) => lane.blocking_send(Urgent::Msg(Msg::Settings(Box::new(it.settings), it.said))).is_ok(),
        None => true,
    };
    // Without a folder there is no config, and without the kernel's word it is read at the next start.
    if let Err(err) = saved::watch(file, themes, saved) {
        tracing::info!(%err, "the config is not read again when it is saved");
    }
}

/// The sources as the program knows them before they said anything; their ids count from `first`.
pub fn states(sources: &[Connection], first: u16, now: Time) -> Vec<SourceState> {
    let state = |(index, it): (usize, &Connection)| SourceState {
        id: SourceId(first.wrapping_add(index as u16)),
        name: it.name.clone(),
        adapter: it.adapter.clone(),
        link: Link::Idle,
        since: now,
        ..SourceState::default()
    };
    sources.iter().enumerate().map(state).collect()
}

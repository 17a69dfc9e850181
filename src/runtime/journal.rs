//! The activity log on disk: what was asked for, what came of it, and how to take it back. A line of JSON each; never a secret.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Instant;

use crate::platform::token::secrets::mask;

/// Its name in the state folder.
pub const FILE: &str = "activity.jsonl";
/// A log that has grown past this is put aside; one old one is kept.
const MAX: u64 = 4 * 1024 * 1024;

/// Adds `line` to the log in `folder`. One write, so that lines of several programs never mix.
pub fn append(folder: &Path, line: &str) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let path = folder.join(FILE);
    if std::fs::metadata(&path).is_ok_and(|it| it.len() > MAX) {
        std::fs::rename(&path, folder.join(format!("{FILE}.1")))?;
    }
    let mut file = OpenOptions::new().create(true).append(true).mode(0o600).open(path)?;
    file.write_all(format!("{}\n", mask(line)).as_bytes())
}

/// A thread that writes lines in their order, so that no slow disk is ever waited for.
#[derive(Debug)]
pub struct Journal {
    folder: PathBuf,
    /// The way to the thread, and what is closed once it has written all.
    lines: Option<(Sender<String>, Receiver<()>)>,
}

impl Journal {
    /// One in `folder`; nothing is made before the first line.
    pub const fn new(folder: PathBuf) -> Self {
        Self { folder, lines: None }
    }

    /// Adds a line.
    pub fn note(&mut self, line: String) {
        let folder = &self.folder;
        let (lines, _) = self.lines.get_or_insert_with(|| {
            let (give, take) = channel::<String>();
            let (alive, ended) = channel();
            let folder = folder.clone();
            thread::spawn(move || {
                for line in take {
                    if let Err(err) = append(&folder, &line) {
                        tracing::warn!(%err, "the activity log could not be written");
                    }
                }
                drop::<Sender<()>>(alive);
            });
            (give, ended)
        });
        let _ = lines.send(line);
    }

    /// Writes what is still to be written; a word if that is not done before `until`.
    pub fn end(&mut self, until: Instant) -> Option<String> {
        let (lines, ended) = self.lines.take()?;
        drop(lines);
        let waited = ended.recv_timeout(until.saturating_duration_since(Instant::now()));
        let late = waited == Err(RecvTimeoutError::Timeout);
        late.then(|| format!("what was done last is not written to {}: its disk takes nothing now", self.folder.join(FILE).display()))
    }
}

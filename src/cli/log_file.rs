//! What the program says of itself: to a file in the state folder, never to the screen it draws on.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use tracing_subscriber::EnvFilter;

use crate::model::text::Clean;
use crate::platform::token::secrets::mask;

/// A log that has grown past this is put aside at the next start; one old log is kept.
const MAX: u64 = 4 * 1024 * 1024;

/// Where logs and other things go that can be lost.
pub fn state_dir() -> Option<PathBuf> {
    use etcetera::BaseStrategy as _;
    let base = etcetera::choose_base_strategy().ok()?;
    Some(base.state_dir().unwrap_or_else(|| base.data_dir()).join("trackside"))
}

/// Begins logging. Without a place to write to there is no log, and everything works as before.
pub fn begin() {
    let Some(file) = state_dir().and_then(|it| open(&it)) else { return };
    let filter = EnvFilter::try_from_env("TRACKSIDE_LOG").unwrap_or_else(|_| EnvFilter::new("warn,trackside=info"));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(Mutex::new(Masked(file))).with_ansi(false);
    let _ = log.try_init();
}

/// A record as it is written: what a platform said in it drives no terminal that the log is looked at in, and no secret is in it that the
/// program knows of.
fn record(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    mask(&Clean::paragraph(text.trim_end_matches('\n'))).into_owned() + "\n"
}

/// A file of such records. Each comes in one piece.
struct Masked(File);

impl Write for Masked {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.write_all(record(bytes).as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.0.flush()
    }
}

fn open(dir: &Path) -> Option<File> {
    std::fs::create_dir_all(dir).ok()?;
    let path = dir.join("trackside.log");
    if std::fs::metadata(&path).is_ok_and(|it| it.len() > MAX) {
        let _ = std::fs::rename(&path, dir.join("trackside.log.1"));
    }
    OpenOptions::new().create(true).append(true).mode(0o600).open(path).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_string_of_the_corpus_gets_into_the_log_as_it_is() {
        crate::model::text::samples::each(|hostile| {
            let text = record(&[b"WARN said=", hostile, b"\n"].concat());
            assert!(text.ends_with('\n') && text.starts_with("WARN said="), "{text:?}");
            assert_eq!(crate::model::text::samples::odd(&text), None, "{text:?}");
        });
    }
}

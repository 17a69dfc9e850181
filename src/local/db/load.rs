//! From a folder to a trusted, loaded database, or a clear reason why not.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use crate::local::lock::{Held, Lock};
use crate::local::port::Loaded;
use crate::wire::hex::hex;

use super::error::DbError;
use super::mark::Mark;
use super::{rows, schema};

/// What the writer needs to run.
pub(super) struct Opened {
    pub db: Connection,
    pub path: PathBuf,
    pub mark: Mark,
    /// Held as long as the database is open.
    pub lock: Lock,
    pub loaded: Loaded,
}

/// Opens the database of `folder`, making it if there is none.
pub(super) fn open(folder: &Path, lock: Lock) -> Result<Opened, DbError> {
    let path = folder.join("trackside.db");
    // Made by us first, so that it is never readable by others, not even for a moment.
    OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path).map_err(|error| DbError::file(&error, &path))?;
    let mut db = schema::connect(&path)?;
    schema::prepare(&mut db, &path)?;
    let mark_path = folder.join("trackside.mark");
    let (mark, marked) = Mark::open(&mark_path).map_err(|error| DbError::file(&error, &mark_path))?;
    let sorted = |error: rusqlite::Error| DbError::of(&error, &path);

    let kept = rows::meta(&db, "epoch").map_err(sorted)?;
    let killed = rows::meta(&db, "closed").map_err(sorted)?.is_some_and(|it| it == "0");
    let rev = rows::meta(&db, "rev").map_err(sorted)?.map_or(Ok(0), |text| text.parse());
    let rev: u64 = rev.map_err(|_| DbError::Corrupt(format!("{}: its revision is no number", path.display())))?;
    let snapshot = rows::objects(&db)?.map_err(sorted)?;
    let private = rows::private(&db).map_err(sorted)?;

    // The mark is written after each commit, so it can be behind but never ahead or of another epoch, unless a file was put back.
    let proved = marked.is_some_and(|mark| Some(&mark.epoch) == kept.as_ref() && mark.rev <= rev);
    let begin = db.transaction().map_err(sorted)?;
    let epoch = match kept {
        Some(epoch) if proved => epoch,
        _ => {
            let epoch = new_epoch()?;
            rows::set_meta(&begin, "epoch", &epoch).map_err(sorted)?;
            rows::clear_outbox(&begin).map_err(sorted)?;
            epoch
        }
    };
    rows::set_meta(&begin, "closed", "0").map_err(sorted)?;
    begin.commit().map_err(sorted)?;
    mark.set(&epoch, rev).map_err(|error| DbError::file(&error, &mark_path))?;
    Ok(Opened { db, path, mark, lock, loaded: Loaded { epoch, rev, snapshot, private, last: None, killed } })
}

/// Takes the folder's lock for a database that is opened by itself.
pub(super) fn lock(folder: &Path) -> Result<Lock, DbError> {
    Lock::take(folder).map_err(|held| match held {
        Held::By(_) => DbError::Busy(folder.display().to_string()),
        Held::Io(error) => DbError::file(&error, &folder.join(Lock::FILE)),
    })
}

/// 128 random bits, hexadecimal.
fn new_epoch() -> Result<String, DbError> {
    let mut bytes = [0u8; 16];
    getrandom::fill(&mut bytes).map_err(|error| DbError::Io(format!("no random numbers: {error}")))?;
    Ok(hex(&bytes))
}

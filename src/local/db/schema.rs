//! The tables, their versions, and the checks before a database is trusted.

use std::path::Path;

use rusqlite::Connection;

use super::error::DbError;

/// Says in the file's header whose it is ("trks").
const APPLICATION: i32 = 0x7472_6b73;

/// Step `n` brings format `n` to `n + 1`. Never edited once released, only added to.
const STEPS: &[&str] = &["
    CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE objects (kind TEXT NOT NULL, id TEXT NOT NULL, rev INTEGER NOT NULL, json TEXT NOT NULL, PRIMARY KEY (kind, id)) WITHOUT ROWID;
    CREATE TABLE outbox (rev INTEGER PRIMARY KEY, at INTEGER NOT NULL, json TEXT NOT NULL);
    CREATE TABLE private (tab TEXT NOT NULL, key TEXT NOT NULL, json TEXT NOT NULL, PRIMARY KEY (tab, key)) WITHOUT ROWID;
    CREATE TABLE answers (key TEXT PRIMARY KEY, body TEXT NOT NULL, json TEXT NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID;
"];

/// Opens the file with the settings every connection has.
pub(super) fn connect(path: &Path) -> Result<Connection, DbError> {
    let sorted = |error| DbError::of(&error, path);
    let db = Connection::open(path).map_err(sorted)?;
    db.busy_timeout(std::time::Duration::from_secs(5)).map_err(sorted)?;
    // An acknowledged write survives the loss of power, not only of the process.
    db.pragma_update(None, "synchronous", "FULL").map_err(sorted)?;
    db.set_prepared_statement_cache_capacity(32);
    Ok(db)
}

/// Refuses what is not ours, newer or damaged before anything is written; then brings the format up to date.
pub(super) fn prepare(db: &mut Connection, path: &Path) -> Result<(), DbError> {
    let sorted = |error| DbError::of(&error, path);
    let known = STEPS.len() as u32;
    let found: u32 = db.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(sorted)?;
    if found > known {
        return Err(DbError::Newer { file: path.display().to_string(), found, known });
    }
    let tables: i64 = db.query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get(0)).map_err(sorted)?;
    let owner: i32 = db.pragma_query_value(None, "application_id", |row| row.get(0)).map_err(sorted)?;
    if tables > 0 && owner != APPLICATION {
        return Err(DbError::Corrupt(format!("{} is a database of another program", path.display())));
    }
    if found > 0 && !was_closed(db).map_err(sorted)? {
        check(db, path)?;
    }
    db.pragma_update(None, "journal_mode", "WAL").map_err(sorted)?;
    for version in found..known {
        let step = db.transaction().map_err(sorted)?;
        step.execute_batch(STEPS[version as usize]).map_err(sorted)?;
        step.pragma_update(None, "user_version", version + 1).map_err(sorted)?;
        step.pragma_update(None, "application_id", APPLICATION).map_err(sorted)?;
        step.commit().map_err(sorted)?;
    }
    Ok(())
}

/// Whether the last platform on this file said goodbye.
fn was_closed(db: &Connection) -> rusqlite::Result<bool> {
    let mut found = db.prepare("SELECT value FROM meta WHERE key = 'closed'")?;
    let mut rows = found.query([])?;
    Ok(match rows.next()? {
        Some(row) => row.get::<_, String>(0)? == "1",
        None => true,
    })
}

fn check(db: &Connection, path: &Path) -> Result<(), DbError> {
    let verdict: String = db.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0)).map_err(|error| DbError::of(&error, path))?;
    if verdict == "ok" { Ok(()) } else { Err(DbError::Corrupt(format!("{}: {verdict}", path.display()))) }
}

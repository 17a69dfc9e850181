//! Rows in and out: the SQL of the database, nothing of threads or files.

use std::collections::BTreeMap;
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, params};

use crate::local::port::{Done, IdempotencyKey};
use crate::model::event::{Change, Snapshot};

use super::error::DbError;

/// Revisions kept at least, however old.
const KEEP_REVS: u64 = 100_000;
/// Age kept at least, however many.
const KEEP_AGE_MS: i64 = 24 * 3600 * 1000;
/// Most revisions removed in one go: pruning must never make a commit wait.
const PRUNE_STEP: u64 = 2_000;

/// One transaction as it is kept for those who resume: its changes as a JSON array.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outbox {
    pub rev: u64,
    pub json: Arc<str>,
}

/// SQLite's integers are signed; a revision never comes near their end.
fn signed(rev: u64) -> i64 {
    i64::try_from(rev).unwrap_or(i64::MAX)
}

pub(super) fn meta(db: &Connection, key: &str) -> rusqlite::Result<Option<String>> {
    db.prepare_cached("SELECT value FROM meta WHERE key = ?1")?.query_row([key], |row| row.get(0)).optional()
}

pub(super) fn set_meta(db: &Connection, key: &str, value: &str) -> rusqlite::Result<()> {
    db.prepare_cached("INSERT INTO meta VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = ?2")?.execute([key, value]).map(drop)
}

pub(super) fn put(db: &Connection, change: &Change, json: &str) -> rusqlite::Result<()> {
    let object = change.object();
    let (kind, id) = object.parts();
    match change.rev() {
        Some(rev) => db
            .prepare_cached("INSERT INTO objects VALUES (?1, ?2, ?3, ?4) ON CONFLICT (kind, id) DO UPDATE SET rev = ?3, json = ?4")?
            .execute(params![kind, id, signed(rev), json]),
        None => db.prepare_cached("DELETE FROM objects WHERE kind = ?1 AND id = ?2")?.execute([kind, id]),
    }
    .map(drop)
}

pub(super) fn put_private(db: &Connection, table: &str, key: &str, json: Option<&str>) -> rusqlite::Result<()> {
    match json {
        Some(json) => db
            .prepare_cached("INSERT INTO private VALUES (?1, ?2, ?3) ON CONFLICT (tab, key) DO UPDATE SET json = ?3")?
            .execute([table, key, json]),
        None => db.prepare_cached("DELETE FROM private WHERE tab = ?1 AND key = ?2")?.execute([table, key]),
    }
    .map(drop)
}

pub(super) fn put_outbox(db: &Connection, rev: u64, at: i64, json: &str) -> rusqlite::Result<()> {
    db.prepare_cached("INSERT INTO outbox VALUES (?1, ?2, ?3)")?.execute(params![signed(rev), at, json]).map(drop)
}

pub(super) fn put_answer(db: &Connection, key: &IdempotencyKey, json: &str, at: i64) -> rusqlite::Result<()> {
    db.prepare_cached("INSERT OR REPLACE INTO answers VALUES (?1, ?2, ?3, ?4)")?.execute(params![key.key, key.body, json, at]).map(drop)
}

/// Removes what has outlived both limits.
pub(super) fn prune(db: &Connection, head: u64, now: i64) -> rusqlite::Result<()> {
    let oldest = now - KEEP_AGE_MS;
    let first: Option<i64> = db.prepare_cached("SELECT min(rev) FROM outbox")?.query_row([], |row| row.get(0))?;
    if let Some(first) = first {
        let until = signed(head.saturating_sub(KEEP_REVS)).min(first + signed(PRUNE_STEP));
        db.prepare_cached("DELETE FROM outbox WHERE rev <= ?1 AND at < ?2")?.execute(params![until, oldest])?;
    }
    db.prepare_cached("DELETE FROM answers WHERE at < ?1")?.execute([oldest]).map(drop)
}

/// Forgets the history: after a new epoch nobody can have a position in it.
pub(super) fn clear_outbox(db: &Connection) -> rusqlite::Result<()> {
    db.execute("DELETE FROM outbox", []).map(drop)
}

/// Oldest revision one can resume from.
pub(super) fn floor(db: &Connection, head: u64) -> rusqlite::Result<u64> {
    let first: Option<i64> = db.prepare_cached("SELECT min(rev) FROM outbox")?.query_row([], |row| row.get(0))?;
    Ok(first.map_or(head, |first| first.unsigned_abs().saturating_sub(1)))
}

/// Up to `limit` transactions after `rev`, oldest first. `None`: the one right after it is no longer kept, so what follows would have a hole.
pub(super) fn changes_after(db: &Connection, rev: u64, head: u64, limit: usize) -> rusqlite::Result<Option<Vec<Outbox>>> {
    if rev > head {
        return Ok(None);
    }
    let mut found = db.prepare_cached("SELECT rev, json FROM outbox WHERE rev > ?1 AND rev <= ?2 ORDER BY rev LIMIT ?3")?;
    let rows = found.query_map(params![signed(rev), signed(head), signed(limit as u64)], |row| {
        Ok(Outbox { rev: row.get::<_, i64>(0)?.unsigned_abs(), json: Arc::from(row.get::<_, String>(1)?) })
    })?;
    let rows = rows.collect::<rusqlite::Result<Vec<_>>>()?;
    let whole = rows.iter().zip(rev + 1..).all(|(row, wanted)| row.rev == wanted) && (rev == head || !rows.is_empty());
    Ok(whole.then_some(rows))
}

/// The body a key was used with, and the answer.
pub(super) fn answer(db: &Connection, key: &str) -> rusqlite::Result<Option<(String, String)>> {
    db.prepare_cached("SELECT body, json FROM answers WHERE key = ?1")?.query_row([key], |row| Ok((row.get(0)?, row.get(1)?))).optional()
}

/// Reads a kept answer.
pub(super) fn read_answer(json: &str) -> Result<Done, DbError> {
    serde_json::from_str(json).map_err(|error| DbError::Corrupt(format!("a kept answer is unreadable: {error}")))
}

/// All objects. One that cannot be read means the file cannot be trusted.
pub(super) fn objects(db: &Connection) -> Result<rusqlite::Result<Snapshot>, DbError> {
    let mut all = Snapshot::default();
    let read = || -> rusqlite::Result<Vec<(String, String)>> {
        let mut found = db.prepare("SELECT id, json FROM objects ORDER BY kind, id")?;
        found.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
    };
    let rows = match read() {
        Ok(rows) => rows,
        Err(error) => return Ok(Err(error)),
    };
    for (id, json) in rows {
        match serde_json::from_str(&json).map_err(|error| DbError::Corrupt(format!("object {id} is unreadable: {error}")))? {
            Change::Team(it) => all.teams.push(it),
            Change::Project(it) => all.projects.push(it),
            Change::Service(it) => all.services.push(it),
            Change::Deployment(it) => all.deployments.push(it),
            Change::Incident(it) => all.incidents.push(it),
            Change::Audit(it) => all.audit.push(it),
            Change::Removed(_) => return Err(DbError::Corrupt(format!("object {id} is kept as removed"))),
        }
    }
    Ok(Ok(all))
}

/// One private record.
pub(super) fn kept(db: &Connection, table: &str, key: &str) -> rusqlite::Result<Option<String>> {
    db.prepare_cached("SELECT json FROM private WHERE tab = ?1 AND key = ?2")?.query_row([table, key], |row| row.get(0)).optional()
}

pub(super) fn private(db: &Connection) -> rusqlite::Result<BTreeMap<(String, String), String>> {
    let mut found = db.prepare("SELECT tab, key, json FROM private")?;
    found.query_map([], |row| Ok(((row.get(0)?, row.get(1)?), row.get(2)?)))?.collect()
}

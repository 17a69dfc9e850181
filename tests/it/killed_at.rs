//! A platform that dies at each named point between a write's acceptance and its answer: what was acknowledged is there, no revision is
//! missing, no event is without its state and no state without its event. In the build with the points in it (`--features seeded-bugs`).
#![cfg(feature = "seeded-bugs")]

use std::collections::BTreeMap;
use std::io::Write as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;
use trackside::local::db::{Answered, Db};
use trackside::local::port::{Batch, Done, IdempotencyKey};
use trackside::model::event::{Change, ObjectRef};

use crate::acked::Ledger;
use crate::contract::samples;
use crate::figures;
use crate::hostile::Dice;
use crate::recovery::Served;
use crate::site::PATIENCE;

/// In the order in which a write comes by them.
const POINTS: [&str; 12] = [
    "db.taken",
    "db.begun",
    "db.objects",
    "db.outbox",
    "db.private",
    "db.answers",
    "db.revision",
    "db.committed",
    "db.marked",
    "db.told",
    "core.committed",
    "core.published",
];
/// Those of the database, without the core above it.
const OF_DATABASE: usize = 10;
/// The variable that names the file that names the point.
const KILL_AT: &str = "TRACKSIDE_KILL_AT";
/// Where the process that writes finds its database, and after how many commits it dies.
const FOLDER: &str = "TRACKSIDE_TEST_DATABASE";
const AFTER: &str = "TRACKSIDE_TEST_AFTER";
/// Who commits at once: groups of them become one transaction.
const WRITERS: usize = 4;
const KILL: i32 = 9;

fn key(name: &str) -> IdempotencyKey {
    IdempotencyKey { key: format!("key-{name}"), body: name.to_owned() }
}

/// Commits until it dies, and notes each commit that was answered; for [`a_database_whose_process_dies_at_any_point_of_a_commit_is_whole`].
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "run by another test, in a process of its own"]
async fn writer_for_another_test() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let (folder, after) = (Path::new(&folder), std::env::var(AFTER).unwrap().parse::<usize>().unwrap());
    let (db, loaded) = Db::open(folder).unwrap();
    let mut notes = std::fs::File::options().append(true).create(true).open(folder.join("acked")).unwrap();
    let mut all = JoinSet::new();
    let write = |all: &mut JoinSet<_>, n: usize| {
        let (db, name) = (db.clone(), format!("prj_{}_{n}", loaded.rev));
        all.spawn(async move {
            let changes = vec![Change::Project(samples::project(&name))];
            let private = vec![(("test".to_owned(), name.clone()), Some(format!("\"{name}\"")))];
            let done = Done { rev: 0, text: name.as_str().into(), object: None };
            let committed = db.commit(Batch { changes, private, answer: Some((key(&name), done)) }).await.unwrap();
            (name, committed.rev)
        });
    };
    (0..WRITERS).for_each(|n| write(&mut all, n));
    for n in WRITERS.. {
        let (name, rev) = all.join_next().await.unwrap().unwrap();
        // One write to the kernel: it is there when this process is not any more.
        notes.write_all(format!("{name} {rev}\n").as_bytes()).unwrap();
        if n - WRITERS == after {
            std::fs::rename(folder.join("point"), folder.join("kill-at")).unwrap();
        }
        write(&mut all, n);
    }
}

/// How a process ended; it has to, soon.
fn end(child: &mut std::process::Child) -> ExitStatus {
    let began = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        assert!(began.elapsed() < PATIENCE, "it did not come by the point it is to die at");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// What is acknowledged is there with all that belongs to it, and the history tells of all that is there and of nothing else.
async fn is_whole(folder: &Path, epoch: &mut Option<String>, what: &str) -> usize {
    let (db, loaded) = Db::open(folder).unwrap_or_else(|error| panic!("{what}: {error}"));
    assert_eq!(epoch.get_or_insert_with(|| loaded.epoch.clone()), &loaded.epoch, "{what}: another history");
    let notes = std::fs::read_to_string(folder.join("acked")).unwrap();
    let acked: Vec<(&str, u64)> = notes.lines().map(|it| it.split_once(' ').unwrap()).map(|it| (it.0, it.1.parse().unwrap())).collect();
    let state: BTreeMap<String, u64> = loaded.snapshot.projects.iter().map(|it| (it.id.to_string(), it.rev)).collect();
    for (name, rev) in &acked {
        assert_eq!(state.get(*name), Some(rev), "{what}: acknowledged and not there");
    }
    let (mut events, mut last) = (BTreeMap::new(), db.floor());
    while last < loaded.rev {
        for it in db.changes_after(last, 500).await.unwrap().expect("it is kept") {
            last += 1;
            assert_eq!(it.rev, last, "{what}: a hole in the history");
            for change in serde_json::from_str::<Vec<Change>>(&it.json).unwrap() {
                let ObjectRef::Project(id) = change.object() else { panic!("{what}: {change:?}") };
                assert!(events.insert(id.to_string(), it.rev).is_none(), "{what}: told twice");
            }
        }
    }
    assert_eq!(events, state, "{what}: events and state differ");
    assert_eq!(loaded.private.len(), state.len(), "{what}: what is kept beside it");
    for (name, rev) in state.iter().rev().take(WRITERS * 2) {
        let Answered::Same(done) = db.answered(&key(name)).await.unwrap() else { panic!("{what}: {name} would be done again") };
        assert_eq!(done.rev, *rev, "{what}");
    }
    db.close().await;
    acked.len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_whose_process_dies_at_any_point_of_a_commit_is_whole() {
    let each = crate::long::figure("TRACKSIDE_DEATHS", 10) as usize;
    let folder = tempfile::tempdir().unwrap();
    let (mut epoch, mut dice, mut acked) = (None, Dice(12), 0);
    for (round, point) in (0..each).flat_map(|round| POINTS[..OF_DATABASE].iter().map(move |it| (round, *it))) {
        let kill_at = folder.path().join("kill-at");
        let _ = std::fs::remove_file(&kill_at);
        std::fs::write(folder.path().join("point"), point).unwrap();
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "killed_at::writer_for_another_test", "--ignored"]).env(FOLDER, folder.path()).env(KILL_AT, kill_at);
        command.env(AFTER, dice.below(6).to_string()).stdin(Stdio::null()).stdout(Stdio::null());
        let status = end(&mut command.spawn().unwrap());
        assert_eq!(status.signal(), Some(KILL), "{point}: {status}");
        acked = is_whole(folder.path(), &mut epoch, &format!("round {round}, {point}")).await;
    }
    let deaths = each * OF_DATABASE;
    assert!(acked >= deaths, "{acked} commits: nobody wrote");
    figures::keep("deaths at points of a commit", format!("{deaths} at {OF_DATABASE} points, {acked} acknowledged, 0 lost, 0 holes"), 100);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_platform_that_dies_at_any_point_between_a_write_and_its_answer_keeps_its_word() {
    let folder = tempfile::tempdir().unwrap();
    let kill_at = folder.path().join("kill-at");
    let data = folder.path().join("data");
    let (mut ledger, mut after) = (Ledger::default(), "at first".to_owned());
    for (n, point) in POINTS.into_iter().enumerate() {
        let mut served = Served::start_with(&data, &[(KILL_AT, &kill_at)]);
        let client = ledger.holds(&data, served.0.id(), &after).await;
        ledger.clone().write(client.clone(), format!("before-{n}"), 1).await;
        std::fs::write(&kill_at, point).unwrap();
        let mut writers = JoinSet::new();
        (0..WRITERS).for_each(|it| drop(writers.spawn(ledger.clone().write(client.clone(), format!("at-{n}-{it}"), 4))));
        let status = end(&mut served.0);
        assert_eq!(status.signal(), Some(KILL), "{point}: {status}");
        std::fs::remove_file(&kill_at).unwrap();
        writers.shutdown().await;
        after = format!("after {point}");
    }
    let served = Served::start(&data);
    ledger.holds(&data, served.0.id(), &after).await;
    assert!(ledger.acked() >= POINTS.len(), "one before each death");
    let text = format!("{} at as many points, {} acknowledged, 0 lost, 0 holes", POINTS.len(), ledger.acked());
    figures::keep("deaths of a platform between a write and its answer", text, POINTS.len());
}

//! Damage to what the platform keeps: bytes turned, pages overwritten, files cut, at hundreds of places by chance.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use trackside::local::db::Db;
use trackside::local::logs::{LogStore, Names};
use trackside::local::port::{Batch, Entry};
use trackside::model::event::Change;
use trackside::model::ids::{ProjectId, ServiceId};
use trackside::model::log::{LogKind, LogQuery};
use trackside::model::time::Millis;

use crate::figures;
use crate::hostile::Dice;

use super::samples;

/// Revisions of the history that is damaged.
const REVS: u64 = 60;
const DAMAGES: usize = 500;

/// Copies the files of a folder, as a kill leaves them.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for path in fs::read_dir(from).unwrap().map(|it| it.unwrap().path()).filter(|it| it.is_file()) {
        fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
    }
}

/// Damages a file in one of the ways a disk and a cut write do.
fn damage(file: &Path, dice: &mut Dice) -> String {
    let mut bytes = fs::read(file).unwrap();
    let at = dice.below(bytes.len());
    let what = match dice.below(4) {
        0 => {
            bytes.truncate(at);
            "cut"
        }
        1 => {
            bytes[at] ^= 1 << dice.below(8);
            "one bit turned"
        }
        2 => {
            let end = (at + 512).min(bytes.len());
            bytes[at..end].iter_mut().for_each(|it| *it = dice.next() as u8);
            "a sector of noise"
        }
        _ => {
            let end = (at / 4096 * 4096 + 4096).min(bytes.len());
            bytes[at / 4096 * 4096..end].fill(0);
            "a page of zeros"
        }
    };
    fs::write(file, bytes).unwrap();
    format!("{what} at {at} of {}", file.file_name().unwrap().to_string_lossy())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_database_is_refused_in_words_or_gives_a_history_that_was_and_never_goes_back_in_secret() {
    let folder = tempfile::tempdir().unwrap();
    let (whole, dice) = (folder.path().join("whole"), &mut Dice(16));
    fs::create_dir_all(&whole).unwrap();
    let (db, first) = Db::open(&whole).unwrap();
    for i in 1..=REVS {
        let changes = vec![Change::Project(samples::project(&format!("prj_{i}")))];
        db.commit(Batch { changes, ..Batch::default() }).await.unwrap();
    }
    let kept = folder.path().join("kept");
    copy(&whole, &kept);
    db.close().await;
    let files: Vec<PathBuf> = fs::read_dir(&kept)
        .unwrap()
        .map(|it| it.unwrap().path())
        .filter(|it| {
            let name = it.file_name().unwrap().to_string_lossy().into_owned();
            ["trackside.db", "trackside.db-wal"].contains(&name.as_str()) && fs::metadata(it).unwrap().len() > 0
        })
        .collect();
    assert!(files.len() >= 2, "a database and its journal: {files:?}");
    let (mut refused, mut older, mut same) = (0, 0, 0);
    for round in 0..DAMAGES {
        let place = folder.path().join(format!("{round}"));
        copy(&kept, &place);
        let victim = &files[dice.below(files.len())];
        let what = damage(&place.join(victim.file_name().unwrap()), dice);
        match Db::open(&place) {
            Err(error) => {
                assert!(error.to_string().len() > 10, "{what}: {error}");
                refused += 1;
            }
            Ok((db, loaded)) => {
                assert!(loaded.rev <= REVS, "{what}: {}", loaded.rev);
                if loaded.rev < REVS {
                    assert_ne!(loaded.epoch, first.epoch, "{what}: {} of {REVS} in the same history", loaded.rev);
                    older += 1;
                } else {
                    same += 1;
                }
                assert!(loaded.snapshot.projects.len() as u64 <= REVS, "{what}");
                db.close().await;
            }
        }
        fs::remove_dir_all(&place).unwrap();
    }
    figures::keep(
        "damages of the database",
        format!("{DAMAGES}: {refused} refused, {older} as a new history, {same} without effect"),
        DAMAGES,
    );
}

struct Nobody;

impl Names for Nobody {
    fn services(&self, _: &ProjectId) -> Vec<ServiceId> {
        Vec::new()
    }
}

/// What somebody may do to the files of a log that is being written.
fn take(path: &Path, how: usize) {
    match how {
        0 => fs::remove_file(path).unwrap(),
        1 => fs::rename(path, path.with_extension("1")).unwrap(),
        _ => fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o000)).unwrap(),
    }
}

#[test]
fn a_log_whose_files_are_taken_away_goes_on_and_keeps_what_comes_after() {
    (0..3).for_each(goes_on_after);
}

fn goes_on_after(how: usize) {
    let folder = tempfile::tempdir().unwrap();
    let open = || LogStore::open(folder.path(), 64 << 20, Millis::hours(24)).unwrap();
    let store = open();
    let put = |store: &LogStore, text: &str| {
        let at = trackside::local::clock::now();
        store.append(vec![Entry {
            at,
            kind: LogKind::Runtime,
            level: None,
            service: Some("api".into()),
            deployment: None,
            replica: 1,
            cont: false,
            text: text.to_owned(),
        }]);
        store.flush();
    };
    let texts = |store: &LogStore| -> Vec<String> {
        store.query(&LogQuery { limit: Some(100), ..LogQuery::default() }, &Nobody).unwrap().lines.into_iter().map(|it| it.text).collect()
    };
    put(&store, "before");
    let end = Instant::now() + Duration::from_mins(1);
    while !texts(&store).contains(&"before".to_owned()) {
        assert!(Instant::now() < end, "it was never stored");
        std::thread::yield_now();
    }
    for path in fs::read_dir(folder.path())
        .unwrap()
        .map(|it| it.unwrap().path())
        .filter(|it| it.is_file() && it.extension().is_some_and(|it| it != "lock"))
    {
        take(&path, how);
    }
    put(&store, "after");
    while !texts(&store).contains(&"after".to_owned()) {
        assert!(Instant::now() < end, "{how}: what came after is not there: {:?}", texts(&store));
        std::thread::yield_now();
    }
    store.close();
}

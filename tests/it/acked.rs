//! `kill -9` at chance moments while several write, and what the history then tells of it: no hole, nothing twice, no state without its
//! event. That many more kills lose nothing and leave nothing running is `long::kills`; at named points of a commit it is `killed_at`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use secrecy::ExposeSecret as _;
use tokio::task::JoinSet;
use trackside::model::event::{Answer, Change, ObjectRef, Snapshot};
use trackside::model::request::{NewProject, Request};
use trackside::platform::endpoint::Endpoint;
use trackside::platform::trackside::client::Client;
use trackside::wire::rest::{PLATFORM_FILE, PlatformFile};
use trackside::wire::stream::{Position, ServerFrame};

use crate::contract::watch::Watcher;
use crate::recovery::Served;
use crate::site::PATIENCE;

/// Kills. Each start of a debug build takes a second or two where two cores build other things.
const KILLS: u64 = 4;
/// Writers at once, and what each writes at most: a platform takes sixty writes a minute of one token.
const WRITERS: usize = 4;
const EACH: usize = 7;

/// The platform that runs as `pid`, once it answers.
pub async fn reached(data: &Path, pid: u32) -> (Endpoint, Client) {
    let began = Instant::now();
    loop {
        let file = std::fs::read_to_string(data.join(PLATFORM_FILE)).unwrap_or_default();
        let own = serde_json::from_str::<PlatformFile>(&file).is_ok_and(|it| it.pid == pid);
        if own && let Ok(endpoint) = Endpoint::from_platform_file(&data.join(PLATFORM_FILE)) {
            let client = Client::new(endpoint.clone());
            if client.me().await.is_ok() {
                return (endpoint, client);
            }
        }
        assert!(began.elapsed() < PATIENCE, "the platform does not answer");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// All the history again, from its beginning: how often each project was told of, and the objects as it leaves them.
async fn told(endpoint: &Endpoint, epoch: &str, head: u64) -> (BTreeMap<String, u32>, BTreeMap<ObjectRef, u64>) {
    let port = endpoint.authority().rsplit(':').next().unwrap().parse().unwrap();
    let token = endpoint.token().unwrap().expose_secret().to_owned();
    let mut watcher = Watcher::at(port, &token, Some("trackside.v1")).await.unwrap();
    watcher.state(1, Some(&Position { epoch: epoch.to_owned(), rev: 0 })).await;
    let (mut made, mut objects, mut last) = (BTreeMap::new(), BTreeMap::new(), 0);
    while last < head {
        match watcher.next().await {
            ServerFrame::Ev { rev, changes, .. } => {
                assert_eq!(rev, last + 1, "the history has no hole and nothing in it twice");
                last = rev;
                for change in changes {
                    let object = change.object();
                    if let Change::Project(it) = &change
                        && !objects.contains_key(&object)
                    {
                        *made.entry(it.name.to_string()).or_default() += 1;
                    }
                    match change.rev() {
                        Some(rev) => drop(objects.insert(object, rev)),
                        None => drop(objects.remove(&object)),
                    }
                }
            }
            ServerFrame::Hello(_) | ServerFrame::Bm { .. } | ServerFrame::Hb { .. } => {}
            other => panic!("{other:?}"),
        }
    }
    (made, objects)
}

/// What was asked of a platform that is killed again and again, and what it said it had done.
#[derive(Clone, Default)]
pub struct Ledger {
    asked: Arc<Mutex<BTreeSet<String>>>,
    acked: Arc<Mutex<BTreeSet<String>>>,
    epoch: Option<String>,
}

impl Ledger {
    /// How many writes were acknowledged.
    pub fn acked(&self) -> usize {
        self.acked.lock().unwrap().len()
    }

    /// What was acknowledged and is not in `all` exactly once.
    pub fn odd(&self, all: &Snapshot) -> Vec<String> {
        let times = |name: &String| all.projects.iter().filter(|it| it.name.as_str() == name).count();
        self.acked.lock().unwrap().iter().filter(|it| times(it) != 1).cloned().collect()
    }

    /// The platform that runs as `pid` knows all it ever acknowledged, nothing that nobody asked for, and one whole history of it.
    pub async fn holds(&mut self, data: &Path, pid: u32, after: &str) -> Client {
        let (endpoint, client) = reached(data, pid).await;
        let (at, snapshot) = client.snapshot().await.unwrap();
        assert_eq!(self.epoch.get_or_insert_with(|| at.epoch.clone()), &at.epoch, "one history, {after}");
        let (made, objects) = told(&endpoint, &at.epoch, at.rev).await;
        let names: BTreeSet<String> = made.keys().cloned().collect();
        assert!(made.values().all(|it| *it == 1), "{after}: {made:?}");
        assert!(self.acked.lock().unwrap().is_subset(&names), "an acknowledged write is lost {after}");
        assert!(names.is_subset(&self.asked.lock().unwrap()), "nobody asked for what is there {after}");
        let state: BTreeMap<ObjectRef, u64> = snapshot.projects.iter().map(|it| (ObjectRef::Project(it.id.clone()), it.rev)).collect();
        let of_projects: BTreeMap<ObjectRef, u64> = objects.into_iter().filter(|it| matches!(it.0, ObjectRef::Project(_))).collect();
        assert_eq!(state, of_projects, "no state without its event, and no event without its state, {after}");
        client
    }

    /// Writes `each` projects, one after the other, as long as it is answered.
    pub async fn write(self, client: Client, name: String, each: usize) {
        for i in 0..each {
            let name = format!("{name}-{i}");
            self.asked.lock().unwrap().insert(name.clone());
            let new = NewProject { name: name.clone(), environment: None, production: false };
            let Ok(Answer::Done { .. }) = client.ask(&Request::CreateProject(new), "cli", None).await else { return };
            self.acked.lock().unwrap().insert(name);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_outlives_a_kill_at_any_moment_and_its_history_has_no_hole() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = Ledger::default();
    for kill in 0..=KILLS {
        let served = Served::start(folder.path());
        let client = ledger.holds(folder.path(), served.0.id(), &format!("after {kill} kills")).await;
        if kill == KILLS {
            break;
        }
        // Killed after so many answers and a moment more, which is another one each time.
        let enough = ledger.acked() + 1 + (kill as usize * 7) % (WRITERS * EACH - 1);
        let mut writers = JoinSet::new();
        (0..WRITERS).for_each(|writer| drop(writers.spawn(ledger.clone().write(client.clone(), format!("p{kill}-{writer}"), EACH))));
        let began = Instant::now();
        while ledger.acked() < enough {
            assert!(began.elapsed() < PATIENCE, "too few answers");
            tokio::time::sleep(Duration::from_micros(200)).await;
        }
        tokio::time::sleep(Duration::from_micros(kill * 977 % 4000)).await;
        served.kill();
        writers.shutdown().await;
    }
    println!("{} acknowledged writes over {KILLS} kills, none lost", ledger.acked());
}

//! Never twice: whatever a stream repeats, replays, reorders or loses, each thing is told once.

use std::collections::BTreeMap;

use proptest::prelude::*;
use trackside::app::effect::Effect;
use trackside::app::notify::kind::{Kind, Way};
use trackside::model::deploy::{DeployStatus, Deployment};
use trackside::model::event::{Change, Event, Snapshot};
use trackside::model::incident::{Incident, IncidentStatus, Severity};
use trackside::model::link::Link;
use trackside::model::time::Millis;

use crate::dash::{Dash, dash, deployment, incident, world};

/// What happens: on the platform, or on the way from it.
#[derive(Clone, Debug)]
enum Step {
    /// A deployment goes on, or ends.
    Goes(usize),
    /// An incident is closed, or opened again.
    Turns(usize),
    /// The newest change arrives.
    Arrives,
    /// One of before arrives, again or at last.
    Replayed(usize),
    /// The whole truth of now, or of before.
    Snapshot(usize),
    Away,
    Back,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let one = prop_oneof![
        3 => (0_usize..3).prop_map(Step::Goes),
        3 => (0_usize..2).prop_map(Step::Turns),
        5 => Just(Step::Arrives),
        3 => any::<usize>().prop_map(Step::Replayed),
        2 => (0_usize..4).prop_map(Step::Snapshot),
        1 => Just(Step::Away),
        1 => Just(Step::Back),
    ];
    proptest::collection::vec(one, 0..60)
}

struct Platform {
    rev: u64,
    deployments: Vec<Deployment>,
    incidents: Vec<Incident>,
    /// How often each incident really opened.
    openings: Vec<usize>,
    sent: Vec<Change>,
    truths: Vec<Snapshot>,
}

impl Platform {
    fn new() -> Self {
        let deployments = (0..3).map(|n| deployment(&format!("new-{n}"), "api", "shop", 1, DeployStatus::Building, false)).collect();
        let incidents = (0..2)
            .map(|n| Incident { status: IncidentStatus::Resolved, ..incident(&format!("inc-{n}"), "web", "shop", Severity::P1) })
            .collect();
        let mut it = Self { rev: 10, deployments, incidents, openings: vec![0; 2], sent: Vec::new(), truths: Vec::new() };
        it.truths.push(it.truth());
        it
    }

    fn truth(&self) -> Snapshot {
        let mut all = world();
        all.incidents.clear();
        all.deployments.extend(self.deployments.clone());
        all.incidents.extend(self.incidents.clone());
        all
    }

    fn goes(&mut self, n: usize) {
        self.rev += 1;
        let it = &mut self.deployments[n];
        it.rev = self.rev;
        it.status = match it.status {
            DeployStatus::Building => DeployStatus::Deploying,
            DeployStatus::Deploying => DeployStatus::Success,
            _ => DeployStatus::Removed,
        };
        it.finished = it.status.ended().then_some(it.created + Millis::secs(9));
        self.sent.push(Change::Deployment(it.clone()));
        self.truths.push(self.truth());
    }

    fn turns(&mut self, n: usize) {
        self.rev += 1;
        let it = &mut self.incidents[n];
        it.rev = self.rev;
        if it.is_open() {
            it.status = IncidentStatus::Resolved;
        } else {
            it.status = IncidentStatus::Triggered;
            self.openings[n] += 1;
        }
        self.sent.push(Change::Incident(it.clone()));
        self.truths.push(self.truth());
    }
}

/// How often each thing was told, by `event id`.
fn told(it: &Dash) -> BTreeMap<String, usize> {
    let mut all = BTreeMap::new();
    for effect in &it.wishes {
        let Effect::Hook { json, .. } = effect else { continue };
        let said: serde_json::Value = serde_json::from_str(json).unwrap();
        let of = if said["deployment"].is_null() { &said["incident"] } else { &said["deployment"] };
        let id = of["object"]["id"].as_str().unwrap_or_default();
        *all.entry(format!("{} {id}", said["event"].as_str().unwrap())).or_default() += 1;
    }
    all
}

proptest! {
    #[test]
    fn any_story_of_a_stream_tells_each_thing_once(story in steps()) {
        let mut platform = Platform::new();
        let mut it = dash();
        it.app.settings.notify.hook = Some("tell".to_owned());
        for kind in Kind::ALL {
            it.app.settings.notify.to.insert(kind, vec![Way::Hook]);
        }
        it.fact(Event::Snapshot(Box::new(platform.truth())));
        for step in story {
            // So that it never is too much in a minute, which is another rule.
            it.waits(Millis::secs(3));
            match step {
                Step::Goes(n) => platform.goes(n),
                Step::Turns(n) => platform.turns(n),
                Step::Arrives => {
                    if let Some(change) = platform.sent.last().cloned() {
                        it.changed(change);
                    }
                }
                Step::Replayed(n) if !platform.sent.is_empty() => {
                    let change = platform.sent[n % platform.sent.len()].clone();
                    it.changed(change);
                }
                Step::Replayed(_) => {}
                Step::Snapshot(old) => {
                    let at = platform.truths.len() - 1 - old.min(platform.truths.len() - 1);
                    it.fact(Event::Snapshot(Box::new(platform.truths[at].clone())));
                }
                Step::Away => {
                    it.fact(Event::Link(Link::Retrying { at: it.at, attempt: 1, why: "gone".into() }));
                }
                Step::Back => {
                    it.fact(Event::Link(Link::Live));
                }
            }
        }
        it.fact(Event::Snapshot(Box::new(platform.truth()))).fact(Event::Snapshot(Box::new(platform.truth())));
        let told = told(&it);
        let times = |key: String| told.get(&key).copied().unwrap_or(0);
        for one in &platform.deployments {
            prop_assert_eq!(times(format!("deploy.ended {}", one.id)), usize::from(one.status.ended()), "{:?}", told);
        }
        for (one, openings) in platform.incidents.iter().zip(&platform.openings) {
            let times = times(format!("incident.opened {}", one.id));
            prop_assert!(times <= *openings, "{} of {openings}: {:?}", times, told);
            prop_assert!(times > 0 || !one.is_open(), "it is open and nobody was told: {:?}", told);
        }
    }
}

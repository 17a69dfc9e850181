//! The rules that open and close incidents, from outside: each of them, and the laws that hold whatever happens.

use std::collections::BTreeMap;

use proptest::prelude::*;
use trackside::local::port::{Rules, Traffic};
use trackside::local::rules::{Deed, Kind, Observation, Watch};
use trackside::model::incident::Severity;
use trackside::model::time::{Millis, Time};

fn healthy() -> Observation {
    Observation {
        service: "svc".into(),
        project: "shop".into(),
        name: "api".into(),
        production: true,
        live: Some("dep".into()),
        traffic: traffic(100, 0),
        up: 2,
        desired: 2,
        exits: Vec::new(),
        unhealthy: None,
        failed: None,
        deployed: false,
    }
}

fn traffic(ok: u64, failed: u64) -> Traffic {
    Traffic { classes: [0, ok, 0, 0, failed], ..Traffic::default() }
}

/// A watch and its clock.
struct Story {
    watch: Watch,
    now: Time,
    deeds: Vec<(Time, Deed)>,
}

impl Story {
    fn new() -> Self {
        Self { watch: Watch::new(Rules::default()), now: Time(0), deeds: Vec::new() }
    }

    fn look(&mut self, seen: &Observation) -> &mut Self {
        self.now = self.now + Millis::secs(1);
        let now = self.now;
        self.deeds.extend(self.watch.step(now, seen).into_iter().map(|it| (now, it)));
        self
    }

    fn seconds(&mut self, count: usize, seen: &Observation) -> &mut Self {
        for _ in 0..count {
            self.look(seen);
        }
        self
    }

    /// `open p1 error_ratio:svc at 61`
    fn told(&mut self) -> Vec<String> {
        let tell = |(at, deed): (Time, Deed)| match deed {
            Deed::Open { cause, severity, .. } => format!("open {severity} {cause} at {}", at.0 / 1000),
            Deed::Close { cause, .. } => format!("close {cause} at {}", at.0 / 1000),
            Deed::Raise { cause, severity, .. } => format!("raise {cause} to {severity} at {}", at.0 / 1000),
            Deed::Touch { cause, .. } => format!("touch {cause} at {}", at.0 / 1000),
        };
        self.deeds.drain(..).map(tell).collect()
    }
}

#[test]
fn failing_requests_open_an_incident_after_a_minute_and_close_it_after_the_calm() {
    let mut it = Story::new();
    let failing = Observation { traffic: traffic(90, 10), ..healthy() };
    it.seconds(60, &failing);
    assert!(it.told().is_empty(), "not before it has lasted a minute");
    it.seconds(1, &failing);
    let (_, Deed::Open { title, deployment, severity, .. }) = it.deeds[0].clone() else { panic!("it opens") };
    assert_eq!(title.as_str(), "api: 10% of requests fail (610 of 6100 in 1m)");
    assert_eq!((deployment, severity), (Some("dep".into()), Severity::P1));
    it.deeds.clear();
    it.seconds(300, &failing);
    assert!(it.told().is_empty(), "one cause, one incident");
    it.seconds(1000, &healthy());
    let told = it.told();
    assert_eq!(told.len(), 1);
    assert!(told[0].starts_with("close error_ratio:svc"), "{told:?}");
}

#[test]
fn a_few_failures_or_a_short_burst_call_nobody() {
    let mut it = Story::new();
    it.seconds(300, &Observation { traffic: traffic(96, 4), ..healthy() });
    it.seconds(50, &Observation { traffic: traffic(0, 100), ..healthy() });
    it.seconds(100, &healthy());
    // All fail, but nineteen requests are no minute of traffic.
    for i in 0..120 {
        it.look(&Observation { traffic: traffic(0, u64::from(i % 8 == 0 && i < 100)), ..healthy() });
    }
    assert!(it.told().is_empty());
}

#[test]
fn each_trouble_has_its_severity_by_whether_customers_are_there() {
    for (production, wanted) in [(true, ["p1", "p2", "p3", "p3"]), (false, ["p2", "p3", "p3", ""])] {
        let base = Observation { production, ..healthy() };
        let open = |seen: Observation| {
            let mut it = Story::new();
            it.look(&base).look(&seen).seconds(10, &Observation { exits: Vec::new(), failed: None, ..seen });
            it.told().first().map_or(String::new(), |it| it.split(' ').nth(1).unwrap_or_default().to_owned())
        };
        let down = open(Observation { up: 0, ..base.clone() });
        let crashing = open(Observation { exits: vec![1, 1, 1], up: 1, ..base.clone() });
        let sick = open(Observation { unhealthy: Some("/health answers 500".into()), ..base.clone() });
        let deploy = open(Observation { failed: Some(("d2".into(), "build failed".into())), ..base.clone() });
        assert_eq!([down, crashing, sick, deploy], wanted);
    }
}

#[test]
fn a_replica_that_restarts_quickly_or_a_service_that_is_stopped_is_no_outage() {
    let mut it = Story::new();
    it.seconds(4, &Observation { up: 0, ..healthy() }).seconds(5, &healthy());
    it.seconds(100, &Observation { up: 0, desired: 0, ..healthy() });
    it.seconds(100, &Observation { up: 0, live: None, ..healthy() });
    assert!(it.told().is_empty());
}

#[test]
fn a_crash_loop_is_one_incident_however_long_it_lasts() {
    let mut it = Story::new();
    for i in 0..600 {
        let exits = if i % 40 == 0 { vec![1] } else { Vec::new() };
        it.look(&Observation { exits, up: if i % 40 < 20 { 1 } else { 2 }, ..healthy() });
    }
    assert_eq!(it.told().iter().filter(|it| it.starts_with("open")).count(), 1);
    it.seconds(200, &healthy());
    assert_eq!(it.told().len(), 1, "closed once");
}

#[test]
fn a_crash_loop_that_leaves_no_replica_up_is_one_incident_that_becomes_worse() {
    let mut it = Story::new();
    let down = |exits: &[u16]| Observation { up: 0, exits: exits.to_vec(), desired: 1, ..healthy() };
    let one = Observation { desired: 1, up: 1, ..healthy() };
    it.look(&one).look(&down(&[1])).look(&one).look(&down(&[1])).look(&one).look(&down(&[1]));
    it.seconds(60, &down(&[]));
    assert_eq!(it.told(), ["open p2 crash_loop:svc at 6", "raise crash_loop:svc to p1 at 11"]);
    it.seconds(110, &one);
    assert!(it.told().is_empty());
    it.look(&down(&[1])).seconds(60, &down(&[]));
    assert!(it.told().iter().all(|it| it.starts_with("touch crash_loop")), "it came back, and nobody is called again");
    it.seconds(200, &one);
    assert_eq!(it.told().iter().map(|it| it.split(" at").next().unwrap()).collect::<Vec<_>>(), ["close crash_loop:svc"]);

    // The other way round: the lesser side is only noted, and closed by hand it stays closed for both.
    it.seconds(10, &down(&[])).look(&down(&[1, 1, 1])).seconds(10, &down(&[]));
    let told = it.told();
    assert!(told.len() == 2 && told[0].starts_with("open p1 no_replica:svc") && told[1].starts_with("touch no_replica:svc"), "{told:?}");
    let now = it.now;
    it.watch.closed(now, "no_replica:svc");
    it.look(&down(&[1, 1, 1])).seconds(100, &down(&[]));
    assert!(it.told().is_empty(), "who closed it knows");
}

#[test]
fn failing_that_dips_now_and_then_opens_in_time_and_names_the_deployment_it_began_with() {
    let mut it = Story::new();
    let good = Observation { traffic: traffic(8, 0), ..healthy() };
    it.seconds(30, &good).look(&Observation { deployed: true, ..good });
    // Bad stretches with good ones between them: 11 % on the whole, and below the bound for a moment in each.
    for second in 0..64 {
        let failed = if second % 16 < 8 { 2 } else { 0 };
        it.look(&Observation { traffic: traffic(8, failed), ..healthy() });
    }
    let (at, Deed::Open { title, .. }) = it.deeds.first().cloned().expect("it opens") else { panic!("it opens") };
    assert!((Time(92_000)..=Time(95_000)).contains(&at), "{at:?}");
    assert!(title.starts_with("api: ") && title.contains("% of requests fail since dep went live ("), "{title}");
}

#[test]
fn what_fails_as_another_service_of_its_project_went_live_says_so() {
    let mut it = Story::new();
    let web = Observation { service: "web".into(), name: "web".into(), live: Some("d3".into()), ..healthy() };
    let failing = Observation { traffic: traffic(90, 10), ..web.clone() };
    let elsewhere = Observation { service: "x".into(), project: "other".into(), live: Some("d9".into()), deployed: true, ..healthy() };
    it.look(&web).look(&Observation { deployed: true, ..healthy() }).look(&elsewhere).seconds(62, &failing);
    let (_, Deed::Open { title, deployment, .. }) = it.deeds[0].clone() else { panic!("it opens") };
    assert!(title.starts_with("web: 10% of requests fail since dep of api went live ("), "{title}");
    assert_eq!(deployment, Some("dep".into()), "the release it began with");
}

#[test]
fn a_cause_that_comes_and_goes_is_noted_not_opened_again() {
    let mut it = Story::new();
    let down = Observation { up: 0, ..healthy() };
    it.seconds(10, &down);
    for _ in 0..20 {
        it.seconds(60, &healthy()).seconds(10, &down);
    }
    let told = it.told();
    assert_eq!(told.iter().filter(|it| it.starts_with("open")).count(), 1);
    assert_eq!(told.iter().filter(|it| it.starts_with("close")).count(), 0);
    assert!(told.iter().filter(|it| it.starts_with("touch")).count() >= 10);
}

#[test]
fn what_was_closed_by_hand_stays_closed_until_its_cause_was_gone() {
    let mut it = Story::new();
    let down = Observation { up: 0, ..healthy() };
    it.seconds(10, &down);
    it.told();
    let now = it.now;
    it.watch.closed(now, "no_replica:svc");
    it.seconds(600, &down);
    assert!(it.told().is_empty(), "that person knows");
    it.seconds(121, &healthy()).seconds(10, &down);
    assert_eq!(it.told().len(), 1, "it was gone, and this is another time");
}

#[test]
fn a_restart_of_the_platform_neither_opens_twice_nor_forgets_to_close() {
    let mut it = Story::new();
    it.watch.resume(Time(0), "no_replica:svc");
    it.watch.resume(Time(0), "failed_deploy:svc");
    it.watch.resume(Time(0), "nonsense");
    it.seconds(100, &Observation { up: 0, ..healthy() });
    assert!(it.told().is_empty());
    it.seconds(600, &healthy());
    assert_eq!(it.told().iter().map(|it| it.split(' ').nth(1).unwrap().to_owned()).collect::<Vec<_>>(), ["no_replica:svc"]);
    it.look(&Observation { deployed: true, ..healthy() }).seconds(200, &healthy());
    assert_eq!(it.told().len(), 1, "a deploy that worked ends the one that failed");
}

#[test]
fn a_stopped_service_closes_its_crash_loop_and_says_so() {
    let mut it = Story::new();
    it.look(&Observation { exits: vec![1, 1, 1], up: 1, ..healthy() });
    assert_eq!(it.told(), ["open p2 crash_loop:svc at 1"]);
    // `stop` leaves the wanted count as it is.
    it.seconds(300, &Observation { up: 0, live: None, traffic: Traffic::default(), ..healthy() });
    let (_, Deed::Close { reason, .. }) = it.deeds[0].clone() else { panic!("it closes") };
    assert_eq!(reason.as_str(), "the service is stopped, for 2m 00s");
    assert_eq!(it.told().len(), 1);
}

#[test]
fn what_the_proxy_answers_for_nobody_is_no_failing_request() {
    let mut it = Story::new();
    let refused = Observation { up: 0, traffic: traffic(0, 100), ..healthy() };
    it.seconds(300, &Observation { live: None, ..refused.clone() });
    assert!(it.told().is_empty(), "somebody stopped it");
    it.seconds(300, &refused);
    assert_eq!(it.told(), ["open p1 no_replica:svc at 306"], "one cause, one incident");
}

#[test]
fn an_incident_reopened_by_hand_closes_by_itself() {
    let mut it = Story::new();
    it.seconds(10, &healthy());
    let now = it.now;
    it.watch.resume(now, "no_replica:svc");
    it.seconds(300, &healthy());
    let told = it.told();
    assert!(told.len() == 1 && told[0].starts_with("close no_replica:svc"), "{told:?}");
}

#[test]
fn a_removed_service_leaves_nothing_open() {
    let mut it = Story::new();
    it.seconds(10, &Observation { up: 0, ..healthy() });
    assert_eq!(it.watch.forget(&"svc".into()).len(), 1);
    assert!(it.watch.forget(&"svc".into()).is_empty());
}

fn seen() -> impl Strategy<Value = (Observation, usize)> {
    let few = (0..3_u16, 0..3_u16, any::<bool>(), prop::collection::vec(1..3_u16, 0..3));
    let rest = (prop::option::of(0..40_u64), any::<bool>(), prop::bool::weighted(0.1), prop::bool::weighted(0.2), 1..90_usize);
    (few, rest).prop_map(|((up, desired, production, exits), (failing, sick, failed, deployed, long))| {
        let it = Observation {
            production,
            up,
            desired,
            exits,
            traffic: failing.map_or_else(Traffic::default, |it| traffic(40, it)),
            unhealthy: sick.then(|| "no answer".into()),
            failed: failed.then(|| ("d".into(), "no".into())),
            deployed,
            ..healthy()
        };
        (it, long)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_story_opens_a_cause_twice_or_closes_it_too_soon(story in prop::collection::vec(seen(), 1..40), by_hand in prop::option::of(0..40_usize)) {
        let mut it = Story::new();
        let calm = Rules::default().calm;
        let mut open: BTreeMap<String, Time> = BTreeMap::new();
        for (i, (seen, long)) in story.iter().enumerate() {
            if by_hand == Some(i) {
                for cause in std::mem::take(&mut open).into_keys() {
                    let now = it.now;
                    it.watch.closed(now, &cause);
                }
            }
            for second in 0..*long {
                let first = second == 0;
                let seen = Observation {
                    exits: if first { seen.exits.clone() } else { Vec::new() },
                    failed: seen.failed.clone().filter(|_| first),
                    deployed: seen.deployed && first,
                    ..seen.clone()
                };
                it.look(&seen);
                for (at, deed) in it.deeds.drain(..) {
                    match deed {
                        Deed::Open { cause, .. } => prop_assert_eq!(open.insert(cause.to_string(), at), None, "open already"),
                        Deed::Close { cause, .. } => {
                            let since = open.remove(cause.as_str());
                            prop_assert!(since.is_some_and(|it| at.since(it) >= calm), "{} closed after {:?}", cause, since);
                        }
                        Deed::Touch { cause, .. } | Deed::Raise { cause, .. } => prop_assert!(open.contains_key(cause.as_str())),
                    }
                }
                let sides = [Kind::NoReplica, Kind::CrashLoop].iter().filter(|it| open.contains_key(it.cause(&seen.service).as_str()));
                prop_assert!(sides.count() <= 1, "two incidents about one outage");
                // What is plainly there now keeps its incident open.
                let there = seen.desired > 0 && seen.up == 0;
                if there && let Some(at) = open.get_mut(Kind::NoReplica.cause(&seen.service).as_str()) {
                    *at = it.now;
                }
                if seen.desired > 0 && seen.unhealthy.is_some() && let Some(at) = open.get_mut(Kind::HealthCheck.cause(&seen.service).as_str()) {
                    *at = it.now;
                }
            }
        }
    }
}

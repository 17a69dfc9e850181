//! How often the time is told: a dashboard on which nothing happens asks for it once a minute, and looks the same until then.

use trackside::app::msg::Msg;
use trackside::model::deploy::DeployStatus;
use trackside::model::event::{Change, Event};
use trackside::model::ids::SourceId;
use trackside::model::incident::{IncidentStatus, Severity};
use trackside::model::link::Link;
use trackside::model::metric::{Metric, MetricPoint};
use trackside::model::time::{Millis, Time};

use crate::dash::{Dash, dash, deployment, incident};

/// What the loop does with nothing but heartbeats, for so long: how often it told the time, how often it drew, and each new look.
fn idles(it: &mut Dash, time: Millis) -> (usize, usize, Vec<(Time, String)>) {
    let (end, mut ticks, mut frames, mut looks) = (it.at + time, 0, 0, vec![(it.at, it.screen())]);
    let mut beat = it.at + Millis::secs(1);
    let mut tick = it.at + it.app.pulse().unwrap();
    while it.at < end {
        it.at = beat.min(tick);
        let drawn = if it.at == tick {
            ticks += 1;
            it.send(Msg::Tick(it.at))
        } else {
            beat = it.at + Millis::secs(1);
            it.send(Msg::Fact(SourceId(0), Event::Heard { skew: Millis(0) }, it.at))
        };
        // As the loop does: a beat that is set is never put off.
        let next = it.at + it.app.pulse().unwrap();
        tick = if tick > it.at { tick.min(next) } else { next };
        if drawn {
            frames += 1;
            let look = it.screen();
            if looks.last().unwrap().1 != look {
                looks.push((it.at, look));
            }
        }
    }
    (ticks, frames, looks)
}

/// A dashboard on which nothing has happened for minutes and nobody is waited for.
fn quiet() -> Dash {
    let mut it = dash();
    for mut one in [incident("i-1", "api", "shop", Severity::P1), incident("i-3", "worker", "shop", Severity::P3)] {
        one.status = IncidentStatus::Resolved;
        one.rev = 9;
        it.changed(Change::Incident(one));
    }
    idles(&mut it, Millis::mins(3));
    it
}

#[test]
fn a_dashboard_on_which_nothing_happens_changes_once_a_minute_at_most() {
    let mut it = quiet();
    let (ticks, frames, looks) = idles(&mut it, Millis::mins(10));
    assert!(looks.len() <= 11, "{:?}", looks.iter().map(|it| it.0).collect::<Vec<_>>());
    assert!(frames <= 11, "{frames} frames in ten minutes");
    // Beside the minutes only whether the platform has fallen silent is looked at.
    assert!(ticks <= 10 * 21, "the time was told {ticks} times in ten minutes");
    let times: Vec<i64> = looks[1..].iter().map(|it| it.0.0.rem_euclid(60_000)).collect();
    assert!(times.iter().all(|it| *it == 0), "the clock goes on with the minute: {times:?}");
}

fn numbers(at: Time) -> Msg {
    let point = MetricPoint { service: "api".into(), replica: 0, at, values: vec![(Metric::Cpu, 0.5)] };
    Msg::Fact(SourceId(0), Event::Metrics(vec![point]), at)
}

#[test]
fn numbers_that_come_every_second_are_drawn_as_they_come_and_ask_for_no_beat_of_their_own() {
    let mut it = quiet();
    let end = it.at + Millis::mins(5);
    let (mut drawn, mut ticks, mut tick) = (0, 0, it.at + it.app.pulse().unwrap());
    let mut next = it.at + Millis(300);
    while it.at < end {
        it.at = next.min(tick);
        if it.at == tick {
            ticks += 1;
            it.send(Msg::Tick(it.at));
        } else {
            next = it.at + Millis::secs(1);
            drawn += usize::from(it.send(numbers(it.at)));
        }
        let new = it.at + it.app.pulse().unwrap();
        tick = if tick > it.at { tick.min(new) } else { new };
    }
    assert!((300..=301).contains(&drawn), "each of them is drawn: {drawn}");
    // The minutes, and whether the platform has fallen silent.
    assert!(ticks <= 5 * 4, "the time was told {ticks} times in five minutes");
    it.app.slow = true;
    assert!(!it.send(numbers(it.at)));
    assert!(it.app.pulse().unwrap() <= Millis::secs(5), "over a slow line they wait for a beat in five seconds");
}

#[test]
fn the_header_shows_seconds_while_something_runs_and_the_minute_otherwise() {
    let mut it = quiet();
    let shown = |it: &Dash| it.screen().lines().next().unwrap().trim_end().rsplit(' ').next().unwrap().to_owned();
    assert_eq!(shown(&it).matches(':').count(), 1, "{}", shown(&it));
    let mut new = deployment("d-new", "web", "shop", 0, DeployStatus::Building, false);
    (new.rev, new.created) = (9, it.at);
    it.changed(Change::Deployment(new.clone()));
    assert_eq!(shown(&it).matches(':').count(), 2, "{}", shown(&it));
    assert_eq!(it.app.pulse(), Some(Millis(250)));
    (new.rev, new.status, new.finished) = (10, DeployStatus::Cancelled, Some(it.at));
    it.changed(Change::Deployment(new));
    assert_eq!(shown(&it).matches(':').count(), 1, "{}", shown(&it));
    it.press("[");
    assert_eq!(shown(&it).matches(':').count(), 2, "from the past the present is known by the second: {}", shown(&it));
}

#[test]
fn a_platform_that_falls_silent_is_said_to_be_silent_in_time() {
    let mut it = quiet();
    let heard = it.at;
    it.fact(Event::Heard { skew: Millis(0) });
    let mut said = None;
    for _ in 0..20 {
        it.at = it.at + it.app.pulse().unwrap();
        it.send(Msg::Tick(it.at));
        if it.screen().contains("silent") {
            said = Some(it.at.since(heard));
            break;
        }
    }
    assert_eq!(said, Some(Millis::secs(20)));
    assert!(it.app.pulse().unwrap() <= Millis::secs(1), "how long is counted");
    it.fact(Event::Heard { skew: Millis(0) });
    it.at = it.at + it.app.pulse().unwrap();
    it.send(Msg::Tick(it.at));
    assert!(!it.screen().contains("silent"), "{}", it.screen());
    it.fact(Event::Link(Link::Stale { since: it.at }));
    assert!(it.app.pulse().unwrap() <= Millis::secs(1), "how old it is, too");
}

#[test]
fn what_just_happened_ages_by_seconds_until_it_is_a_minute_old() {
    let mut it = quiet();
    let mut new = deployment("d-new", "web", "shop", 0, DeployStatus::Cancelled, false);
    (new.rev, new.created, new.finished, new.live_from) = (9, it.at - Millis::secs(9), Some(it.at), None);
    it.changed(Change::Deployment(new));
    let (_, _, looks) = idles(&mut it, Millis::mins(4));
    let ages: Vec<String> = looks.iter().filter_map(|(_, look)| age(look)).collect();
    assert!(["5s ago", "30s ago", "59s ago", "1m ago", "3m ago"].iter().all(|it| ages.iter().any(|age| age == it)), "{ages:?}");
}

/// What stands at the end of the row of the deployment that was cancelled.
fn age(look: &str) -> Option<String> {
    let row = look.lines().find(|it| it.contains("cancelled") && it.contains("web"))?;
    let at = row.find(" ago")?;
    let from = row[..at].rfind(' ')? + 1;
    Some(row[from..at + 4].to_owned())
}

//! A machine whose clock is wrong, beside a platform whose clock is right: what a person sees is the platform's time, and that it is so.

use trackside::app::msg::Msg;
use trackside::model::deploy::DeployStatus;
use trackside::model::event::{Change, Event};
use trackside::model::link::Link;
use trackside::model::time::{Millis, Time};

use crate::dash::{Dash, START, all_caps, dash, deployment, unconnected, world};

/// All that tells the time on the screen, drawn at 120x40.
fn told(it: &Dash) -> String {
    it.screen()
}

/// A dashboard on a machine whose clock is `behind` that of the platform, whose time is [`START`].
fn off_by(behind: Millis) -> Dash {
    let mut it = unconnected();
    it.at = START - behind;
    it.send(Msg::Tick(it.at));
    it.fact(Event::Heard { skew: behind });
    it.fact(Event::Caps(Box::new(all_caps())));
    it.fact(Event::Link(Link::Snapshot));
    it.fact(Event::Snapshot(Box::new(world())));
    it.fact(Event::Link(Link::Live));
    it
}

#[test]
fn whatever_the_clock_of_this_machine_says_ages_and_clocks_are_those_of_the_platform() {
    let right = told(&off_by(Millis(0)));
    assert!(!right.contains("clock"), "{right}");
    for behind in [Millis::hours(24), Millis::hours(-24), Millis::hours(24 * 365 * 6), Millis::hours(-24 * 365 * 6), Millis::secs(300)] {
        let it = off_by(behind);
        let words = it.app.link_words().text;
        assert!(words.starts_with("live, clock ") && words.ends_with(if behind.0 > 0 { "behind" } else { "ahead" }), "{words}");
        let seen = told(&it);
        assert!(seen.contains(&words), "{seen}");
        let without_first = |it: &str| it.lines().skip(1).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(without_first(&seen), without_first(&right), "off by {behind:?}");
        assert_eq!(it.app.now, START);
    }
}

#[test]
fn a_clock_that_is_put_right_or_wrong_meanwhile_moves_nothing_that_is_shown() {
    let mut it = off_by(Millis(0));
    it.changed(Change::Deployment(deployment("dep_new", "api", "shop", 0, DeployStatus::Building, false)));
    for skew in [Millis::hours(1), Millis::hours(-1), Millis(0), Millis::secs(5), Millis(-2000)] {
        // The clock of the machine jumps; the platform goes on by a second, and tells the time with its next heartbeat.
        let theirs = it.app.now + Millis::secs(1);
        it.at = theirs - skew;
        it.fact(Event::Heard { skew });
        let apart = it.app.now.since(theirs).0.abs();
        assert!(apart <= 5000, "{apart} ms from the platform's time with a clock {skew:?} behind");
        assert_eq!(it.app.link_words().text.contains("clock"), skew.0.abs() > 5000);
        let shown = it.app.now;
        it.send(Msg::Tick(it.at));
        assert_eq!(it.app.now, shown);
    }
}

#[test]
fn keys_and_questions_count_by_the_same_clock_as_all_else() {
    let mut it = off_by(Millis::hours(30));
    it.press("1 g g j");
    assert_eq!(it.app.now, it.at + Millis::hours(30));
    it.fact(Event::Link(Link::Stale { since: it.at - Millis::secs(50) }));
    assert_eq!(it.app.link_words().text, "stale 50s");
    // A question that was open when the clock was found wrong is still answered by the next key.
    let mut it = dash();
    it.press("1 j");
    it.send(Msg::Act("service.stop".to_owned(), String::new()));
    it.send(Msg::Drawn(it.at));
    it.question();
    it.fact(Event::Heard { skew: Millis::hours(-40) });
    it.press("Esc");
    assert!(it.app.overlays.is_empty());
}

#[test]
fn what_is_no_time_at_all_moves_nothing() {
    let mut it = off_by(Millis(0));
    for skew in [i64::MIN, i64::MAX, i64::MIN + 1] {
        it.fact(Event::Heard { skew: Millis(skew) });
        assert_eq!((it.app.now, it.app.ahead), (START, Millis(0)));
    }
    it.send(Msg::Tick(Time(START.0 + 1000)));
    assert_eq!(it.app.now, START + Millis::secs(1));
}

//! The response clock against a reference that walks through time minute by minute and asks a wall clock each time.

use std::collections::BTreeSet;

use chrono::{DateTime, Datelike as _, Days, NaiveDate, Timelike as _, Weekday};
use chrono_tz::Tz;
use proptest::prelude::*;
use trackside::model::incident::{Incident, Severity};
use trackside::model::response::{self, Heat, Hours, Response};
use trackside::model::time::{Millis, Time};

use crate::fixture::objects;

const MINUTE: i64 = 60_000;
/// Clocks that are changed twice a year, northern and southern; by half an hour; never; and one that left a day out.
const ZONES: [&str; 7] =
    ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "America/Sao_Paulo", "Pacific/Apia"];

fn at(text: &str) -> Time {
    Time::parse(text).unwrap()
}

fn times(zone: &str, hours: &str, days: &[Weekday], holidays: &[&str]) -> Response {
    let holidays = holidays.iter().map(|it| response::holiday(it).unwrap()).collect();
    Response { zone: response::zone(zone).unwrap(), hours: Hours::read(hours).unwrap(), holidays, ..Response::default() }.on(days)
}

const WEEK: [Weekday; 5] = [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri];

fn incident(severity: Severity, opened: Time) -> Incident {
    Incident { due: None, ..objects::incident("inc", "prj", "svc", severity, opened) }
}

/// The reference: what a person with a wall clock and a calendar would say of one minute.
#[derive(Debug)]
struct Naive {
    zone: Tz,
    hours: (u32, u32),
    days: Vec<Weekday>,
    holidays: BTreeSet<NaiveDate>,
}

impl Naive {
    fn wall(&self, at: Time) -> DateTime<Tz> {
        DateTime::from_timestamp_millis(at.0).unwrap().with_timezone(&self.zone)
    }

    fn business_day(&self, day: NaiveDate) -> bool {
        self.days.contains(&day.weekday()) && !self.holidays.contains(&day)
    }

    fn open(&self, at: Time) -> bool {
        let wall = self.wall(at);
        let minute = wall.hour() * 60 + wall.minute();
        self.business_day(wall.date_naive()) && minute >= self.hours.0 && minute < self.hours.1
    }

    fn p3(&self, from: Time, minutes: i64) -> Time {
        let (mut at, mut left) = (from, minutes);
        while left > 0 {
            left -= i64::from(self.open(at));
            at = at + Millis(MINUTE);
        }
        at
    }

    fn p4(&self, from: Time) -> Time {
        let end = from + Millis::hours(24);
        let wall = self.wall(end);
        if self.business_day(wall.date_naive()) {
            return end;
        }
        let day = (1..400).map(|n| wall.date_naive() + Days::new(n)).find(|it| self.business_day(*it)).unwrap();
        // Minute by minute until a wall clock shows that time of that day, or has jumped over it.
        let mut at = end;
        while self.wall(at).naive_local() < day.and_time(wall.time()) {
            at = at + Millis(MINUTE);
        }
        at
    }

    fn counted(&self, severity: &Severity, from: Time, to: Time) -> i64 {
        let counts = |at: Time| match severity {
            Severity::P3 => self.open(at),
            Severity::P4 => self.business_day(self.wall(at).date_naive()),
            _ => true,
        };
        (0..to.since(from).0 / MINUTE).filter(|n| counts(from + Millis(n * MINUTE))).count() as i64
    }
}

fn world() -> impl Strategy<Value = (Response, Naive, Time)> {
    let days = prop::collection::btree_set(0..7u8, 1..7)
        .prop_map(|all| all.into_iter().map(|n| Weekday::try_from(n).unwrap()).collect::<Vec<_>>());
    let hours = (0..23u32 * 4, 1..40u32).prop_map(|(from, long)| (from * 15, (from * 15 + long * 15).min(24 * 60)));
    // From the end of 2010, so that Samoa's lost day, leap years and every kind of clock change are among them.
    let from = (1_290_000_000i64 / 60..1_840_000_000 / 60).prop_map(|minute| Time(minute * MINUTE));
    let near = prop_oneof![
        from,
        // Around the changes of the clocks, leap days and the year's end.
        prop::sample::select(vec![
            "2026-03-29T00:00:00Z",
            "2026-10-25T00:00:00Z",
            "2026-03-08T06:00:00Z",
            "2028-02-28T12:00:00Z",
            "2011-12-29T08:00:00Z",
            "2026-12-31T12:00:00Z"
        ])
        .prop_flat_map(|text| (-3 * 24 * 60..2 * 24 * 60i64).prop_map(move |n| at(text) + Millis(n * MINUTE))),
    ];
    let holidays = prop::collection::btree_set(0..9u64, 0..4);
    (prop::sample::select(ZONES.to_vec()), hours, days, near, holidays).prop_map(|(zone, hours, days, from, holidays)| {
        let zone: Tz = zone.parse().unwrap();
        let first = DateTime::from_timestamp_millis(from.0).unwrap().with_timezone(&zone).date_naive();
        let holidays: BTreeSet<NaiveDate> = holidays.into_iter().map(|n| first + Days::new(n)).collect();
        let text = format!("{:02}:{:02}-{:02}:{:02}", hours.0 / 60, hours.0 % 60, hours.1 / 60, hours.1 % 60);
        let real = Response { zone, hours: Hours::read(&text).unwrap(), holidays: holidays.clone(), ..Response::default() }.on(&days);
        (real, Naive { zone, hours, days, holidays }, from)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn a_p3_is_due_when_a_wall_clock_has_shown_so_many_business_minutes((real, naive, from) in world(), minutes in 1..600i64) {
        let real = Response { lengths: [Millis::mins(minutes); 4], ..real };
        let due = real.due(&Severity::P3, from).unwrap();
        prop_assert_eq!(due, naive.p3(from, minutes));
        prop_assert_eq!(naive.counted(&Severity::P3, from, due), minutes);
    }

    #[test]
    fn a_p4_is_due_a_day_later_or_at_that_time_of_the_next_business_day((real, naive, from) in world()) {
        prop_assert_eq!(real.due(&Severity::P4, from).unwrap(), naive.p4(from));
    }

    #[test]
    fn what_is_left_and_used_is_counted_in_the_time_that_the_clock_counts(
        (real, naive, from) in world(),
        severity in prop::sample::select(Severity::KNOWN.to_vec()),
        share in 0..100i64,
    ) {
        let it = incident(severity.clone(), from);
        let due = real.due(&severity, from).unwrap();
        // Beyond a quarter of a year it is plain time.
        prop_assume!(due.since(from) <= Millis::hours(90 * 24));
        let now = from + Millis(due.since(from).0 / MINUTE * share / 100 * MINUTE);
        let (whole, left) = (naive.counted(&severity, from, due), naive.counted(&severity, now, due));
        prop_assume!(whole > 0);
        let clock = real.clock(&it, now).unwrap();
        prop_assert_eq!((clock.due, clock.left), (due, Millis(left * MINUTE)));
        prop_assert_eq!(i64::from(clock.percent), (whole - left) * 100 / whole);
        prop_assert_eq!(clock.paused.is_none(), naive.counted(&severity, now, now + Millis(MINUTE)) == 1);
        if let Some(again) = clock.paused {
            let mut at = now;
            while at < due && naive.counted(&severity, at, at + Millis(MINUTE)) == 0 {
                at = at + Millis(MINUTE);
            }
            prop_assert_eq!(again, at, "when it goes on");
        }
    }

    #[test]
    fn a_clock_never_runs_backwards_and_an_instant_anywhere_in_time_harms_nothing(
        severity in prop::sample::select(Severity::KNOWN.to_vec()),
        opened in any::<i64>(), due in any::<i64>(), now in any::<i64>(),
    ) {
        let real = times("Europe/Berlin", "09:00-17:00", &WEEK, &["2026-12-25"]);
        let it = Incident { due: Some(Time(due)), ..incident(severity, Time(opened)) };
        let (one, other) = (real.clock(&it, Time(now)).unwrap(), real.clock(&it, Time(now.saturating_add(MINUTE))).unwrap());
        prop_assert!(other.left <= one.left || one.left.0 < 0, "{one:?} {other:?}");
        prop_assert!(other.heat >= one.heat);
    }
}

#[test]
fn what_was_opened_out_of_hours_begins_to_count_with_the_next_business_hour() {
    let real = times("Europe/Berlin", "09:00-17:00", &WEEK, &["2026-12-25"]);
    let due = |opened: &str| real.due(&Severity::P3, at(opened)).unwrap();
    // A Tuesday at eleven; a Thursday at three in the afternoon before Christmas and a weekend; a Sunday; and to the very end of a day.
    assert_eq!(due("2026-11-24T10:00:00Z"), at("2026-11-24T14:00:00Z"));
    assert_eq!(due("2026-12-24T14:00:00Z"), at("2026-12-28T10:00:00Z"));
    assert_eq!(due("2026-11-22T23:30:00Z"), at("2026-11-23T12:00:00Z"));
    assert_eq!(due("2026-11-24T12:00:00Z"), at("2026-11-24T16:00:00Z"));
}

#[test]
fn a_p3_over_the_night_of_a_clock_change_loses_or_gains_no_hour() {
    let berlin = times("Europe/Berlin", "00:00-24:00", &[Weekday::Sun], &[]);
    let long = Response { lengths: [Millis::hours(23); 4], ..berlin };
    assert_eq!(long.due(&Severity::P3, at("2026-03-28T23:00:00Z")).unwrap(), at("2026-03-29T22:00:00Z"), "a Sunday of 23 hours");
    assert_eq!(long.due(&Severity::P3, at("2026-10-24T22:00:00Z")).unwrap(), at("2026-10-25T21:00:00Z"), "a Sunday of 25 hours");
}

#[test]
fn a_clock_is_amber_from_half_of_its_time_red_from_four_fifths_and_over_only_after_it() {
    let opened = at("2026-11-24T10:00:00Z");
    let it = incident(Severity::P1, opened);
    for (ms, heat) in [
        (449_999, Heat::Calm),
        (450_000, Heat::Amber),
        (719_999, Heat::Amber),
        (720_000, Heat::Red),
        (900_000, Heat::Red),
        (900_001, Heat::Over),
    ] {
        let clock = Response::default().clock(&it, opened + Millis(ms)).unwrap();
        assert_eq!(clock.heat, heat, "after {ms} ms");
    }
}

#[test]
fn the_heat_of_a_p3_waits_for_the_morning_as_its_clock_does() {
    let real = times("UTC", "09:00-17:00", &WEEK, &[]);
    let it = incident(Severity::P3, at("2026-11-20T16:00:00Z"));
    let clock = |now: &str| real.clock(&it, at(now)).unwrap();
    let night = clock("2026-11-22T03:00:00Z");
    assert_eq!((night.percent, night.heat, night.left, night.due), (25, Heat::Calm, Millis::hours(3), at("2026-11-23T12:00:00Z")));
    assert_eq!(night.paused, Some(at("2026-11-23T09:00:00Z")));
    assert_eq!((clock("2026-11-23T10:00:00Z").heat, clock("2026-11-23T11:30:00Z").heat), (Heat::Amber, Heat::Red));
    let over = clock("2026-11-23T12:06:30Z");
    assert_eq!((over.heat, over.words().as_str()), (Heat::Over, "6m over"));
}

#[test]
fn a_p4_due_at_a_time_that_the_clocks_jump_over_is_due_at_the_first_one_after_it() {
    // An hour of a Sunday in Berlin; and a Friday that Samoa never had.
    for (zone, day, opened, due) in [
        ("Europe/Berlin", Weekday::Sun, "2026-03-27T01:30:00Z", "2026-03-29T01:00:00Z"),
        ("Pacific/Apia", Weekday::Fri, "2011-12-28T20:00:00Z", "2011-12-30T10:00:00Z"),
    ] {
        let naive = Naive { zone: zone.parse().unwrap(), hours: (0, 24 * 60), days: vec![day], holidays: BTreeSet::new() };
        let real = times(zone, "09:00-17:00", &[day], &[]);
        assert_eq!((real.due(&Severity::P4, at(opened)).unwrap(), naive.p4(at(opened))), (at(due), at(due)), "{zone}");
    }
}

#[test]
fn a_p4_of_a_friday_is_due_at_that_time_on_monday_and_does_not_heat_up_meanwhile() {
    let real = times("UTC", "09:00-17:00", &WEEK, &[]);
    let it = incident(Severity::P4, at("2026-11-20T15:00:00Z"));
    let sunday = real.clock(&it, at("2026-11-22T20:00:00Z")).unwrap();
    assert_eq!((sunday.due, sunday.percent, sunday.left), (at("2026-11-23T15:00:00Z"), 37, Millis::hours(15)));
}

#[test]
fn an_hour_is_wrong_with_its_reason() {
    for (text, why) in [
        ("22:00-06:00", "ends before it begins"),
        ("09:00-09:00", "no time at all"),
        ("9-17", "two times of a day"),
        ("09:00-24:01", "two times of a day"),
        ("09:61-17:00", "two times of a day"),
        ("-5:00-17:00", "two times of a day"),
        ("", "two times of a day"),
    ] {
        let said = Hours::read(text).unwrap_err();
        assert!(said.contains(why), "{text}: {said}");
    }
    assert_eq!(Hours::read("00:00-24:00").unwrap().to_string(), "00:00-24:00");
}

//! Instants as texts: the form that is read quickly means what it means to whoever reads all of RFC 3339.

use chrono::DateTime;
use proptest::prelude::*;
use trackside::model::time::Time;

proptest! {
    #[test]
    fn an_instant_is_read_as_it_was_written(millis in -62_167_219_200_000_i64..253_402_300_800_000) {
        prop_assert_eq!(Time::parse(&Time(millis).to_string()), Some(Time(millis)));
    }

    #[test]
    fn what_looks_like_the_usual_form_is_read_or_refused_as_any_other(
        text in "[0-2][0-9]{3}-[0-3][0-9]-[0-3][0-9][Tt ][0-2][0-9]:[0-6][0-9]:[0-6][0-9]\\.[0-9]{2}[0-9+][Zz]",
    ) {
        let other = DateTime::parse_from_rfc3339(&text).ok().map(|it| Time(it.timestamp_millis()));
        prop_assert_eq!(Time::parse(&text), other);
    }
}

#[test]
fn instants_are_read_from_json_whatever_is_escaped_in_them() {
    let at = Time::parse("2026-11-22T14:22:06.114Z");
    assert!(at.is_some());
    for text in [r#""2026-11-22T14:22:06.114Z""#, r#""2026-11-22\u005414:22:06.114Z""#, r#""2026-11-22T15:22:06.114+01:00""#] {
        assert_eq!(serde_json::from_str::<Time>(text).ok(), at, "{text}");
    }
    for text in ["12", r#""""#, r#""2026-02-30T14:22:06.114Z""#, r#""2026-11-22T14:60:06.114Z""#] {
        assert!(serde_json::from_str::<Time>(text).is_err(), "{text}");
    }
}

//! Settings: the layers, and what is said about what does not fit.

use std::path::Path;

use trackside::config::{Config, load};

fn file(text: &str) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    file
}

fn env(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
}

#[test]
fn without_a_file_everything_is_as_by_default() {
    assert_eq!(load(Path::new("/nonexistent/config.toml"), [], &[]), (Config::default(), vec![]));
}

#[test]
fn a_flag_beats_the_environment_beats_the_file() {
    let file = file("theme = \"day\"\nutc = true\nlog_bytes = \"2 MiB\"\n[context]\nname = \"shop\"\nproduction = true\n");
    let env = env(&[("TRACKSIDE__THEME", "ansi"), ("TRACKSIDE__CONTEXT__NAME", "from env"), ("TRACKSIDE_OTHER", "x")]);
    let (it, complaints) = load(file.path(), env, &[("theme", config::ValueKind::String("mono".to_owned()))]);
    assert_eq!(complaints, vec![]);
    assert_eq!((it.theme.as_str(), it.utc, it.log_bytes), ("mono", true, 2 * 1024 * 1024));
    assert_eq!((it.context.name.as_str(), it.context.production), ("from env", true));
}

#[test]
fn all_complaints_come_at_once_with_file_line_and_the_nearest_name_and_the_rest_still_counts() {
    let file = file(
        "them = \"day\"\nutc = \"maybe\"\nascii = true\n\n[context]\nulr = \"http://127.0.0.1:1\"\n[rules]\nerror_for = 60\nerror_ratio = 5\n",
    );
    let (it, complaints) = load(file.path(), env(&[("TRACKSIDE__MOUSE", "perhaps")]), &[]);
    assert!(it.ascii, "a good line beside bad ones counts");
    let name = file.path().display().to_string();
    let mut said: Vec<String> = complaints.iter().map(|it| it.to_string().replace(&name, "F")).collect();
    said.sort();
    assert_eq!(
        said,
        [
            "F:1: there is no setting `them`; did you mean `theme`?",
            "F:2: `utc` should be true or false, is \"maybe\"",
            "F:6: there is no setting `context.ulr`; did you mean `context.url`?",
            "F:8: `rules.error_for` should be a length of time in quotes, as \"90s\" or \"5m\", is 60",
            "F:9: `rules.error_ratio` should be a share between 0 and 1, is 5",
            "TRACKSIDE__MOUSE: `mouse` should be true or false, is \"perhaps\"",
        ]
    );
}

#[test]
fn a_file_that_is_broken_in_one_line_keeps_its_other_lines() {
    let file = file("utc = true\ntheme = = \"day\"\nascii = true\n");
    let (it, complaints) = load(file.path(), [], &[]);
    assert!(it.utc && it.ascii);
    assert!(complaints.iter().any(|it| it.to_string().contains(":2: ")), "{complaints:?}");
}

#[test]
fn text_that_looks_like_a_number_stays_as_it_was_written() {
    let (it, complaints) = load(Path::new("/nonexistent"), env(&[("TRACKSIDE__CONTEXT__NAME", "00123")]), &[]);
    assert_eq!((it.context.name.as_str(), complaints.len()), ("00123", 0));
}

#[test]
fn response_times_are_checked_thing_by_thing_and_each_complaint_names_its_own_line() {
    let file = file(
        "[response]\nzone = \"Europe/Berlin\"\nhours = \"22:00-06:00\"\ndays = [\"mon\", \"moonday\", \"Sat\"]\nholidays = [\n  \"2026-12-25\",\n  2027-01-01,\n  \"2027-02-30\",\n]\np1 = \"5m\"\nescalate = 3\n",
    );
    let (it, complaints) = load(file.path(), env(&[("TRACKSIDE__RESPONSE__ZONE", "Mars/Olympus")]), &[]);
    let name = file.path().display().to_string();
    let mut said: Vec<String> = complaints.iter().map(|it| it.to_string().replace(&name, "F")).collect();
    said.sort();
    let wanted = [
        "F:11: `response.escalate` should be text in quotes, is 3",
        "F:3: `response.hours` `22:00-06:00` ends before it begins; hours over midnight are not counted, so name a stretch of one day",
        "F:4: `response.days`: `moonday` is no day of the week; they are mon, tue, wed, thu, fri, sat, sun",
        "F:8: `response.holidays`: `2027-02-30` is no date; one is written 2026-12-25",
        "TRACKSIDE__RESPONSE__ZONE: `response.zone` `Mars/Olympus` is no time zone; they are called as in the IANA list: Europe/Berlin, UTC",
    ];
    assert_eq!(said, wanted);
    let rules = it.response.rules(Some("UTC"));
    assert_eq!((rules.zone.name(), rules.hours.to_string().as_str(), rules.holidays.len()), ("Europe/Berlin", "09:00-17:00", 2));
    assert_eq!(rules.lengths[0], trackside::model::time::Millis::mins(5));
    let listed = load(Path::new(""), env(&[("TRACKSIDE__RESPONSE__DAYS", "sat, sun")]), &[]).0;
    assert_eq!(listed.response.days, ["Sat", "Sun"]);
    let (none, complaints) = load(Path::new(""), env(&[("TRACKSIDE__RESPONSE__DAYS", "")]), &[]);
    assert_eq!((none.response.days.len(), complaints.len()), (0, 1), "no day at all is no business: {complaints:?}");
}

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

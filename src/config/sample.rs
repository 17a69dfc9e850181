//! The config file to begin with: every setting there is, with what it means and its default, none of them set.

use std::fmt::Write as _;

use super::keys::{KEYS, Kind};
use super::notify::Shape;
use super::shown::shown;

const HEAD: &str = "\
# Settings of trackside. Take the # from before a setting to set it: as it stands there, it is how it is anyway, or an example.
# `trackside config check` reads this file as trackside does; while the dashboard runs it is read as it is saved.

# the context that is used when nobody names one
# context = \"local\"
";
const CONTEXT: &str = "

# A platform elsewhere. `trackside context add NAME --url URL` writes such a table; `trackside login` keeps its token.
# [contexts.prod]
# url = \"https://trackside.example.com\"
# production = true
# read_only = false
# theme = \"day\"
# scope = \"shop/api\"
# token_command = [\"pass\", \"show\", \"trackside/prod\"]
# notify.quiet = \"22:00-07:00\"
";

/// Its text: the tables are there, and empty, so that a setting counts where it stands.
pub fn sample() -> String {
    let mut out = HEAD.to_owned();
    let mut table = "";
    // What stands in no table comes first: below one it would be of that.
    let (top, rest): (Vec<_>, Vec<_>) =
        shown(&config::Map::new()).into_iter().filter(|it| !it.key.starts_with("context.")).partition(|it| !it.key.contains('.'));
    for it in top.into_iter().chain(rest) {
        let Some(known) = KEYS.iter().find(|key| key.path == it.key) else { continue };
        let (own, key) = it.key.split_once('.').unwrap_or(("", it.key));
        if own != table {
            table = own;
            let _ = write!(out, "\n\n[{own}]");
        }
        let (value, note) = if it.value.is_empty() { (example(known.path, known.kind), " (an example)") } else { (it.value, "") };
        let _ = write!(out, "\n# {}{note}\n# {key} = {value}\n", known.help);
    }
    out.push_str(CONTEXT);
    out
}

/// Something that a setting without a default can be.
fn example(path: &str, kind: Kind) -> String {
    let text = match (path, kind) {
        ("data", _) => "\"/srv/trackside\"",
        ("response.escalate", _) => "\"page-the-rota\"",
        ("response.channel", _) => "\"open-channel\"",
        (_, Kind::Whole(_)) => "4",
        (_, Kind::Share) => "0.05",
        (_, Kind::Bytes(_)) => "\"2 GiB\"",
        (_, Kind::Span) => "\"5m\"",
        (_, Kind::Flag) => "true",
        (_, Kind::Zone) => "\"Europe/Berlin\"",
        (_, Kind::Dates) => "[\"2026-12-25\"]",
        (_, Kind::News(Shape::Quiet)) => "\"22:00-07:00\"",
        (_, Kind::News(Shape::Watches)) => "[\"errors/min > 30 on api\"]",
        _ => "\"notify-send trackside\"",
    };
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::{Config, load};
    use super::*;

    /// The sample as a file, and with each of its settings set.
    fn read(text: &str) -> (Config, Vec<String>) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config.toml");
        std::fs::write(&file, text).unwrap();
        let (config, complaints) = load(&file, [], &[]);
        (config, complaints.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn it_sets_nothing_and_each_of_its_settings_counts_where_it_stands() {
        assert_eq!(read(&sample()), (Config::default(), Vec::new()));
        let set: String =
            sample().lines().map(|it| it.strip_prefix("# ").filter(|it| is_setting(it)).unwrap_or(it).to_owned() + "\n").collect();
        let (config, complaints) = read(&set);
        assert_eq!(complaints, [] as [String; 0]);
        assert_eq!((config.limits.builds, config.notify.quiet.as_deref()), (Some(4), Some("22:00-07:00")));
        let (top, rest) = set.split_once('[').unwrap();
        let top: BTreeSet<&str> = top.lines().filter_map(|it| it.split_once(" = ")).map(|it| it.0).collect();
        assert!(top.contains("restore") && top.contains("context"), "{top:?}");
        assert!(rest.contains("[contexts.prod]\nurl"), "{rest}");
    }

    fn is_setting(line: &str) -> bool {
        let key = line.split_once(" = ").map_or("", |it| it.0);
        line.starts_with("[contexts.")
            || (!key.is_empty() && key.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "._".contains(c)))
    }
}

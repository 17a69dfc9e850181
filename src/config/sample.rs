//! The config file to begin with: every setting there is, with what it means and its default, none of them set.

use std::fmt::Write as _;

use super::keys::KEYS;
use super::shown::shown;

const HEAD: &str = "\
# Settings of trackside. Every line that begins with # says how it is without that line.
# `trackside config check` reads this file as trackside does; while the dashboard runs it is read as it is saved.

# The context that is used when nobody names one:
# context = \"local\"

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

/// Its text.
pub fn sample() -> String {
    let mut out = HEAD.to_owned();
    let mut table = "";
    for it in shown(&config::Map::new()) {
        if it.key.starts_with("context.") {
            continue;
        }
        let help = KEYS.iter().find(|key| key.path == it.key).map_or("", |it| it.help);
        let (own, key) = it.key.split_once('.').unwrap_or(("", it.key));
        if own != table {
            table = own;
            let _ = write!(out, "\n# [{own}]");
        }
        let value = if it.value.is_empty() { "…".to_owned() } else { it.value };
        let _ = write!(out, "\n# {help}\n# {key} = {value}\n");
    }
    out
}

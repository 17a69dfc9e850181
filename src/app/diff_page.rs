//! A diff as lines to read and to copy. What a line is decides how it is drawn; the signs in it say the same without colour.

use super::deploys::{Change, Commits, Diff, Variables, commit_line, count_words};
use super::state::App;
use crate::model::deploy::Commit;
use crate::model::ids::DeploymentId;

/// Commits of one side that are listed; all are counted.
const LISTED: usize = 50;
/// Columns of a fact's name.
const NAME: usize = 12;

/// What a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The name of a part.
    Head,
    Plain,
    /// The same on both sides.
    Same,
    Added,
    Changed,
    Removed,
    Unknown,
}

/// A line.
pub type PageLine = (Kind, String);

/// All of `it`.
pub fn page(app: &App, it: &Diff) -> Vec<PageLine> {
    let mut out = Vec::new();
    out.push((Kind::Plain, format!("from  {}", title(app, &it.from))));
    out.push((Kind::Plain, format!("to    {}", title(app, &it.to))));
    commits(&it.commits, &mut out);
    variables(&it.variables, &mut out);
    out.push((Kind::Head, "release".to_owned()));
    for fact in &it.facts {
        let name = format!("{:NAME$}", fact.name);
        let known = |it: &Option<String>| it.clone().unwrap_or_else(|| "not known".to_owned());
        out.push(match fact.differs() {
            Some(false) => (Kind::Same, format!("= {name}{}", known(&fact.to))),
            Some(true) => (Kind::Changed, format!("~ {name}{} → {}", known(&fact.from), known(&fact.to))),
            None if fact.from == fact.to => (Kind::Unknown, format!("? {name}not known of either")),
            None => (Kind::Unknown, format!("? {name}{} → {}", known(&fact.from), known(&fact.to))),
        });
    }
    out
}

/// The page as text.
pub fn text(app: &App, it: &Diff) -> String {
    page(app, it).into_iter().map(|(_, line)| line + "\n").collect()
}

/// `api 77ce02d Add retries, live 2h, d_12`: enough to know which one it is.
pub fn title(app: &App, id: &DeploymentId) -> String {
    let Some(it) = app.deployment(id) else { return format!("{id} (gone)") };
    let commit = it.commit.as_ref().map_or_else(|| "commit not known".to_owned(), commit_line);
    let state = match (it.live_from, it.live_to) {
        (Some(from), None) => format!("live since {}", app.ago(from)),
        (Some(from), Some(to)) => format!("served {}, until {} ago", to.since(from).long(), app.ago(to)),
        _ => format!("{}, never served", it.word()),
    };
    format!("{} {commit} ({state}, {id})", app.service_name(&it.service))
}

fn commits(it: &Commits, out: &mut Vec<PageLine>) {
    let (words, kind) = match it {
        Commits::Same => ("the same commit".to_owned(), Kind::Same),
        Commits::Asking => ("asking which commits lie between them…".to_owned(), Kind::Unknown),
        Commits::Unknown(why) => (format!("? which lie between them is not known: {why}"), Kind::Unknown),
        Commits::Known(range) => (count_words(range), Kind::Plain),
    };
    out.push((Kind::Head, "commits".to_owned()));
    out.push((kind, words));
    let Commits::Known(range) = it else { return };
    list(&range.added, Kind::Added, "+", out);
    list(&range.dropped, Kind::Removed, "-", out);
    if range.more {
        out.push((Kind::Unknown, "? there are more than the platform tells".to_owned()));
    }
}

fn list(all: &[Commit], kind: Kind, sign: &str, out: &mut Vec<PageLine>) {
    for it in all.iter().take(LISTED) {
        let by = if it.author.is_empty() { String::new() } else { format!("  ({})", it.author) };
        out.push((kind, format!("{sign} {}{by}", commit_line(it))));
    }
    if all.len() > LISTED {
        out.push((kind, format!("{sign} and {} more", all.len() - LISTED)));
    }
}

fn variables(it: &Variables, out: &mut Vec<PageLine>) {
    out.push((Kind::Head, "variables (names; values are never shown)".to_owned()));
    match it {
        Variables::Unknown => out.push((Kind::Unknown, "? what one of them ran with was not recorded".to_owned())),
        Variables::Known { changes, same } => {
            for (name, change) in changes {
                let (kind, sign) = match change {
                    Change::Added => (Kind::Added, "+"),
                    Change::Changed => (Kind::Changed, "~"),
                    Change::Removed => (Kind::Removed, "-"),
                };
                out.push((kind, format!("{sign} {name} {}", change.word())));
            }
            let words = match (*same, changes.is_empty()) {
                (0, true) => "none on either side".to_owned(),
                (n, true) => format!("= all {n} the same"),
                (n, false) => format!("= {n} the same"),
            };
            out.push((Kind::Same, words));
        }
    }
}

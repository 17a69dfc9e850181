//! The `[keys]` table: the preset, and the keys that a person has given to actions by their names.

use serde::{Deserialize, Serialize};

use super::complaint::{Complaint, Origin, nearest};
use super::keys::Written;
use crate::app::action::Arg;
use crate::app::bindings::{self, Own, Preset};
use crate::app::{actions, chord};

/// What the keys do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Keys {
    /// `default`, `vim` or `k9s`.
    pub preset: String,
    /// What the file gives to actions; each was checked when it was read.
    #[serde(skip)]
    pub own: Vec<Own>,
}

impl Default for Keys {
    fn default() -> Self {
        Self { preset: Preset::default().name().to_owned(), own: Vec::new() }
    }
}

impl Keys {
    /// For the program.
    pub fn wished(&self) -> bindings::Keys {
        bindings::Keys { preset: Preset::named(&self.preset).unwrap_or_default(), own: self.own.clone() }
    }

    /// Keys that two actions want: of which both are named, and where each of them was given.
    pub(super) fn complaints(&self) -> Vec<Complaint> {
        let clashes = self.wished().clashes().into_iter().map(|it| {
            // What the file says won over what it says nothing of, so one of the two is a line of it: that is where it is mended.
            let said = |from: &str| self.own.iter().find(|own| format!("{}:{}", own.file, own.line) == from);
            let at = said(&it.from).or_else(|| said(it.other.as_deref()?));
            let origin = Origin::File { path: at.map(|own| own.file.clone()).unwrap_or_default(), line: at.map_or(0, |own| own.line) };
            let way = format!("; give {} another key, or none: \"{}\" = []", it.action, it.action);
            let text = format!("{}{}", it.why, if it.other.is_some() { way.as_str() } else { "" });
            Complaint { origin, text, key: at.map(|own| format!("keys.{}", own.action)) }
        });
        clashes.collect()
    }
}

/// The keys that `value` gives to `action`, and what is wrong with some of them; or why it gives none.
pub(super) fn read(action: &str, value: &Written) -> Result<(Vec<String>, Vec<String>), String> {
    let (name, arg) = action.split_once(' ').unwrap_or((action, ""));
    let Some(known) = actions::find(name) else {
        return Err(match nearest(name, actions::all().map(|it| it.name)) {
            Some(near) => format!("there is no action `{name}`; did you mean `{near}`?"),
            None => format!("there is no action `{name}`; `:` lists them all"),
        });
    };
    if !arg.is_empty() && known.arg == Arg::Nothing {
        return Err(format!("{name} takes no argument, so `{arg}` means nothing"));
    }
    let wanted = || Err(format!("the keys of {name} are text or a list of texts, as \"g g\" or [\"F5\", \"ctrl-r\"]; [] for none"));
    let all: Vec<String> = match value {
        Written::Flag(false) => Vec::new(),
        Written::Text(text) => vec![text.clone()],
        Written::List(list) => {
            let texts = list.iter().map(|it| if let Written::Text(text) = it { Some(text.clone()) } else { None });
            let Some(texts) = texts.collect() else { return wanted() };
            texts
        }
        _ => return wanted(),
    };
    let (mut good, mut wrong) = (Vec::new(), Vec::new());
    for key in all {
        match chord::parse_sequence(&key) {
            Ok(_) => good.push(key),
            Err(why) => wrong.push(format!("{name}: {why}")),
        }
    }
    // A key that was misspelt must not take the others away.
    if good.is_empty() && !wrong.is_empty() { Err(wrong.join("; ")) } else { Ok((good, wrong)) }
}

//! What an action is: one row that footer, help, palette, keymap, recorder and the user's `[keys]` all read.

use std::borrow::Cow;

use super::effect::Fx;
use super::pane::PaneId;
use super::state::{App, Confirm};

/// Why something cannot be done now, for the person.
pub type Reason = Cow<'static, str>;

/// What an action does.
#[derive(Clone, Copy)]
pub enum Deed {
    /// At once. The argument is empty unless one was given in the palette.
    Run(fn(&mut App, &mut Fx, &str)),
    /// A write that is asked about first: this makes the question, and a yes sends its request. Danger is this column.
    Ask(fn(&App, &str) -> Result<Confirm, Reason>),
}

/// What an action takes as its argument, and so what the palette completes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arg {
    Nothing,
    Project,
    Service,
    Deployment,
    Incident,
    Theme,
    Context,
    /// One of these words, or what is typed.
    Words(&'static [&'static str]),
    /// A watch expression.
    Watch,
    Text,
}

/// One action.
#[derive(Clone, Copy)]
pub struct Action {
    /// `domain.verb`; in the config, the palette and recordings.
    pub name: &'static str,
    /// Default keys, as `app::chord` writes them.
    pub keys: &'static [&'static str],
    /// The panes where the keys work. In the palette it works everywhere.
    pub panes: &'static [PaneId],
    /// A word or two for the footer; empty: not shown there.
    pub label: &'static str,
    /// A line for help and palette.
    pub help: &'static str,
    pub arg: Arg,
    /// Whether it can be done now with this argument, or why not.
    pub when: fn(&App, &str) -> Result<(), Reason>,
    pub deed: Deed,
}

impl Action {
    /// An action that runs at once, takes no argument and can always be done; what differs is said beside it.
    pub const fn at_once(
        panes: &'static [PaneId],
        name: &'static str,
        keys: &'static [&'static str],
        label: &'static str,
        help: &'static str,
        run: fn(&mut App, &mut Fx, &str),
    ) -> Self {
        Self { name, keys, panes, label, help, arg: Arg::Nothing, when: always, deed: Deed::Run(run) }
    }

    /// The same, of no pane: its keys work everywhere.
    pub const fn anywhere(
        name: &'static str,
        keys: &'static [&'static str],
        label: &'static str,
        help: &'static str,
        run: fn(&mut App, &mut Fx, &str),
    ) -> Self {
        Self::at_once(ANYWHERE, name, keys, label, help, run)
    }

    /// It takes an argument.
    #[must_use]
    pub const fn with(self, arg: Arg) -> Self {
        Self { arg, ..self }
    }

    /// It cannot always be done.
    #[must_use]
    pub const fn if_(self, when: fn(&App, &str) -> Result<(), Reason>) -> Self {
        Self { when, ..self }
    }

    /// Its keys work in these panes.
    #[must_use]
    pub const fn from(self, panes: &'static [PaneId]) -> Self {
        Self { panes, ..self }
    }
}

/// Works in every pane.
pub const ANYWHERE: &[PaneId] = &PaneId::ALL;

/// Can always be done.
pub fn always(_: &App, _: &str) -> Result<(), Reason> {
    Ok(())
}

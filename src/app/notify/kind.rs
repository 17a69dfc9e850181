//! What a person can be told of, and by which ways. Only the words and the usual choice; who is told when is in `tell`.

use serde::{Deserialize, Serialize};

/// What happened, as far as it matters to who is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A deployment that this person asked for has ended.
    Deploy,
    /// Somebody else's has.
    OtherDeploy,
    /// An incident of severity P1 or P2 opened.
    Incident,
    /// One of less.
    MinorIncident,
    /// A response clock turned amber, red, or ran out.
    Clock,
    /// The link to the platform is lost for longer than a minute, or back after that.
    Link,
    /// A watch came true, or false again.
    Watch,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 7] = [Self::Deploy, Self::OtherDeploy, Self::Incident, Self::MinorIncident, Self::Clock, Self::Link, Self::Watch];

    /// Its word in the config: `notify.to.<word>`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Deploy => "deploy",
            Self::OtherDeploy => "other_deploy",
            Self::Incident => "incident",
            Self::MinorIncident => "minor_incident",
            Self::Clock => "clock",
            Self::Link => "link",
            Self::Watch => "watch",
        }
    }

    /// The kind of that word.
    pub fn read(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.word() == word)
    }

    /// The ways it goes unless the config says otherwise: what one waits for or must act on is heard, the rest is shown.
    pub const fn usual(self) -> &'static [Way] {
        match self {
            Self::Deploy | Self::Incident | Self::Clock | Self::Watch => &[Way::Toast, Way::Bell, Way::Osc],
            Self::Link => &[Way::Toast, Way::Osc],
            Self::OtherDeploy | Self::MinorIncident => &[Way::Toast],
        }
    }
}

/// A way to a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// A message on the screen.
    Toast,
    /// The terminal's bell.
    Bell,
    /// A notification of the desktop, by the sequence the terminal knows.
    Osc,
    /// The same by OSC 9, whatever the terminal.
    Osc9,
    /// The same by OSC 777, whatever the terminal.
    Osc777,
    /// The command of the config.
    Hook,
}

impl Way {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Toast, Self::Bell, Self::Osc, Self::Osc9, Self::Osc777, Self::Hook];

    /// Its word in the config.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Toast => "toast",
            Self::Bell => "bell",
            Self::Osc => "osc",
            Self::Osc9 => "osc9",
            Self::Osc777 => "osc777",
            Self::Hook => "hook",
        }
    }

    /// The way of that word.
    pub fn read(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.word() == word)
    }
}

/// By which sequence a notification of the desktop is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Osc {
    /// By what the terminal says it is; none where it is not known to understand one.
    #[default]
    Auto,
    /// OSC 9: iTerm2, `WezTerm`, Ghostty, kitty.
    Nine,
    /// OSC 777: foot, urxvt.
    Seven,
    Off,
}

impl Osc {
    /// The sequence of that word in the config.
    pub fn read(word: &str) -> Option<Self> {
        match word {
            "auto" => Some(Self::Auto),
            "9" => Some(Self::Nine),
            "777" => Some(Self::Seven),
            "off" => Some(Self::Off),
            _ => None,
        }
    }
}

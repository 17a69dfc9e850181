//! How far code is kept apart from the machine, in words; and how far somebody wishes it to be.

use std::fmt;
use std::str::FromStr;

/// From the weakest to the strongest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Plain processes of the platform's user.
    None,
    /// Landlock for files and signals, seccomp for calls, no new privileges.
    Landlock,
    /// bubblewrap: a view of the machine of its own, with the calls of `Landlock` closed too.
    Bwrap,
}

impl Level {
    pub const ALL: [Self; 3] = [Self::None, Self::Landlock, Self::Bwrap];

    /// As it is stored with deployments, shown and asked for.
    pub const fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Landlock => "landlock",
            Self::Bwrap => "bwrap",
        }
    }

    /// What it comes to, for people.
    pub const fn says(self) -> &'static str {
        match self {
            Self::None => "plain processes: code of a repository can do what you can do",
            Self::Landlock => "landlock and seccomp: writes only its own folders, reads no home, no data of others",
            Self::Bwrap => "bubblewrap: its own folders, processes and /tmp; the rest read-only, homes and others' data not there",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl FromStr for Level {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|it| it.word() == word);
        found.ok_or_else(|| format!("`{word}` is no sandbox: give bwrap, landlock or none"))
    }
}

/// What level is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wish {
    /// `None`: the best there is.
    pub level: Option<Level>,
    /// Plain processes will do where there is no sandbox.
    pub unsandboxed: bool,
}

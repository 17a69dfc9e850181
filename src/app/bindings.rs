//! Keys as they are wished for: a preset, and what a person has bound. Names only; over the table of actions they are laid in `bound`.

/// The keys to begin with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Preset {
    /// As the table of actions has them.
    #[default]
    Usual,
    /// For fingers that know vim.
    Vim,
    /// For fingers that know k9s.
    K9s,
}

impl Preset {
    /// As the config names them.
    pub const NAMES: &[&str] = &["default", "vim", "k9s"];
    /// All, in the order of their names.
    pub const ALL: [Self; 3] = [Self::Usual, Self::Vim, Self::K9s];

    /// The preset of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::NAMES.iter().zip(Self::ALL).find(|(it, _)| **it == name).map(|(_, it)| it)
    }

    /// Its name.
    pub const fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }

    /// What it binds otherwise than the table of actions.
    pub const fn differences(self) -> &'static [(&'static str, &'static [&'static str])] {
        match self {
            Self::Usual => &[],
            Self::Vim => VIM,
            Self::K9s => K9S,
        }
    }
}

const VIM: &[(&str, &[&str])] = &[
    ("cursor.top", &["g g", "Home"]),
    ("cursor.down", &["j", "Down", "ctrl-n"]),
    ("cursor.up", &["k", "Up", "ctrl-p"]),
    ("page.down", &["ctrl-d", "ctrl-f", "PgDn"]),
    ("page.up", &["ctrl-u", "ctrl-b", "PgUp"]),
    ("focus.next", &["Tab", "ctrl-w w", "ctrl-w ctrl-w"]),
    ("focus.previous", &["S-Tab", "ctrl-w W"]),
    ("zoom", &["z", "ctrl-w o"]),
    ("quit", &["q", "Z Z", "Z Q"]),
];

/// In k9s ctrl-d deletes: fingers that know that must not turn pages with it.
const K9S: &[(&str, &[&str])] = &[
    ("palette", &[":", "ctrl-a"]),
    ("page.down", &["ctrl-f", "PgDn"]),
    ("page.up", &["ctrl-b", "PgUp"]),
    ("go.all", &["0"]),
    ("overview", &[]),
    ("zoom", &["f", "z"]),
    ("logs.filters", &["F"]),
    ("logs.follow", &["s"]),
    ("logs.wrap", &["w"]),
    ("logs.warning.next", &["v"]),
];

/// Keys that a person has given an action, instead of all it had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Own {
    /// The action's name; behind a space its argument, if it is to have one: `window 6h`.
    pub action: String,
    /// None: it has no key.
    pub keys: Vec<String>,
    /// The file that says so, and the line in it, from 1.
    pub file: String,
    pub line: usize,
}

/// All keys, as they are wished for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keys {
    pub preset: Preset,
    pub own: Vec<Own>,
}

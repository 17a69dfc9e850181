//! What a person is told, as it is written in the config: what each value may be, and the rules it makes. Checked text by text.

use serde::{Deserialize, Serialize};

use crate::app::notify::kind::{Kind, Osc, Way};
use crate::app::notify::quiet::Hours;
use crate::app::notify::read::read;
use crate::app::notify::rules::{Always, Rules};

/// What a value of `notify.*` may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A list of ways.
    Ways,
    /// A list of what sounds in quiet hours, too.
    Always,
    /// A list of watch expressions.
    Watches,
    /// Two times of the day.
    Quiet,
    /// The sequence for the desktop.
    Osc,
}

impl Shape {
    /// Whether it is a list, each thing of which is checked by itself.
    pub const fn is_list(self) -> bool {
        matches!(self, Self::Ways | Self::Always | Self::Watches)
    }

    /// What it should be, for a message.
    pub const fn should(self) -> &'static str {
        match self {
            Self::Ways => "a list of ways, as [\"toast\", \"bell\"]",
            Self::Always => "a list, as [\"p1\", \"link\"]",
            Self::Watches => "a list of watches, as [\"errors/min > 30 on api\"]",
            Self::Quiet => "two times of the day in quotes, as \"22:00-07:00\"",
            Self::Osc => "\"auto\", \"9\", \"777\" or \"off\"",
        }
    }

    /// What is wrong with `text`, if anything.
    pub fn check(self, text: &str) -> Result<(), String> {
        let one_of = |words: Vec<&str>| format!("there is no {text:?}; there are {}", words.join(", "));
        match self {
            Self::Ways => Way::read(text).map(|_| ()).ok_or_else(|| one_of(Way::ALL.iter().map(|it| it.word()).collect())),
            Self::Always => Always::read(text).map(|_| ()).ok_or_else(|| {
                let severities = ["p1", "p2", "p3", "p4"];
                one_of(severities.into_iter().chain(Kind::ALL.iter().map(|it| it.word())).collect())
            }),
            Self::Watches => read(text).map(|_| ()).map_err(|it| format!("{text:?}: {} (column {})", it.text, it.column(text) + 1)),
            Self::Quiet => Hours::read(text).map(|_| ()),
            Self::Osc => Osc::read(text).map(|_| ()).ok_or_else(|| format!("should be {}, is {text:?}", self.should())),
        }
    }

    /// The things of a list in one text, as the environment has it: a comma may be in a watch, a semicolon is not.
    pub fn split(self, text: &str) -> Vec<String> {
        let by = if self == Self::Watches { ';' } else { ',' };
        text.split(by).map(str::trim).filter(|it| !it.is_empty()).map(str::to_owned).collect()
    }
}

/// What a person is told, and how. What is left out is as usual.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Notify {
    pub to: To,
    pub osc: Option<String>,
    pub hook: Option<String>,
    pub quiet: Option<String>,
    pub always: Option<Vec<String>>,
    pub watch: Vec<String>,
}

/// The ways of each kind of news.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct To {
    pub deploy: Option<Vec<String>>,
    pub other_deploy: Option<Vec<String>>,
    pub incident: Option<Vec<String>>,
    pub minor_incident: Option<Vec<String>>,
    pub clock: Option<Vec<String>>,
    pub link: Option<Vec<String>>,
    pub watch: Option<Vec<String>>,
}

impl Notify {
    /// The rules it makes. It was checked when it was read; what does not fit all the same is left out.
    pub fn rules(&self) -> Rules {
        let to = &self.to;
        let all = [
            (Kind::Deploy, &to.deploy),
            (Kind::OtherDeploy, &to.other_deploy),
            (Kind::Incident, &to.incident),
            (Kind::MinorIncident, &to.minor_incident),
            (Kind::Clock, &to.clock),
            (Kind::Link, &to.link),
            (Kind::Watch, &to.watch),
        ];
        let ways = |words: &Vec<String>| {
            let mut ways: Vec<Way> = words.iter().filter_map(|it| Way::read(it)).collect();
            ways.sort_unstable();
            ways.dedup();
            ways
        };
        Rules {
            to: all.into_iter().filter_map(|(kind, words)| Some((kind, ways(words.as_ref()?)))).collect(),
            osc: self.osc.as_deref().and_then(Osc::read).unwrap_or_default(),
            hook: self.hook.clone().filter(|it| !it.trim().is_empty()),
            quiet: self.quiet.as_deref().and_then(|it| Hours::read(it).ok()),
            always: self.always.as_ref().map(|all| all.iter().filter_map(|it| Always::read(it)).collect()),
            watch: self.watch.clone(),
        }
    }
}

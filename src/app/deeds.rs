//! What was done, as the audit trail has it, in the words and signs of the screen. Deployments have words of their own. Pure.

use crate::model::audit::AuditEntry;

/// Something that was changed, besides deployments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A replica ended by itself.
    Exit,
    Flag,
    Variables,
    Scale,
    Settings,
    Restart,
    Stop,
}

impl Kind {
    /// All, the most telling first.
    pub const ALL: [Self; 7] = [Self::Exit, Self::Flag, Self::Variables, Self::Scale, Self::Settings, Self::Restart, Self::Stop];

    /// Of an action of the audit trail; `None`: it changes nothing that runs, or is a deployment, which has its own marker.
    pub fn of(action: &str) -> Option<Self> {
        Some(match action {
            "replica.exited" => Self::Exit,
            "service.variables" => Self::Variables,
            "service.scale" => Self::Scale,
            "service.change" => Self::Settings,
            "service.restart" => Self::Restart,
            "service.stop" | "service.remove" => Self::Stop,
            flag if flag.starts_with("flag.") => Self::Flag,
            _ => return None,
        })
    }

    /// Its sign on the axis.
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Exit => "!",
            Self::Flag => "±",
            Self::Variables => "$",
            Self::Scale => "↕",
            Self::Settings => "*",
            Self::Restart => "↻",
            Self::Stop => "○",
        }
    }

    /// What it is, in a word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Exit => "exited",
            Self::Flag => "flag",
            Self::Variables => "variables",
            Self::Scale => "scaled",
            Self::Settings => "settings",
            Self::Restart => "restarted",
            Self::Stop => "stopped",
        }
    }
}

/// `scaled 1 → 2`, `variables PORT, RETRIES`; what is not known here as it came: its action and its target. `name`: the service's, which
/// stands beside it and is not said again.
pub fn deed(it: &AuditEntry, name: Option<&str>) -> String {
    let target = it.target.lines().next().unwrap_or_default();
    let about = name.and_then(|name| without(target, name)).unwrap_or(target);
    match &*it.action {
        // These are sentences by themselves.
        "replica.exited" | "project.create" | "project.remove" => return target.to_owned(),
        "service.create" => return "created".to_owned(),
        "service.remove" => return "removed".to_owned(),
        _ => {}
    }
    match Kind::of(&it.action) {
        Some(kind) if about.contains(kind.word()) => about.to_owned(),
        Some(kind) => format!("{} {about}", kind.word()).trim_end().to_owned(),
        None => format!("{} {target}", it.action).trim_end().to_owned(),
    }
}

/// `target` without the service's name before it: `shop/api`, `api: PORT`, `api 1 → 2`.
fn without<'a>(target: &'a str, name: &str) -> Option<&'a str> {
    let (first, rest) = target.split_once([':', ' ']).unwrap_or((target, ""));
    let own = !name.is_empty() && (first == name || first.rsplit('/').next() == Some(name));
    own.then(|| rest.trim_start())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ids::AuditId;
    use crate::model::text::Clean;
    use crate::model::time::Time;

    #[test]
    fn a_deed_is_told_in_words_without_the_name_that_stands_beside_it() {
        let told = |action: &str, target: &str| {
            let entry = AuditEntry {
                id: AuditId::from("a1"),
                at: Time(0),
                by: Clean::new("li"),
                action: Clean::new(action),
                project: None,
                service: None,
                target: Clean::new(target),
                result: Clean::new("ok"),
                rev: 0,
            };
            (deed(&entry, Some("api")), deed(&entry, None))
        };
        let both = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        assert_eq!(told("service.scale", "api 1 → 2"), both("scaled 1 → 2", "scaled api 1 → 2"));
        assert_eq!(told("service.variables", "api: PORT, TOKEN"), both("variables PORT, TOKEN", "variables api: PORT, TOKEN"));
        assert_eq!(told("service.stop", "shop/api stopped"), both("stopped", "shop/api stopped"));
        assert_eq!(told("service.restart", "api as d47"), both("restarted as d47", "restarted api as d47"));
        assert_eq!(told("service.create", "service shop/api created"), both("created", "created"));
        assert_eq!(told("replica.exited", "api.1 exited with 3"), both("api.1 exited with 3", "api.1 exited with 3"));
        assert_eq!(told("project.create", "project shop created"), both("project shop created", "project shop created"));
        assert_eq!(told("volume.grow", "api: 10 GiB"), both("volume.grow api: 10 GiB", "volume.grow api: 10 GiB"), "not known here");
        assert_eq!(told("service.scale", "apis 1 → 2").0, "scaled apis 1 → 2", "another's name is said");
    }
}

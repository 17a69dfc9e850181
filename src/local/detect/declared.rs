//! `trackside.toml` in a repository: what its authors say is to be done with it. Wins over everything detected.

use std::path::Path;

use serde::Deserialize;

use crate::model::service::ServiceKind;

use super::schedule::Schedule;

/// Name of the file.
pub const FILE: &str = "trackside.toml";
/// A larger one is something else.
const MOST: u64 = 64 * 1024;

/// Its content.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Declared {
    pub kind: Option<ServiceKind>,
    pub build: Option<String>,
    pub start: Option<String>,
    pub health: Option<String>,
    /// Folder of files to serve.
    #[serde(rename = "static")]
    pub files: Option<String>,
    pub schedule: Option<String>,
}

/// Reads it, if there is one.
pub fn read(folder: &Path) -> Result<Option<Declared>, String> {
    let file = folder.join(FILE);
    let size = match std::fs::metadata(&file) {
        Ok(it) => it.len(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(format!("{FILE} cannot be read: {error}")),
    };
    if size > MOST {
        return Err(format!("{FILE} is larger than {MOST} bytes"));
    }
    let text = std::fs::read_to_string(&file).map_err(|error| format!("{FILE} cannot be read: {error}"))?;
    parse(&text).map(Some)
}

fn parse(text: &str) -> Result<Declared, String> {
    let it: Declared = toml::from_str(text).map_err(|error| format!("{FILE}: {}", error.to_string().trim_end()))?;
    let wrong = |key: &str, why: &str| Err(format!("{FILE}: {key}: {why}"));
    match &it.kind {
        Some(ServiceKind::Other(word)) => return wrong("kind", &format!("`{word}` is none of web, worker, cron, static")),
        Some(ServiceKind::Cron) if it.schedule.is_none() => {
            return wrong("schedule", "a cron service needs one, as \"*/10 * * * *\" or \"every 10m\"");
        }
        _ => {}
    }
    if let Some(schedule) = &it.schedule
        && let Err(why) = Schedule::parse(schedule)
    {
        return wrong("schedule", &why);
    }
    if it.health.as_ref().is_some_and(|it| !it.starts_with('/')) {
        return wrong("health", "a path that begins with `/` is expected");
    }
    if it.start.is_some() && it.files.is_some() {
        return wrong("static", "either `start` or `static`, not both");
    }
    if it.files.as_ref().is_some_and(|it| it.starts_with('/') || it.split('/').any(|part| part == "..")) {
        return wrong("static", "a folder inside the repository is expected");
    }
    Ok(it)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_key_or_value_is_named() {
        for (text, part) in [
            ("buidl = \"x\"", "buidl"),
            ("\n\nport = 3", "line 3"),
            ("kind = \"lambda\"", "lambda"),
            ("kind = \"cron\"", "schedule"),
            ("health = \"x\"", "health"),
            ("static = \"../x\"", "inside"),
        ] {
            let why = parse(text).expect_err(text);
            assert!(why.contains(part) && why.contains(FILE), "{why}");
        }
    }
}

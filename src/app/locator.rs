//! A view as one line of text: `prod/shop/api?pane=logs&at=2026-11-23T14:02:00Z&logs=level:error`. Writes it and reads it; what it names
//! is found, or not, where one goes there (`app::place`). All times are UTC: who gets the line may sit anywhere.

use std::fmt::{self, Write as _};

use super::logs::Stacked;
use super::metrics::Behind;
use super::pane::PaneId;
use super::stops::{LISTS, Opened, Place, Spot};
use super::timeline::{NARROWEST, WIDEST};
use crate::model::ids::{DeploymentId, IncidentId};
use crate::model::log::{Level, LogKind};
use crate::model::query::{Clock, Matcher, Mistake, instant, span};
use crate::model::time::{Millis, Time};

/// All keys.
const KEYS: &str = "pane, zoom, deployment, incident, at, end, window, level, logs, logs.off, search, of, kinds, projects, deployments, \
                    incidents, apart, behind";

impl Place {
    /// The pane that is meant when none is named: the one that what is named stands in.
    const fn likely_pane(&self) -> PaneId {
        match &self.open {
            Some(Opened::Deployment(_)) => PaneId::Deployments,
            Some(Opened::Incident(_)) => PaneId::Incidents,
            None if !self.logs.is_empty() || self.search.is_some() || self.pin.is_some() => PaneId::Logs,
            None => PaneId::Projects,
        }
    }

    /// Reads a locator; `clock` says which day `14:02Z` is of. A mistake says where.
    pub fn parse(text: &str, clock: Clock) -> Result<Self, Mistake> {
        let (path, query) = text.split_once('?').map_or((text, None), |(path, query)| (path, Some(query)));
        let mut it = Self::default();
        it.read_path(path)?;
        let (mut pane, mut zoom, mut at) = (None, None, path.len() + 1);
        for part in query.into_iter().flat_map(|it| it.split('&')) {
            let (key, raw) = part.split_once('=').unwrap_or((part, ""));
            let place = at + key.len() + usize::from(part.len() > key.len());
            let value = Value { text: decode(raw).map_err(|it| it.moved(place))?, raw, at: place };
            match key {
                "pane" => pane = Some(value.pane()?),
                "zoom" => zoom = Some(value.flag()?),
                _ => it.read(key, at, value, clock)?,
            }
            at += part.len() + 1;
        }
        it.pane = pane.unwrap_or_else(|| it.likely_pane());
        it.zoom = zoom.unwrap_or(it.open.is_some());
        if it.at.is_none() {
            it.end = None;
        }
        Ok(it)
    }

    fn read_path(&mut self, path: &str) -> Result<(), Mistake> {
        let (mut at, mut parts) = (0, Vec::new());
        for part in path.split('/') {
            let name = decode(part).map_err(|it| it.moved(at))?;
            match parts.len() {
                3 => return Err(Mistake::new(at, "this is one name too many: CONTEXT/PROJECT/SERVICE is all there is")),
                n @ 1..=2 if name.is_empty() => {
                    let what = if n == 1 { "project" } else { "service" };
                    return Err(Mistake::new(at, format!("expected the name of a {what}")));
                }
                _ => {}
            }
            parts.push(name);
            at += part.len() + 1;
        }
        let mut parts = parts.into_iter();
        self.context = parts.next().unwrap_or_default();
        self.spot = match (parts.next(), parts.next()) {
            (Some(project), Some(service)) => Spot::Service(project, service),
            (Some(project), None) => Spot::Project(project),
            (None, _) => Spot::All,
        };
        Ok(())
    }

    fn read(&mut self, key: &str, at: usize, value: Value<'_>, clock: Clock) -> Result<(), Mistake> {
        match key {
            "deployment" => self.open = Some(Opened::Deployment(DeploymentId::new(&value.some("the id of a deployment")?))),
            "incident" => self.open = Some(Opened::Incident(IncidentId::new(&value.some("the id of an incident")?))),
            "at" => self.at = Some(value.time(clock)?),
            "end" => self.end = Some(value.time(clock)?),
            "window" => self.window = Some(value.window()?),
            "level" => self.level = value.level()?,
            "logs" | "logs.off" => {
                Stacked::read(&value.text, clock).map_err(|it| value.inside(it))?;
                self.logs.push((value.text, key == "logs"));
            }
            "search" => {
                Matcher::new(&value.text).map_err(|it| value.inside(it))?;
                self.search = Some(value.some("a text to search for")?);
            }
            "of" => {
                let kinds = self.pin.take().map(|it| it.1).unwrap_or_default();
                self.pin = Some((DeploymentId::new(&value.some("the id of a deployment")?), kinds));
            }
            "kinds" => {
                let Some((_, kinds)) = &mut self.pin else {
                    return Err(Mistake::new(at, "`kinds` says which lines of a deployment; `of=ID` says before it of which"));
                };
                *kinds = value.text.split(',').filter(|it| !it.is_empty()).map(LogKind::read).collect();
            }
            "apart" => self.apart = value.flag()?,
            "behind" => {
                let named = Behind::named(&value.text);
                self.behind = named.ok_or_else(|| Mistake::new(value.at, "expected off, deployment, day or week"))?;
            }
            _ => {
                let Some(n) = LISTS.iter().position(|(name, _)| *name == key) else {
                    return Err(Mistake::new(at, format!("`{key}` says nothing here; what does: {KEYS}")));
                };
                self.lists[n] = value.text;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&encode(&self.context, ""))?;
        match &self.spot {
            Spot::All => {}
            Spot::Project(project) => write!(f, "/{}", encode(project, ""))?,
            Spot::Service(project, service) => write!(f, "/{}/{}", encode(project, ""), encode(service, ""))?,
        }
        let mut out = Parts { f, any: false };
        if self.pane != self.likely_pane() {
            out.put("pane", &self.pane.title().to_lowercase())?;
        }
        match &self.open {
            Some(Opened::Deployment(id)) => out.put("deployment", id.as_str())?,
            Some(Opened::Incident(id)) => out.put("incident", id.as_str())?,
            None => {}
        }
        if self.zoom != self.open.is_some() {
            out.put("zoom", if self.zoom { "on" } else { "off" })?;
        }
        if let Some(at) = self.at {
            out.put("at", &written(at))?;
            if let Some(end) = self.end {
                out.put("end", &written(end))?;
            }
        }
        if let Some(window) = self.window {
            out.put("window", &length(window))?;
        }
        if let Some(level) = self.level {
            out.put("level", level.word())?;
        }
        for (typed, on) in &self.logs {
            out.put(if *on { "logs" } else { "logs.off" }, typed)?;
        }
        if let Some(text) = &self.search {
            out.put("search", text)?;
        }
        if let Some((id, kinds)) = &self.pin {
            out.put("of", id.as_str())?;
            if !kinds.is_empty() {
                out.put("kinds", &kinds.iter().map(LogKind::word).collect::<Vec<_>>().join(","))?;
            }
        }
        for ((name, _), text) in LISTS.iter().zip(&self.lists).filter(|(_, text)| !text.is_empty()) {
            out.put(name, text)?;
        }
        if self.apart {
            out.put("apart", "on")?;
        }
        if self.behind != Behind::Nothing {
            out.put("behind", self.behind.name())?;
        }
        Ok(())
    }
}

struct Parts<'a, 'b> {
    f: &'a mut fmt::Formatter<'b>,
    any: bool,
}

impl Parts<'_, '_> {
    fn put(&mut self, key: &str, value: &str) -> fmt::Result {
        let sign = if std::mem::replace(&mut self.any, true) { '&' } else { '?' };
        write!(self.f, "{sign}{key}={}", encode(value, ":/,=@"))
    }
}

/// A value as it is meant, as it stands there, and where.
struct Value<'a> {
    text: String,
    raw: &'a str,
    at: usize,
}

impl Value<'_> {
    /// A mistake in what is meant, at its place in what stands there.
    fn inside(&self, it: Mistake) -> Mistake {
        let (mut meant, mut at) = (0, 0);
        while meant < it.at && at < self.raw.len() {
            at += if self.raw.as_bytes()[at] == b'%' { 3 } else { 1 };
            meant += 1;
        }
        Mistake { at: self.at + at.min(self.raw.len()), ..it }
    }

    fn some(self, what: &str) -> Result<String, Mistake> {
        if self.text.is_empty() { Err(Mistake::new(self.at, format!("expected {what}"))) } else { Ok(self.text) }
    }

    fn flag(&self) -> Result<bool, Mistake> {
        match self.text.as_str() {
            "" | "on" => Ok(true),
            "off" => Ok(false),
            _ => Err(Mistake::new(self.at, "expected on or off")),
        }
    }

    fn pane(&self) -> Result<PaneId, Mistake> {
        let found = PaneId::ALL.into_iter().find(|it| it.title().eq_ignore_ascii_case(&self.text));
        found.ok_or_else(|| Mistake::new(self.at, "expected projects, deployments, logs, metrics or incidents"))
    }

    fn level(&self) -> Result<Option<Level>, Mistake> {
        let found = Level::ALL.into_iter().find(|it| it.word() == self.text);
        let level = found.ok_or_else(|| Mistake::new(self.at, "expected trace, debug, info, warn, error or fatal"))?;
        // Everything is a trace or louder.
        Ok(Some(level).filter(|it| *it != Level::Trace))
    }

    fn time(&self, clock: Clock) -> Result<Time, Mistake> {
        let utc = Clock { offset_minutes: 0, ..clock };
        let digits = self.text.starts_with(|c: char| c.is_ascii_digit());
        let short = || self.text.strip_suffix('Z').filter(|_| digits).and_then(|it| instant(it, utc));
        let read = Time::parse(&self.text).or_else(short);
        read.ok_or_else(|| Mistake::new(self.at, "expected a time in UTC: 14:02Z, 2026-11-23T14:02Z or 2026-11-23T14:02:05.250Z"))
    }

    fn window(&self) -> Result<Millis, Mistake> {
        let read = span(&self.text).filter(|it| (NARROWEST..=WIDEST).contains(it));
        read.ok_or_else(|| Mistake::new(self.at, format!("expected a length of time from {} to {}", NARROWEST.short(), WIDEST.short())))
    }
}

/// In UTC, as short as it can be said exactly.
fn written(at: Time) -> String {
    let text = at.to_string();
    text.strip_suffix(".000Z").map(|it| format!("{it}Z")).unwrap_or(text)
}

/// As [`span`] reads it again.
fn length(it: Millis) -> String {
    let units = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1_000, "s")];
    let unit = units.into_iter().find(|(ms, _)| it.0 % ms == 0);
    unit.map_or_else(|| format!("{}ms", it.0), |(ms, name)| format!("{}{name}", it.0 / ms))
}

/// Everything that a shell, a chat or a locator itself would take for something else becomes `%` and its bytes.
fn encode(text: &str, plain: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '~') || plain.contains(c) {
            out.push(c);
            continue;
        }
        for byte in c.encode_utf8(&mut [0; 4]).bytes() {
            // Writing to a `String` cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

fn decode(text: &str) -> Result<String, Mistake> {
    let (mut out, mut rest) = (Vec::with_capacity(text.len()), text.as_bytes());
    while let Some((first, more)) = rest.split_first() {
        rest = more;
        if *first != b'%' {
            out.push(*first);
            continue;
        }
        let at = text.len() - rest.len() - 1;
        let byte = more.get(..2).and_then(|it| std::str::from_utf8(it).ok()).and_then(|it| u8::from_str_radix(it, 16).ok());
        let byte = byte.ok_or_else(|| Mistake::new(at, "a % stands before two hex digits; itself it is written %25"))?;
        out.push(byte);
        rest = &more[2..];
    }
    let text = String::from_utf8(out).map_err(|_| Mistake::new(0, "what the % signs say is no UTF-8"))?;
    if text.chars().any(char::is_control) { Err(Mistake::new(0, "control characters have no place here")) } else { Ok(text) }
}

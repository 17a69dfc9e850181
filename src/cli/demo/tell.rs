//! What changed between two looks at the platform, in lines: the screen of the demo without a screen.

use std::collections::BTreeMap;

use crate::model::event::Snapshot;

/// What was last told of each thing, by its id.
#[derive(Debug, Default)]
pub struct Told(BTreeMap<String, String>);

impl Told {
    /// A line for each thing that stands otherwise than when it was last told.
    pub fn news(&mut self, now: &Snapshot) -> Vec<String> {
        let name = |id| now.services.iter().find(|it| it.id == id).map_or("?", |it| it.name.as_str());
        let mut all = Vec::new();
        for it in &now.deployments {
            let commit = it.commit.as_ref().map(|it| format!(" {} {}", it.short(), it.message)).unwrap_or_default();
            let error = it.error.as_ref().and_then(|it| it.lines().next()).map(|it| format!(": {it}")).unwrap_or_default();
            all.push((it.id.to_string(), format!("{} {}{commit}{error}", name(it.service.clone()), it.word())));
        }
        for it in &now.services {
            let url = it.url.as_ref().map(|it| format!(" at {it}")).unwrap_or_default();
            let reason = it.reason.as_ref().map(|it| format!(": {it}")).unwrap_or_default();
            all.push((it.id.to_string(), format!("{} is {} {}/{}{url}{reason}", it.name, it.health.said(), it.up(), it.desired)));
        }
        for it in &now.incidents {
            all.push((it.id.to_string(), format!("{} {} {}", it.severity.label(), it.status, it.title)));
        }
        all.retain(|(id, line)| self.0.insert(id.clone(), line.clone()).as_ref() != Some(line));
        all.into_iter().map(|(_, line)| line).collect()
    }
}

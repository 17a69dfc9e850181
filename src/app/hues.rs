//! Which colour a service has: numbers only, the theme says what they look like. Once given it stays for the session.

use std::collections::BTreeMap;

use super::state::App;
use crate::model::ids::{ProjectId, ServiceId};
use crate::model::service::Service;

/// Colours there are. More services than that share them; their names tell them apart.
pub const HUES: u8 = 6;

impl App {
    /// The number of the service's colour, under [`HUES`].
    pub fn hue(&self, service: &ServiceId) -> u8 {
        self.hues.get(service).copied().unwrap_or(0)
    }

    /// Gives colours to services that have none, in the order they were created: each the colour its project, then everyone, uses least. So
    /// services that are looked at together differ as far as there are colours.
    pub(super) fn settle_hues(&mut self) {
        let services = &self.store.services;
        if services.keys().all(|id| self.hues.contains_key(id)) {
            return;
        }
        let mut used: BTreeMap<&ProjectId, [usize; HUES as usize]> = BTreeMap::new();
        let mut by_all = [0_usize; HUES as usize];
        let mut new: Vec<&Service> = Vec::new();
        for it in services.values() {
            let Some(hue) = self.hues.get(&it.id).map(|it| usize::from(*it % HUES)) else {
                new.push(it);
                continue;
            };
            used.entry(&it.project).or_default()[hue] += 1;
            by_all[hue] += 1;
        }
        new.sort_by(|a, b| (a.created, &a.id).cmp(&(b.created, &b.id)));
        for it in new {
            let here = used.entry(&it.project).or_default();
            let least = (0..HUES).min_by_key(|hue| (here[usize::from(*hue)], by_all[usize::from(*hue)]));
            let hue = least.unwrap_or_default();
            here[usize::from(hue)] += 1;
            by_all[usize::from(hue)] += 1;
            self.hues.insert(it.id.clone(), hue);
        }
    }
}

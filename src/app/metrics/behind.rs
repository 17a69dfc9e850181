//! What lies behind a chart: another time, moved so that it can be compared. Pure.

use super::look::Behind;
use crate::app::action::Reason;
use crate::app::state::App;
use crate::model::deploy::Deployment;
use crate::model::ids::ServiceId;
use crate::model::time::{Millis, Time};

/// Another time behind this one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shift {
    /// How much earlier it was.
    pub by: Millis,
    /// `day before`, `77ce02d, the deployment before`.
    pub name: String,
    /// Only what was measured within this time belongs to it (of then, not of now).
    pub within: Option<(Time, Time)>,
}

impl App {
    /// What is drawn behind the charts; `None`: nothing was chosen. An error says why there is nothing to draw.
    pub fn behind(&self) -> Result<Option<Shift>, Reason> {
        let plain = |hours: i64, name: &str| Ok(Some(Shift { by: Millis::hours(hours), name: name.to_owned(), within: None }));
        match self.charts.behind {
            Behind::Nothing => Ok(None),
            Behind::Day => plain(24, "day before"),
            Behind::Week => plain(24 * 7, "week before"),
            Behind::Deployment => self.deployment_before().map(Some),
        }
    }

    fn deployment_before(&self) -> Result<Shift, Reason> {
        let [service] = self.services_in_scope()[..] else {
            return Err("deployment before: choose one service".into());
        };
        let axis = self.axis();
        let at = axis.cursor.unwrap_or(axis.to);
        let Some(now) = self.live_at(&service.id, at) else {
            return Err("deployment before: nothing was live".into());
        };
        let began = now.live_from.unwrap_or(now.created);
        let earlier = self.store.deployments.values().filter(|it| it.service == service.id && it.id != now.id);
        let Some((from, before)) =
            earlier.filter_map(|it| Some((it.live_from.filter(|from| *from < began)?, it))).max_by_key(|(from, it)| (*from, it.id.clone()))
        else {
            return Err("deployment before: this is the first".into());
        };
        let commit = before.commit.as_ref().map_or_else(|| before.id.as_str(), |it| it.short());
        Ok(Shift {
            by: began.since(from),
            name: format!("{commit}, the deployment before, from its going live"),
            within: Some((from, before.live_to.unwrap_or(began))),
        })
    }

    /// The deployment of `service` that served at an instant.
    pub fn live_at(&self, service: &ServiceId, at: Time) -> Option<&Deployment> {
        let served =
            |it: &&Deployment| it.service == *service && it.live_from.is_some_and(|from| from <= at) && it.live_to.is_none_or(|to| to > at);
        self.store.deployments.values().filter(served).max_by_key(|it| (it.live_from, it.id.clone()))
    }
}

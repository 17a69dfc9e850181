//! Reports in the dashboard: made, shown over everything, copied, edited or written; and the questions a review waits for.

use super::effect::Fx;
use super::handoff::{SHIFT, handoff};
use super::handoff_facts::Facts;
use super::handoff_found::{Found, questions};
use super::handoff_markdown::day;
use super::handoff_review::review;
use super::pane::PaneId;
use super::report::{Draft, Kept, Report};
use super::state::{App, NoticeKind, Overlay};
use crate::model::event::Answer;
use crate::model::ids::{AskId, IncidentId};
use crate::model::time::Millis;

/// Said while its answers are on their way.
const DRAFTING: &str = "drafting the review";

impl App {
    /// Shows what happened in the last `span`, or in a shift.
    pub fn show_handoff(&mut self, span: Option<Millis>) {
        let since = self.now - span.unwrap_or(SHIFT);
        let mut text = handoff(&Facts::of_app(self), since);
        if !self.fresh() {
            text.insert_str(0, &format!("**Not fresh: {}.** What follows is what was known last.\n\n", self.link_words().text));
        }
        let path = format!("handoff-{}.md", day(self.now).replace(' ', "T").replace(':', ""));
        self.show_report(Report { title: "Hand-off".to_owned(), text, path: fit(&path), ..Report::default() });
    }

    /// The review of an incident: the draft that somebody has worked on, or that was not seen yet, or else a new one.
    pub fn show_review(&mut self, fx: &mut Fx, incident: &IncidentId) {
        match self.reviews.get(incident).filter(|it| it.edited || it.waits) {
            Some(_) => self.show_kept_review(incident),
            None => self.begin_review(fx, incident),
        }
    }

    /// Asks for what a review needs; it is there when the answers are, whatever they are.
    pub fn begin_review(&mut self, fx: &mut Fx, incident: &IncidentId) {
        let Some(it) = self.store.incidents.get(incident).cloned() else { return };
        let mut draft = Draft { incident: it.id.clone(), asked: Vec::new(), found: Found::nothing(&it) };
        for (what, request) in questions(&it, self.now) {
            match self.ask_for(fx, request) {
                Some(id) => draft.asked.push((id, what)),
                None => draft.found.fail(what, "there is no platform to ask".to_owned()),
            }
        }
        if !draft.asked.is_empty() {
            self.notify(NoticeKind::Info, DRAFTING);
        }
        self.draft = Some(draft);
        self.settle_review();
    }

    /// Takes an answer that a review waits for. `None`: it was for that; else it is given back.
    pub fn answer_review(&mut self, id: AskId, answer: Answer) -> Option<Answer> {
        let Some(draft) = self.draft.as_mut() else { return Some(answer) };
        let Some(place) = draft.asked.iter().position(|(asked, _)| *asked == id) else { return Some(answer) };
        let (_, what) = draft.asked.remove(place);
        draft.found.take(what, answer);
        self.settle_review();
        None
    }

    fn settle_review(&mut self) {
        let Some(draft) = self.draft.take_if(|it| it.asked.is_empty()) else { return };
        let Some(it) = self.store.incidents.get(&draft.incident).cloned() else { return };
        let text = review(&Facts::of_app(self), &it, &draft.found);
        self.reviews.insert(it.id.clone(), Kept { text, made: self.now, ..Kept::default() });
        // Over what somebody types, or has gone on to, it would take keys that are meant for something else.
        let here = self.focus == PaneId::Incidents && self.incident_here().is_some_and(|here| here.id == it.id);
        if here && self.overlays.is_empty() && self.prompt.is_none() && self.pending.is_empty() {
            return self.show_kept_review(&it.id);
        }
        if let Some(kept) = self.reviews.get_mut(&it.id) {
            kept.waits = true;
        }
        let key = self.keymap.keys_of("incident.review").first().cloned().unwrap_or_default();
        let name = format!("{} {}", it.severity.label(), it.title.lines().next().unwrap_or_default());
        self.notify(NoticeKind::Good, format!("the review of {name} is drafted: {key} on it shows it"));
    }

    fn show_kept_review(&mut self, incident: &IncidentId) {
        let made = self.reviews.get(incident).map(|it| self.moment(it.made)).unwrap_or_default();
        let Some(kept) = self.reviews.get_mut(incident) else { return };
        kept.waits = false;
        self.notices.retain(|it| &*it.text != DRAFTING);
        let Some(kept) = self.reviews.get(incident) else { return };
        let title = if kept.edited { format!("Review, drafted {made}, edited") } else { format!("Review, drafted {made}") };
        let path = fit(&format!("review-{incident}.md"));
        let report = Report { title, text: kept.text.clone(), path, review_of: Some(incident.clone()), ..Report::default() };
        self.show_report(report);
    }

    /// The person's editor has ended on the review that is shown: what was written is kept until it is drafted anew.
    pub fn review_edited(&mut self, incident: &IncidentId, text: &str) {
        let made = self.now;
        let kept = self.reviews.entry(incident.clone()).or_insert_with(|| Kept { made, ..Kept::default() });
        if kept.text.trim_end() != text.trim_end() {
            text.clone_into(&mut kept.text);
            kept.text.push('\n');
            kept.edited = true;
        }
    }

    fn show_report(&mut self, it: Report) {
        self.overlays.push(Overlay::Report(Box::new(it)));
    }
}

/// A file of that name in the folder one happens to be in, and nowhere else.
fn fit(path: &str) -> String {
    path.replace(|c: char| !c.is_ascii_alphanumeric() && !"-_.".contains(c), "_")
}

//! Reports in the dashboard: made, shown over everything, copied or written; and the questions a review waits for.

use super::effect::Fx;
use super::handoff::{SHIFT, handoff};
use super::handoff_facts::Facts;
use super::handoff_markdown::day;
use super::handoff_review::{questions, review};
use super::report::{Draft, Report};
use super::state::{App, Overlay};
use crate::model::event::Answer;
use crate::model::ids::{AskId, IncidentId};
use crate::model::request::Request;
use crate::model::time::Millis;

impl App {
    /// Shows what happened in the last `span`, or in a shift.
    pub fn show_handoff(&mut self, span: Option<Millis>) {
        let since = self.now - span.unwrap_or(SHIFT);
        let mut text = handoff(&Facts::of_app(self), since);
        if !self.fresh() {
            text.insert_str(0, &format!("**Not fresh: {}.** What follows is what was known last.\n\n", self.link_words().text));
        }
        let path = format!("handoff-{}.md", day(self.now).replace(' ', "T").replace(':', ""));
        self.show_report("Hand-off", text, &path);
    }

    /// Asks for what a review needs; it is shown when the answers are there, whatever they are.
    pub fn begin_review(&mut self, fx: &mut Fx, incident: &IncidentId) {
        let Some(it) = self.store.incidents.get(incident).cloned() else { return };
        let asked = questions(&it, self.now).into_iter().filter_map(|request| self.put_question_of_review(fx, request)).collect();
        self.draft = Some(Draft { incident: it.id, asked, series: Vec::new(), lines: Vec::new() });
        self.settle_review();
    }

    fn put_question_of_review(&mut self, fx: &mut Fx, request: Request) -> Option<AskId> {
        // One that is on its way already, for the screen, is answered to the screen.
        self.ask(fx, request).then_some(self.last_ask)
    }

    /// Takes an answer that a review waits for. `None`: it was for that; else it is given back.
    pub fn answer_review(&mut self, id: AskId, answer: Answer) -> Option<Answer> {
        let Some(draft) = self.draft.as_mut().filter(|it| it.asked.contains(&id)) else { return Some(answer) };
        draft.asked.retain(|it| *it != id);
        match answer {
            Answer::Metrics(series) => draft.series = series,
            Answer::Logs(page) => draft.lines = page.lines,
            // What cannot be had is said to be missing, in its place in the draft.
            _ => {}
        }
        self.settle_review();
        None
    }

    fn settle_review(&mut self) {
        let Some(draft) = self.draft.take_if(|it| it.asked.is_empty()) else { return };
        let Some(it) = self.store.incidents.get(&draft.incident) else { return };
        let text = review(&Facts::of_app(self), it, &draft.series, &draft.lines);
        let path = format!("review-{}.md", it.id);
        self.show_report("Review", text, &path);
    }

    fn show_report(&mut self, title: &str, text: String, path: &str) {
        // A file of that name in the folder one happens to be in, and nowhere else.
        let path = path.replace(|c: char| !c.is_ascii_alphanumeric() && !"-_.".contains(c), "_");
        self.overlays.push(Overlay::Report(Box::new(Report { title: title.to_owned(), text, path, top: 0 })));
    }
}

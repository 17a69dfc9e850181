//! The keys of a report over the panes. Where it can be scrolled to is counted in the rows that are drawn, so that its end is its end.

use crokey::KeyCombination;
use crokey::crossterm::event::KeyCode;

use super::effect::{Effect, Fx};
use super::list_keys::scrolled;
use super::report::Report;
use super::state::{App, NoticeKind, Overlay};

/// Columns of a report with its frame, at most.
pub const WIDTH: u16 = 100;

impl App {
    /// Columns and rows inside of the frame of a report.
    pub fn report_room(&self) -> (u16, u16) {
        let body = self.areas().body;
        (WIDTH.min(body.width).saturating_sub(4), body.height.saturating_sub(2).max(1))
    }
}

/// Gives `key` to the report; `None`: it is closed.
pub fn key(app: &mut App, fx: &mut Fx, key: KeyCombination, mut it: Box<Report>) -> Option<Overlay> {
    let code = *key.codes.first();
    let sure = std::mem::take(&mut it.sure);
    match (code, it.review_of.clone()) {
        (KeyCode::Char('y'), _) => it.copy(fx),
        (KeyCode::Char('w'), _) => it.write(fx),
        (KeyCode::Char('e'), Some(_)) => fx.want(Effect::Edit { text: it.text.clone() }),
        (KeyCode::Char('R'), Some(incident)) => {
            if !sure && app.reviews.get(&incident).is_some_and(|it| it.edited) {
                it.sure = true;
                app.notify(NoticeKind::Warn, "what was written in it would be lost: R again drafts it anew, w writes it to a file first");
                return Some(Overlay::Report(it));
            }
            app.reviews.remove(&incident);
            app.begin_review(fx, &incident);
            return None;
        }
        _ => {
            let (room, height) = app.report_room();
            let most = it.rows(room).len().saturating_sub(usize::from(height));
            it.top = scrolled(key, it.top.min(most), most, app)?;
        }
    }
    Some(Overlay::Report(it))
}

/// The person's editor has ended on it.
pub fn edited(app: &mut App, it: &mut Report, text: &str) {
    let Some(incident) = it.review_of.clone() else { return };
    app.review_edited(&incident, text);
    if let Some(kept) = app.reviews.get(&incident) {
        it.text.clone_from(&kept.text);
        if kept.edited {
            let made = app.moment(kept.made);
            it.title = format!("Review, drafted {made}, edited");
        }
    }
}

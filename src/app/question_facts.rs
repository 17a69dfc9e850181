//! What a question before a write says of the deployments it is about: the card and the diff in a few lines.

use super::deploys::{Commits, Variables, Verdict, commit_line, count_words};
use super::diff_page::{Kind, PageLine};
use super::state::App;
use crate::model::deploy::Deployment;
use crate::model::request::Request;

/// Commits named in a question; the diff has all.
const NAMED: usize = 3;
/// Variables named in a question.
const VARIABLES: usize = 6;

impl App {
    /// What runs now, and what `request` would put in its place, as far as that is known before it is done.
    pub fn question_about(&self, request: &Request) -> (Option<&Deployment>, Option<&Deployment>) {
        let live = |service| self.store.services.get(service).and_then(|it| it.live.as_ref()).and_then(|id| self.deployment(id));
        match request {
            Request::Rollback { service, to } => (live(service), self.deployment(to)),
            Request::Redeploy { deployment } => {
                let target = self.deployment(deployment);
                (target.and_then(|it| live(&it.service)), target)
            }
            Request::Deploy { service, .. } => (live(service), None),
            _ => (None, None),
        }
    }

    /// The lines about it, for the question before `request`. What is still asked for is said; the next frame has it.
    pub fn question_facts(&self, request: &Request) -> Vec<PageLine> {
        let (live, target) = self.question_about(request);
        let mut out = Vec::new();
        if let Some(live) = live {
            out.push(self.verdict_line("live now", live));
        }
        let Some(target) = target else { return out };
        let same = live.is_some_and(|live| live.id == target.id);
        if !same && target.live_from.is_some() {
            out.push(self.verdict_line("target", target));
        }
        if let Some(it) = live.filter(|_| !same).and_then(|live| self.diff_of(&live.id, &target.id)) {
            commits(&it.commits, &mut out);
            // Built anew it takes the variables that are set now, not those it had.
            if matches!(request, Request::Rollback { .. }) {
                variables(&it.variables, &mut out);
            }
        }
        out
    }

    /// `live now 77ce02d Add retries: worse than before it (errors, p95)`.
    fn verdict_line(&self, who: &str, it: &Deployment) -> PageLine {
        let commit = it.commit.as_ref().map_or_else(|| it.id.to_string(), commit_line);
        let Some(card) = self.deploys.card(&it.id) else {
            return (Kind::Unknown, format!("{who}: {commit}: nothing is known of how it does"));
        };
        let named =
            |verdict: Verdict| -> Vec<&str> { card.lines.iter().filter(|it| it.verdict == verdict).map(|it| it.measure.word()).collect() };
        let (kind, words) = match card.verdict {
            Verdict::Worse => (Kind::Removed, format!("worse than before it ({})", named(Verdict::Worse).join(", "))),
            Verdict::Better => (Kind::Added, format!("better than before it ({})", named(Verdict::Better).join(", "))),
            Verdict::Same => (Kind::Same, format!("the same as before it ({} of {} judged)", card.judged(), card.lines.len())),
            Verdict::Unknown(_) => (Kind::Unknown, format!("better or worse is not known ({})", card.verdict.word())),
        };
        (kind, format!("{who}: {commit}: {words}"))
    }
}

fn commits(it: &Commits, out: &mut Vec<PageLine>) {
    let line = match it {
        Commits::Same => (Kind::Same, "code: the same commit".to_owned()),
        Commits::Asking => (Kind::Unknown, "code: asking which commits lie between them…".to_owned()),
        Commits::Unknown(why) => (Kind::Unknown, format!("code: which commits lie between them is not known: {why}")),
        Commits::Known(range) => {
            let names: Vec<String> = range.dropped.iter().chain(&range.added).take(NAMED).map(commit_line).collect();
            let rest = (range.dropped.len() + range.added.len()).saturating_sub(NAMED);
            let rest = if rest > 0 { format!(" and {rest} more") } else { String::new() };
            let names = if names.is_empty() { String::new() } else { format!(": {}{rest}", names.join("; ")) };
            (Kind::Changed, format!("code: {}{names}", count_words(range)))
        }
    };
    out.push(line);
}

fn variables(it: &Variables, out: &mut Vec<PageLine>) {
    out.push(match it {
        Variables::Unknown => (Kind::Unknown, "variables: it runs with those it had; which differ was not recorded".to_owned()),
        Variables::Known { changes, .. } if changes.is_empty() => (Kind::Same, "variables: all the same".to_owned()),
        Variables::Known { changes, .. } => {
            let names: Vec<String> = changes.iter().take(VARIABLES).map(|(name, change)| format!("{name} {}", change.word())).collect();
            let rest = changes.len().saturating_sub(VARIABLES);
            let rest = if rest > 0 { format!(" and {rest} more") } else { String::new() };
            (Kind::Changed, format!("variables: it runs with those it had: {}{rest}", names.join(", ")))
        }
    });
}

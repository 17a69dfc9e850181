//! Going into another context in the running dashboard, taking in a config that was saved, locking, and the activity log.

use trackside::app::effect::Effect;
use trackside::app::msg::Msg;
use trackside::app::settings::ContextRow;
use trackside::app::state::{ActivityState, Overlay, Settings, SourceState};
use trackside::model::event::{Answer, Event};
use trackside::model::ids::{IncidentId, SourceId};
use trackside::model::link::Link;
use trackside::model::text::Clean;

use crate::dash::{Dash, START, all_caps, dash, unconnected, world};
use crate::fixture::objects;

fn row(name: &str, production: bool) -> ContextRow {
    ContextRow { name: name.to_owned(), at: format!("https://{name}.example.com"), production, read_only: false }
}

/// The settings of the context `name`; `prod` is production.
fn settings(name: &str) -> Settings {
    Settings {
        context: name.to_owned(),
        production: name == "prod",
        contexts: vec![row("local", false), row("prod", true)],
        ..objects::settings(&["night", "day", "mono"])
    }
}

/// A dashboard that knows of two contexts, in the one that is no production.
fn two() -> Dash {
    let mut it = dash();
    it.send(Msg::Settings(Box::new(settings("local")), Vec::new()));
    it
}

fn goes_to(it: &mut Dash, name: &str) {
    let source = SourceState { id: SourceId(7), since: START, ..objects::source() };
    it.send(Msg::Context(Box::new(settings(name)), vec![source]));
}

#[test]
fn a_context_is_chosen_from_a_list_that_says_which_is_production() {
    let mut it = two();
    it.press("1 c");
    assert!(matches!(it.app.overlays.last(), Some(Overlay::Contexts(names)) if names.cursor == 0));
    it.press("Down Enter");
    assert_eq!(it.wishes.last(), Some(&Effect::Context("prod".to_owned())));
    it.send(Msg::Act("context".to_owned(), "prdo".to_owned()));
    assert!(it.app.notices.last().unwrap().text.contains("there are local, prod"));
}

#[test]
fn what_is_typed_narrows_the_list_of_contexts_and_no_letter_of_a_name_is_a_motion() {
    let mut it = dash();
    let contexts = ["dev", "jobs-qa", "jobs-prod", "qa"].map(|name| row(name, name.ends_with("prod"))).to_vec();
    it.send(Msg::Settings(Box::new(Settings { contexts, ..settings("local") }), Vec::new()));
    it.press("1 c").types("qa");
    let screen = it.screen();
    assert!(screen.contains("/ qa") && screen.contains("jobs-qa") && !screen.contains("jobs-prod"), "{screen}");
    it.press("Down Enter");
    assert_eq!(it.wishes.last(), Some(&Effect::Context("qa".to_owned())));
    // Typing on begins at the first that fits; taking letters back stays where one is.
    it.press("c").types("jobs p").press("Backspace Backspace Enter");
    assert_eq!(it.wishes.last(), Some(&Effect::Context("jobs-prod".to_owned())));
    let before = it.wishes.len();
    it.press("c").types("nowhere").press("Enter");
    assert!(it.screen().contains("nothing is called that") && it.wishes.len() == before);
    it.press("Esc");
    assert!(matches!(it.app.overlays.last(), Some(Overlay::Contexts(names)) if names.typed.is_empty()));
    it.press("Esc");
    assert!(it.app.overlays.is_empty());
}

#[test]
fn nothing_of_the_old_context_stays_and_nothing_it_still_says_is_taken_for_the_new_one() {
    let mut it = two();
    assert!(it.app.store.complete && !it.app.store.services.is_empty());
    it.app.drafts.insert(IncidentId::new("i1"), "half a note".to_owned());
    goes_to(&mut it, "prod");
    assert!(it.app.in_production() && it.app.store.services.is_empty() && !it.app.store.complete);
    assert!(it.app.drafts.is_empty(), "an incident of that number is another one here");
    assert_eq!(it.app.size, (120, 40));
    // What was still on its way from the source that was ended.
    it.fact(Event::Snapshot(Box::new(world())));
    it.fact(Event::Link(Link::Live));
    assert!(it.app.store.services.is_empty() && !it.app.fresh());
    let at = it.at;
    it.send(Msg::Fact(SourceId(7), Event::Snapshot(Box::new(world())), at));
    assert!(it.app.store.complete);
    goes_to(&mut it, "local");
    assert_eq!(it.app.drafts.get(&IncidentId::new("i1")).map(String::as_str), Some("half a note"));
}

#[test]
fn a_write_whose_answer_the_person_did_not_wait_for_is_said_to_be_open() {
    let mut it = two();
    it.fact(Event::Caps(Box::new(all_caps())));
    it.send(Msg::Act("service.restart".to_owned(), "api".to_owned()));
    it.press("Tab Enter");
    let (id, _) = it.writes().pop().expect("a restart was asked for");
    goes_to(&mut it, "prod");
    let deed = it.app.activity.last().unwrap();
    assert_eq!(deed.context, "local");
    assert!(matches!(&deed.state, ActivityState::Failed(why) if why.contains("the context was left")), "{deed:?}");
    it.answers(id, Answer::Done { text: Clean::new("restarting"), object: None });
    assert!(matches!(it.app.activity.last().unwrap().state, ActivityState::Failed(_)), "an answer of the old source is not heard");
}

#[test]
fn what_was_asked_for_is_written_down_before_it_leaves_and_again_with_its_answer() {
    let mut it = two();
    it.send(Msg::Act("service.restart".to_owned(), "api".to_owned()));
    it.press("Tab Enter");
    let (id, _) = it.writes().pop().unwrap();
    let noted = it.wishes.iter().position(|it| matches!(it, Effect::Note(_))).unwrap();
    let sent = it.wishes.iter().position(|it| matches!(it, Effect::Ask { request, .. } if request.writes())).unwrap();
    assert!(noted < sent);
    it.answers(id, Answer::Done { text: Clean::new("restarting api"), object: None });
    let lines: Vec<serde_json::Value> =
        it.wishes.iter().filter_map(|it| if let Effect::Note(line) = it { serde_json::from_str(line).ok() } else { None }).collect();
    let of = |line: &serde_json::Value, key: &str| line[key].as_str().unwrap_or_default().to_owned();
    let said: Vec<_> = lines.iter().map(|it| (of(it, "context"), of(it, "request"), of(it, "state"), of(it, "answer"))).collect();
    let wanted = |state: &str, answer: &str| ("local".to_owned(), "service.restart".to_owned(), state.to_owned(), answer.to_owned());
    assert_eq!(said, [wanted("sent", ""), wanted("done", "restarting api")]);
    assert!(!of(&lines[0], "user").is_empty());
}

#[test]
fn what_was_saved_is_taken_in_and_what_the_person_chose_since_stays() {
    let mut it = two();
    it.send(Msg::Act("theme.set".to_owned(), "mono".to_owned()));
    it.send(Msg::Settings(Box::new(Settings { utc: !settings("local").utc, ..settings("local") }), Vec::new()));
    assert_eq!((it.app.settings.theme.as_str(), it.app.settings.utc), ("mono", !settings("local").utc));
    it.send(Msg::Settings(Box::new(Settings { theme: "day".to_owned(), ..settings("local") }), Vec::new()));
    assert_eq!(it.app.settings.theme, "day");
    it.send(Msg::Settings(Box::new(Settings { theme: "night".to_owned(), ..settings("prod") }), Vec::new()));
    assert_eq!(it.app.settings.theme, "day", "that was meant for a context that was left");
}

#[test]
fn writing_is_locked_by_a_key_and_what_the_config_locks_no_key_unlocks() {
    let mut it = two();
    it.press("K");
    it.send(Msg::Act("service.restart".to_owned(), "api".to_owned()));
    assert!(it.app.overlays.is_empty() && it.app.notices.last().unwrap().text.contains("you locked it"));
    it.press("K");
    assert_eq!(it.app.settings.read_only, None);
    it.send(Msg::Settings(Box::new(Settings { read_only: Some("in the config".to_owned()), ..settings("local") }), Vec::new()));
    it.press("K");
    assert_eq!(it.app.settings.read_only.as_deref(), Some("in the config"));
}

#[test]
fn a_context_begins_with_its_own_scope() {
    let mut it = unconnected();
    it.app.settings.scope = Some("api".to_owned());
    it.fact(Event::Snapshot(Box::new(world())));
    assert_eq!(it.app.scope_service().map(|it| it.name.to_string()).as_deref(), Some("api"));
    let mut it = unconnected();
    it.app.settings.scope = Some("nowhere".to_owned());
    it.fact(Event::Snapshot(Box::new(world())));
    assert!(it.app.notices.iter().any(|it| it.text.contains("there is no `nowhere` here")));
}

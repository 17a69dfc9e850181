//! The loop, with a world of the test's own and a clock that stands still until it is waited for.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::mpsc::{self, Sender};
use tokio::time::{Instant, sleep, sleep_until};
use trackside::app::effect::{Effect, Fx};
use trackside::app::msg::Msg;
use trackside::app::state::App;
use trackside::model::event::Event;
use trackside::model::ids::SourceId;
use trackside::model::time::{Millis, Time};
use trackside::runtime::turn::{Flow, Lanes, Program, Urgent, World, run};

/// What the loop did, and when (in ms since the start).
#[derive(Default)]
struct Seen {
    frames: Vec<u64>,
    messages: Vec<(u64, String)>,
    effects: Vec<Effect>,
}

#[derive(Clone)]
struct Watch {
    start: Instant,
    seen: Arc<Mutex<Seen>>,
}

impl Watch {
    fn at(&self) -> u64 {
        self.start.elapsed().as_millis() as u64
    }

    fn frames(&self) -> Vec<u64> {
        self.seen.lock().unwrap().frames.clone()
    }

    fn messages(&self) -> Vec<(u64, String)> {
        self.seen.lock().unwrap().messages.clone()
    }
}

impl World for Watch {
    fn now(&self) -> Time {
        Time(self.at() as i64)
    }

    fn draw(&mut self, _: &App) {
        let at = self.at();
        self.seen.lock().unwrap().frames.push(at);
    }

    async fn wait(&self, until: Instant) {
        sleep_until(until).await;
    }

    fn perform(&mut self, effect: Effect) -> Flow {
        let flow = match &effect {
            Effect::Quit => Flow::Stop(0),
            Effect::Copy { .. } => Flow::Then(Msg::Act("copied".to_owned(), String::new())),
            _ => Flow::Go,
        };
        self.seen.lock().unwrap().effects.push(effect);
        flow
    }

    fn resume(&mut self) -> (u16, u16) {
        (50, 20)
    }
}

struct Rig {
    watch: Watch,
    keys: Sender<Urgent>,
    facts: Sender<(SourceId, Event)>,
    task: tokio::task::JoinHandle<i32>,
}

/// Starts a loop whose program quits on `q`, copies on `y`, says "unchanged" to `u`, and wants the time every `pulse`.
fn rig(pulse: Option<Duration>) -> Rig {
    let watch = Watch { start: Instant::now(), seen: Arc::default() };
    let (keys, urgent) = mpsc::channel(64);
    let (facts, lane) = mpsc::channel(64);
    let mut world = watch.clone();
    let log = watch.clone();
    let task = tokio::spawn(async move {
        let mut app = App::default();
        let update = move |_: &mut App, msg: Msg| {
            let mut fx = Fx::default();
            let said = match &msg {
                Msg::Key(key, _) => key.to_string(),
                Msg::Tick(_) => "tick".to_owned(),
                Msg::Fact(..) => "fact".to_owned(),
                Msg::Act(name, _) => name.clone(),
                other => format!("{other:?}"),
            };
            match said.as_str() {
                "q" => fx.want(Effect::Quit),
                "y" => fx.want(Effect::Copy { what: "it".to_owned(), text: "it".to_owned() }),
                "u" => fx.unchanged = true,
                _ => {}
            }
            let at = log.at();
            log.seen.lock().unwrap().messages.push((at, said));
            fx
        };
        run(&mut app, Program { update, pulse: move |_: &App| pulse }, &mut world, Lanes { urgent, facts: lane }).await
    });
    Rig { watch, keys, facts, task }
}

fn key(text: &str) -> Urgent {
    Urgent::Msg(Msg::Key(text.parse().unwrap(), Time(0)))
}

fn fact() -> (SourceId, Event) {
    (SourceId(0), Event::Heard { skew: Millis(0) })
}

async fn ms(n: u64) {
    sleep(Duration::from_millis(n)).await;
}

#[tokio::test(start_paused = true)]
async fn a_key_draws_at_once_however_fresh_the_last_frame_is() {
    let it = rig(None);
    ms(1).await;
    assert_eq!(it.watch.frames(), [0], "the first frame needs no event");
    for _ in 0..3 {
        it.keys.send(key("j")).await.unwrap();
        ms(1).await;
    }
    assert_eq!(it.watch.frames(), [0, 1, 2, 3]);
}

#[tokio::test(start_paused = true)]
async fn facts_are_drawn_at_most_thirty_times_a_second_and_the_first_after_a_quiet_time_at_once() {
    let it = rig(None);
    ms(500).await;
    for _ in 0..1000 {
        it.facts.send(fact()).await.unwrap();
        ms(1).await;
    }
    let frames = it.watch.frames();
    assert!(frames[1..11].iter().copied().eq(500..510), "a quiet screen shows news at once, and what comes right after them: {frames:?}");
    assert!(frames.windows(2).skip(11).all(|two| two[1] - two[0] >= 33), "{frames:?}");
    assert!((38..=41).contains(&(frames.len() - 1)), "{frames:?}");
    assert_eq!(it.watch.messages().len(), 1000, "every fact was taken in");
}

#[tokio::test(start_paused = true)]
async fn what_has_arrived_is_taken_in_before_one_frame_is_drawn() {
    let it = rig(None);
    for _ in 0..60 {
        it.facts.try_send(fact()).unwrap();
    }
    for _ in 0..60 {
        it.keys.try_send(key("j")).unwrap();
    }
    ms(1).await;
    assert_eq!(it.watch.messages().len(), 120);
    assert_eq!(it.watch.messages()[0].1, "j", "keys come before facts that were there first");
    assert_eq!(it.watch.frames(), [0, 0, 0], "the first frame, one for the sixty keys, one for the sixty facts");
}

#[tokio::test(start_paused = true)]
async fn a_program_that_wants_no_time_is_never_woken() {
    let it = rig(None);
    ms(3_600_000).await;
    assert_eq!((it.watch.messages(), it.watch.frames()), (vec![], vec![0]));
}

#[tokio::test(start_paused = true)]
async fn a_message_that_changed_nothing_costs_no_frame() {
    let it = rig(None);
    ms(1).await;
    it.keys.send(key("u")).await.unwrap();
    ms(100).await;
    assert_eq!(it.watch.messages().len(), 1);
    assert_eq!(it.watch.frames(), [0]);
}

#[tokio::test(start_paused = true)]
async fn ticks_come_when_asked_for_even_in_a_flood_of_facts() {
    let it = rig(Some(Duration::from_secs(1)));
    for _ in 0..5000 {
        it.facts.send(fact()).await.unwrap();
        ms(1).await;
    }
    let ticks: Vec<u64> = it.watch.messages().into_iter().filter(|(_, said)| said == "tick").map(|(at, _)| at).collect();
    assert!((4..=5).contains(&ticks.len()), "{ticks:?}");
}

#[tokio::test(start_paused = true)]
async fn what_a_wish_came_to_is_told_before_anything_else_happens() {
    let it = rig(None);
    it.keys.try_send(key("y")).unwrap();
    it.keys.try_send(key("j")).unwrap();
    ms(1).await;
    let said: Vec<String> = it.watch.messages().into_iter().map(|(_, said)| said).collect();
    assert_eq!(said, ["y", "copied", "j"]);
}

#[tokio::test(start_paused = true)]
async fn quit_ends_the_loop_and_a_signal_ends_it_with_its_code() {
    let it = rig(None);
    it.keys.send(key("q")).await.unwrap();
    assert_eq!(it.task.await.unwrap(), 0);
    let it = rig(None);
    it.keys.send(Urgent::Stop(143)).await.unwrap();
    assert_eq!(it.task.await.unwrap(), 143);
}

#[tokio::test(start_paused = true)]
async fn after_a_pause_the_program_learns_the_size_and_paints() {
    let it = rig(None);
    ms(1).await;
    it.keys.send(Urgent::Suspend).await.unwrap();
    it.keys.send(Urgent::Resumed).await.unwrap();
    ms(1).await;
    assert_eq!(it.watch.seen.lock().unwrap().effects, [Effect::Suspend]);
    assert_eq!(it.watch.messages()[0].1, "Resize(50, 20)");
    assert_eq!(it.watch.frames().len(), 2);
}

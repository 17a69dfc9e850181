//! **trackside** is a control room for a deploy platform, in the terminal, and a small deploy platform of its own.
//!
//! # In one breath
//!
//! `model` is the language. `platform` turns wires into events, `app` turns messages into state and wishes, `ui` turns
//! state into cells, `runtime` turns wishes into the world. `local` is a server of our own protocol that really clones,
//! builds and runs repositories. Nothing else knows anything else.
//!
//! ```text
//!  keys, paste, mouse, resize ─────────┐ lane 1 (keys)                   ┌─ bytes ─ writer ─ terminal
//!  clock, only when asked for ─────────┤                                 │
//!  platform tasks ─ Event ─ sink ──────┤ lane 2 (facts)    &App ─ ui::view(&App, &Theme, &mut Buffer)   pure
//!       ▲                              ▼                     ▲
//!       │                     Msg ─ app::update(&mut App, Msg) ─► Fx { effects, unchanged }   pure, cannot fail
//!       └── Request ── runtime ◄── Effect ──► clipboard, files, notifications, quit
//! ```
//!
//! It is Elm's form, in place: one state, one message type, one reducer that returns effects as data; drawing only borrows.
//! There is no component with private state: that would cost the law that any sequence of messages keeps the invariants,
//! and would let a painter change what it paints.
//!
//! # Floors: who may import whom
//!
//! | floor | room | may import | must not contain |
//! | --- | --- | --- | --- |
//! | 6 | `main` | `cli`, and `local` for the hidden commands a replica is started through | logic |
//! | 5 | `cli` | all but `ui` | drawing |
//! | 4 | `runtime` | app, config, model, platform, theme, ui | rules of the program |
//! | 3 | `ui` | app, model, theme | `&mut App`, interior mutability, literal colours, clocks, I/O |
//! | 3 | `config` | app, model, theme | I/O other than reading its files |
//! | 3 | `platform` | model, wire | app, ui, config, anything of a screen |
//! | 3 | `local` | model, wire | app, ui, platform, config |
//! | 2 | `wire` | model | I/O |
//! | 2 | `app` | model | tokio, drawing (but `ratatui::layout`), clocks, interior mutability, I/O |
//! | 1 | `model`, `theme` | nothing of ours | I/O, clocks |
//! | 0 | `seeded`: bugs for the tests to catch, points to die at, a wrong clock; in no ordinary build | nothing of ours | anything else |
//!
//! `tests/it/architecture.rs` holds this table as data and reads `src/` as text; it also searches for circles between
//! files. Three rules keep files free of circles: a `mod.rs` is a face, which re-exports or chooses and defines nothing that
//! its own children import; a trait or row type lives below its implementors, the list of them above; names go down,
//! functions stay up, so a keymap holds action *names*.
//!
//! # Decisions that hold the rest
//!
//! - **Time is an input.** `update` and `view` read no clock; a tick is a message, asked for only while something ages or
//!   spins. An idle dashboard makes no system call but its wait, and writes no byte.
//! - **Dirty by default.** `Fx::unchanged` must be claimed, so forgetting costs a frame, never a stale screen. Keys draw
//!   at once; facts at most 30 times a second, the first few after a quiet time at once; drain what has arrived, then draw once.
//! - **Two bounded lanes, one message type.** A log flood can never delay a key. Order is fixed at the merge.
//! - **Threads at the edges of the terminal.** Input has its own thread and so has output, because a terminal that went
//!   away or stands still blocks both. What the terminal has room for is written at once by the loop, which never waits for it; the rest is
//!   that thread's. A frame is drawn into bytes only when the last one is through: a slow line gets fewer, newer frames. A signal or the quit
//!   key ends the process even while a write is stuck.
//! - **A source is a task that owns its reconnects** and never ends by itself; it reports how its link stands as facts.
//!   The dashboard is usable with every source down: the state is what was last said, with its age.
//! - **A context is entered whole.** Another context is another state: `app` begins anew, the sources of the old one end before those of
//!   the new one begin, and no two sources ever share an id, so nothing late from one platform can be drawn as another's. A token
//!   belongs to one context; what was given with the start of the program is for the context of that start. Secrets live in
//!   `platform::token`, which also masks them wherever text leaves the program.
//! - **Capabilities, not assumptions.** `Caps` say what a source can do; an action's `when` turns that into the reason
//!   shown beside the greyed key. Unknown words are kept as text and drawn neutrally.
//! - **Logs never ride in cloned state.** Lines sit in a store bounded by bytes, addressed by an ever-growing sequence
//!   number, so eviction, wrapping, filtering and resizing never move the reader's place. Old blocks are packed away; whoever
//!   reads one brings the room to unpack it into, so that drawing still only borrows. A filter or search goes over them in bites
//!   between keys; a second thread takes half of a bite and ends with it, so that nothing is ever shared for longer.
//! - **One time axis.** `app::timeline` holds the window and the cursor; every pane that shows time asks it, none has its own.
//!   What explains (usual times, the before/after card, a diff, the response clock, a hand-off, watches) is computed in `app`
//!   from objects, metrics and lines that any source can give, never stored by the platform as a verdict. A ratio over a
//!   stretch is all by all; a percentile of several is the worst of them; a gap is never bridged.
//! - **Told once.** What calls a person (`app::notify`, the response clock's steps) is keyed by thing and state, and waits for
//!   fresh data: no reconnect, no replay and no old snapshot tells it again.
//! - **A cursor is an id, not an index**, re-found after every message, in one place, at the end of `update`.
//! - **A view is a value**: `app::stops::Place` is what the locator writes, the way back and forward holds, and the state file
//!   keeps; `app::place` alone makes one of the state and goes to one. It names things; what is not there is said.
//! - **Layout is one pure function** that both `update` (page size, mouse) and `ui` call.
//! - **Danger is a column** of the action row, not a code path.
//! - **The embedded platform is reached over loopback by the same adapter as a remote one**: no back door. Nothing in the
//!   product invents data: the demo deploys real repositories, which really build, run, log, serve traffic and crash.
//! - **Text from outside is cleaned in one place**, `model::text`, while it is decoded: "show, never delete".
//! - **Errors**: none in the core (values, not `Result`). At the ports one small enum a room, its variants named by what
//!   the caller does. Reports with a chain only in `cli` and `runtime`.
//! - **Loss is visible, always in place.** Staleness too. An empty list is only ever drawn from a complete, fresh answer.
//!
//! # The embedded platform inside
//!
//! The same form once more: `local::engine` is a pure `step(state, happening) -> changes and jobs`; `local::core` is the one
//! task that owns the state and writes each step in one SQLite transaction with one revision; `local::worker` does the jobs.
//! Every build and every replica runs under a *supervisor*, a small process of the same binary that owns a session, limits
//! (a control group, where the machine lets us make one) and a lifeline to the platform: when the platform dies, by whatever signal, the supervisor's lifeline ends and it takes
//! its whole process tree with it. Between it and the program stands a *cage*, the best that the machine has: what code of a repository may
//! reach is said in `local::cage`. Nothing is adopted after a crash; releases that were live are started again.
#![doc = concat!("\n# Security\n\n```text\n", include_str!("../assets/help/security.txt"), "```")]

pub mod app;
pub mod cli;
pub mod config;
pub mod local;
pub mod model;
pub mod platform;
pub mod runtime;
pub mod seeded;
pub mod theme;
pub mod ui;
pub mod wire;

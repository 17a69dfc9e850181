//! Lines that leave the program: each export has a thread that takes them piece by piece to a file, a command or the clipboard, and says when
//! there is room for more. What lines they are is `app`'s affair.

use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use tokio::runtime::Handle;

use super::clipboard::{self, Around};
use super::files::Draft;
use super::pipe::Pipes;
use super::terminal::Terminal;
use super::turn::Urgent;
use crate::app::effect::{Goal, Step, There};
use crate::app::msg::{Msg, Outcome};

/// How long the end of the program waits for files that are being put in their place, or taken away.
const GRACE: Duration = Duration::from_millis(500);

/// All exports.
pub struct Exports {
    /// What the exports share.
    around: Surroundings,
    /// The one that takes lines now, if any: its number, and the way to it.
    open: Option<(u64, Sender<Step>)>,
    /// Held by each thread as long as it runs.
    alive: Option<Sender<()>>,
    ended: Receiver<()>,
}

/// What an export needs of the world.
#[derive(Clone)]
pub struct Surroundings {
    pub terminal: Arc<Terminal>,
    pub on: Handle,
    pub lane: tokio::sync::mpsc::Sender<Urgent>,
    /// Where text goes that is too long for the clipboard.
    pub state_dir: PathBuf,
    pub pipes: Pipes,
}

impl Exports {
    /// None yet.
    pub fn new(around: Surroundings) -> Self {
        let (alive, ended) = channel();
        Self { around, open: None, alive: Some(alive), ended }
    }

    /// Carries a step out; never waits.
    pub fn step(&mut self, id: u64, step: Step) {
        let last = matches!(step, Step::End(_) | Step::Drop);
        match step {
            Step::Begin(goal) => self.begin(id, goal),
            step => {
                if step == Step::Drop {
                    // It may be in the middle of not reading.
                    self.around.pipes.end(id);
                }
                if let Some((_, way)) = self.open.as_ref().filter(|it| it.0 == id) {
                    // Who takes no more has said so, or will.
                    let _ = way.send(step);
                }
            }
        }
        if last {
            self.open = None;
        }
    }

    fn begin(&mut self, id: u64, goal: Goal) {
        let (way, steps) = channel();
        self.open = Some((id, way));
        let (around, alive) = (self.around.clone(), self.alive.clone());
        let pieces = Pieces { id, steps, lane: around.lane.clone() };
        self.around.on.spawn_blocking(move || {
            around.carry(goal, pieces);
            drop(alive);
        });
    }

    /// The program ends: what is not whole by now goes.
    pub fn stop(&mut self) {
        self.open = None;
        self.alive = None;
        self.around.pipes.stop();
        let _ = self.ended.recv_timeout(GRACE);
    }
}

impl Surroundings {
    /// Takes all pieces where they go, and tells what became of it.
    fn carry(&self, goal: Goal, pieces: Pieces) {
        let (id, lane) = (pieces.id, self.lane.clone());
        let outcome = match goal {
            Goal::Clipboard => self.to_clipboard(&pieces).unwrap_or_else(|err| Some(Outcome::Failed(format!("not copied: {err}")))),
            Goal::File { path, there } => {
                to_file(&path, there, &pieces).unwrap_or_else(|err| Some(Outcome::Failed(unwritten(&path, &err))))
            }
            Goal::Command(command) => {
                let feed = move |input: &mut super::pipe::Input| drop(pieces.each(|text| input.take(text)));
                self.pipes.run(id, &command, feed)
            }
        };
        for it in [Some(Outcome::Closed(id)), outcome].into_iter().flatten() {
            let _ = lane.blocking_send(Urgent::Msg(Msg::Done(it)));
        }
    }

    fn to_clipboard(&self, pieces: &Pieces) -> io::Result<Option<Outcome>> {
        let (mut short, mut long) = (String::new(), None);
        let lines = pieces.each(|text| {
            if long.is_none() && short.len() + text.len() <= clipboard::LIMIT {
                short.push_str(text);
                return Ok(());
            }
            let mut draft = match long.take() {
                Some(it) => it,
                None => self.copied(&std::mem::take(&mut short))?,
            };
            draft.write(text)?;
            long = Some(draft);
            Ok(())
        })?;
        let Some(lines) = lines else { return Ok(None) };
        let Some(draft) = long else {
            let what = if lines == 1 { "1 line".to_owned() } else { format!("{lines} lines") };
            return Ok(Some(self.put(what, &short)));
        };
        Ok(Some(too_long(&draft.keep()?, lines)))
    }

    /// Copies `text` as one: to the clipboard, or to a file when it is too long for that. May wait for tmux or the disk.
    pub fn copy(&self, what: String, text: &str) -> Outcome {
        if text.len() <= clipboard::LIMIT {
            return self.put(what, text);
        }
        match self.copied(text).and_then(Draft::keep) {
            Ok(path) => too_long(&path, text.lines().count()),
            Err(err) => Outcome::Failed(format!("not copied: {err}")),
        }
    }

    fn copied(&self, text: &str) -> io::Result<Draft> {
        let mut draft = Draft::own(&self.state_dir.join("copied.txt"))?;
        draft.write(text)?;
        Ok(draft)
    }

    /// Puts `text` on the clipboard, by the way there is.
    fn put(&self, what: String, text: &str) -> Outcome {
        let around = Around::detect();
        if around == Around::Tmux && clipboard::tmux(text).is_ok() {
            return Outcome::Copied { what, way: "tmux buffer".to_owned() };
        }
        self.terminal.writer().say(&around.sequence(text));
        let way = match around {
            Around::Nothing => "OSC 52",
            Around::Tmux => "OSC 52 through tmux",
            Around::Screen => "OSC 52 through screen",
        };
        Outcome::Copied { what, way: way.to_owned() }
    }
}

fn to_file(path: &str, there: There, pieces: &Pieces) -> io::Result<Option<Outcome>> {
    let mut draft = Draft::new(Path::new(path), there)?;
    let Some(lines) = pieces.each(|text| draft.write(text))? else { return Ok(None) };
    let path = draft.keep()?.display().to_string();
    Ok(Some(Outcome::Written { path, lines }))
}

/// Why it was not written, and what to type instead.
fn unwritten(path: &str, err: &io::Error) -> String {
    let instead = if err.kind() == io::ErrorKind::AlreadyExists {
        format!("; `:write! {path}` puts these lines in its place, `:write >> {path}` adds them to it")
    } else {
        String::new()
    };
    format!("{path} was not written: {err}{instead}")
}

fn too_long(path: &Path, lines: usize) -> Outcome {
    let mut path = path.display().to_string();
    let _ = write!(path, " (too long for the clipboard)");
    Outcome::Written { path, lines }
}

/// The pieces of one export, as they come.
struct Pieces {
    id: u64,
    steps: Receiver<Step>,
    lane: tokio::sync::mpsc::Sender<Urgent>,
}

impl Pieces {
    /// Gives each piece to `take` until they end: how many lines they were; `None`: nobody wants them any more.
    fn each(&self, mut take: impl FnMut(&str) -> io::Result<()>) -> io::Result<Option<usize>> {
        while let Ok(step) = self.steps.recv() {
            match step {
                Step::Text(text) => {
                    // Asked for before this one is through, so that making and taking go side by side.
                    let _ = self.lane.blocking_send(Urgent::Msg(Msg::Done(Outcome::Taken(self.id))));
                    take(&text)?;
                }
                Step::End(lines) => return Ok(Some(lines)),
                Step::Begin(_) => {}
                Step::Drop => break,
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(steps: impl IntoIterator<Item = Step>) -> (Pieces, tokio::sync::mpsc::Receiver<Urgent>) {
        let (way, taken) = channel();
        steps.into_iter().for_each(|it| way.send(it).unwrap());
        let (lane, told) = tokio::sync::mpsc::channel(64);
        (Pieces { id: 7, steps: taken, lane }, told)
    }

    fn text(text: &str) -> Step {
        Step::Text(text.to_owned())
    }

    #[test]
    fn a_file_is_there_when_all_pieces_are_and_each_piece_asks_for_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.log");
        let (given, mut told) = pieces([text("a\n"), text("b\n"), Step::End(2)]);
        let outcome = to_file(&path.display().to_string(), There::Keep, &given).unwrap();
        assert_eq!(outcome, Some(Outcome::Written { path: path.display().to_string(), lines: 2 }));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "a\nb\n");
        let asked = std::iter::from_fn(|| told.try_recv().ok()).filter(|it| *it == Urgent::Msg(Msg::Done(Outcome::Taken(7)))).count();
        assert_eq!(asked, 2);
        let (given, _told) = pieces([text("c\n"), Step::End(1)]);
        let refused = to_file(&path.display().to_string(), There::Keep, &given).unwrap_err();
        let said = unwritten("out.log", &refused);
        assert!(said.contains("`:write! out.log`") && said.contains("`:write >> out.log`"), "{said}");
        let (given, _told) = pieces([text("d\n"), Step::End(1)]);
        to_file(&path.display().to_string(), There::Append, &given).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "a\nb\nd\n");
    }

    #[test]
    fn what_is_stopped_or_fails_half_way_leaves_the_good_file_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.log");
        std::fs::write(&path, "good").unwrap();
        // Stopped, and a program that ended before all was given.
        for end in [Some(Step::Drop), None] {
            let (given, _told) = pieces([text("half")].into_iter().chain(end));
            assert_eq!(to_file(&path.display().to_string(), There::Replace, &given).unwrap(), None);
        }
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "good");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing else is left");
        let (given, _told) = pieces([text("x"), Step::End(1)]);
        assert!(to_file(&folder.path().display().to_string(), There::Replace, &given).unwrap_err().to_string().contains("folder"));
    }
}

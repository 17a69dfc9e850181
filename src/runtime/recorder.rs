//! Writes down what comes in: on a thread of its own, so that a slow disk costs the recording something and the dashboard nothing.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, TryRecvError, TrySendError, channel, sync_channel};
use std::time::Instant;

use super::mask::mask_value;
use super::recording::{Entry, Header, MOST, PACKED, Written, write_header};
use crate::app::effect::Effect;
use crate::app::msg::Msg;
use crate::model::text::Clean;
use crate::model::time::Time;

/// Things that wait to be written: some seconds of a flood. What is more is counted as lost.
const WAITING: usize = 4096;

/// Told once, when the recording ends before the dashboard does.
pub type Tell = Box<dyn Fn(String) + Send>;

/// A recording that is being made. Dropping it ends it.
pub struct Recorder {
    lane: Option<SyncSender<(Time, Entry)>>,
    /// Closed once all of it is in its file.
    ended: Receiver<()>,
    name: String,
    /// Things that were lost and are not noted yet. The writer notes the last of them.
    lost: Arc<AtomicU64>,
    /// The newest time that was written down.
    last: Time,
}

/// A file that was opened for a recording.
pub struct Draft {
    path: PathBuf,
    file: File,
}

impl Draft {
    /// Makes the file, readable by its owner alone. One that is there is left as it is.
    pub fn create(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        Ok(Self { path: path.to_owned(), file })
    }

    /// Begins the recording with `header`; `tell` hears of its end if that comes before the dashboard's.
    pub fn begin(self, header: Header, tell: Tell) -> io::Result<Recorder> {
        let packed = self.path.extension().is_some_and(|it| it == PACKED);
        let mut out: Box<dyn Write + Send> = if packed {
            // 3: its own usual level, which a thread keeps up with at more than anybody logs.
            Box::new(zstd::stream::write::Encoder::new(self.file, 3)?.auto_finish())
        } else {
            Box::new(BufWriter::new(self.file))
        };
        let (lane, things) = sync_channel(WAITING);
        let (last, name) = (header.began, self.path.display().to_string());
        let (alive, ended) = channel();
        let (lost, called) = (Arc::new(AtomicU64::new(0)), name.clone());
        let missing = Arc::clone(&lost);
        std::thread::Builder::new().name("recorder".to_owned()).spawn(move || {
            match write(&header, &things, &missing, &mut *out) {
                Ok(None) => {}
                Ok(Some(why)) => tell(format!("the recording {called} has ended: {why}")),
                Err(err) => tell(format!("the recording {called} has ended: {err}")),
            }
            // Packed files are only whole after this.
            drop(out);
            drop::<Sender<()>>(alive);
        })?;
        Ok(Recorder { lane: Some(lane), ended, name, lost, last })
    }
}

impl Recorder {
    /// Writes `msg` down, if it is something that came in.
    pub fn hear(&mut self, msg: &Msg) {
        if let Msg::Fact(source, event, at) = msg {
            self.put(*at, Entry::Fact(*source, event.clone()));
        }
    }

    /// Writes the questions among `effects` down. What changes something is not: it may hold what must stay here, and what it came to is a fact.
    pub fn asked(&mut self, effects: &[Effect]) {
        for effect in effects {
            if let Effect::Ask { source, id, request } = effect
                && !request.writes()
            {
                self.put(self.last, Entry::Ask(*source, *id, request.clone()));
            }
        }
    }

    fn put(&mut self, at: Time, entry: Entry) {
        let Some(lane) = &self.lane else { return };
        self.last = self.last.max(at);
        let lost = self.lost.swap(0, Ordering::SeqCst);
        if lost > 0 && lane.try_send((self.last, Entry::Lost(lost))).is_err() {
            self.lost.fetch_add(lost, Ordering::SeqCst);
        }
        match lane.try_send((self.last, entry)) {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => drop(self.lost.fetch_add(1, Ordering::SeqCst)),
            // The writer has ended, and said why.
            Err(TrySendError::Disconnected(_)) => self.lane = None,
        }
    }
}

impl Recorder {
    /// Ends it: all that came in is in its file now, or, where that is not so before `until`, a word that says so.
    pub fn end(mut self, until: Instant) -> Option<String> {
        self.lane = None;
        let waited = self.ended.recv_timeout(until.saturating_duration_since(Instant::now()));
        let late = waited == Err(RecvTimeoutError::Timeout);
        // Nobody waits for it again.
        self.ended = channel().1;
        late.then(|| format!("the end of the recording {} is not written: its disk takes nothing now", self.name))
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.lane = None;
        let _ = self.ended.recv();
    }
}

/// Writes until nothing more comes, and then that it ended; why it ended before, if it did.
fn write(header: &Header, things: &Receiver<(Time, Entry)>, lost: &AtomicU64, out: &mut dyn Write) -> io::Result<Option<String>> {
    let mut size = write_header(header, &mut &mut *out)?;
    let mut last = header.began;
    let mut next = things.try_recv();
    loop {
        let (at, entry) = match next {
            Ok(it) => it,
            Err(TryRecvError::Disconnected) => break,
            Err(TryRecvError::Empty) => {
                // All that came is in the file, whatever happens to this program now.
                out.flush()?;
                match things.recv() {
                    Ok(it) => it,
                    Err(_) => break,
                }
            }
        };
        last = at;
        let mut line = line(at, &entry)?;
        let full = size + line.len() > MOST - 4096;
        if full {
            line = self::line(at, &Entry::End(Clean::new("it was full")))?;
        }
        out.write_all(&line)?;
        size += line.len();
        if full {
            out.flush()?;
            return Ok(Some(format!("it is full ({} MiB)", MOST >> 20)));
        }
        next = things.try_recv();
    }
    let lost = lost.load(Ordering::SeqCst);
    if lost > 0 {
        out.write_all(&line(last, &Entry::Lost(lost))?)?;
    }
    out.write_all(&line(last, &Entry::End(Clean::new("the dashboard was left")))?)?;
    out.flush()?;
    Ok(None)
}

fn line(at: Time, entry: &Entry) -> io::Result<Vec<u8>> {
    let mut value = serde_json::to_value(entry)?;
    mask_value(&mut value);
    let mut line = serde_json::to_vec(&Written { at, it: &value })?;
    line.push(b'\n');
    Ok(line)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::super::recording::{BadRecording, KIND, Recording, VERSION};
    use super::*;
    use crate::model::event::Event;
    use crate::model::ids::SourceId;
    use crate::model::link::Link;

    fn header() -> Header {
        Header {
            recording: KIND.to_owned(),
            version: VERSION,
            program: Clean::new("0"),
            began: Time(1000),
            context: Clean::new("here"),
            production: false,
            sources: Vec::new(),
        }
    }

    fn notice(text: &str, at: i64) -> Msg {
        Msg::Fact(SourceId(0), Event::Notice(Clean::new(text)), Time(at))
    }

    fn made(name: &str, messages: &[Msg]) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        let mut it = Draft::create(&path).unwrap().begin(header(), Box::new(|why| panic!("{why}"))).unwrap();
        for msg in messages {
            it.hear(msg);
        }
        drop(it);
        (folder, path)
    }

    #[test]
    fn what_came_in_is_read_back_in_its_order_without_its_secrets_packed_or_not() {
        let said = [notice("password=hunter2", 2000), Msg::Paste("never written".to_owned()), notice("back", 1500)];
        for name in ["a.tsr", "a.tsr.zst"] {
            let (_folder, path) = made(name, &said);
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
            assert!(Draft::create(&path).is_err(), "what is there is left as it is");
            let it = Recording::open(&path).unwrap();
            assert!(!it.cut);
            let texts: Vec<_> = (0..it.marks.len()).map(|n| (it.marks[n].at, it.entry(n).unwrap())).collect();
            let note = |text: &str| Entry::Fact(SourceId(0), Event::Notice(Clean::new(text)));
            assert_eq!(texts[0], (Time(2000), note("password=[masked]")));
            assert_eq!(texts[1], (Time(2000), note("back")), "time never runs back");
            assert!(matches!(texts[2].1, Entry::End(_)));
        }
    }

    #[test]
    fn a_cut_recording_is_shown_as_far_as_it_goes_and_a_hostile_one_is_refused_with_the_reason() {
        let said: Vec<Msg> = (0..200).map(|n| Msg::Fact(SourceId(0), Event::Link(Link::Connecting { attempt: n }), Time(2000))).collect();
        for name in ["a.tsr", "a.tsr.zst"] {
            let (folder, path) = made(name, &said);
            let bytes = std::fs::read(&path).unwrap();
            std::fs::write(&path, &bytes[..bytes.len() - 30]).unwrap();
            match Recording::open(&path) {
                Ok(it) => assert!(it.cut && it.marks.len() <= 201, "{}", it.marks.len()),
                // So little of a packed one that nothing can be unpacked.
                Err(why) => assert!(name.ends_with(PACKED), "{why}"),
            }
            drop(folder);
        }
        let read = |text: &str| Recording::read(text.as_bytes().to_vec(), false);
        assert!(matches!(read("").unwrap_err(), BadRecording::Other));
        assert!(matches!(read("{\"recording\":\"else\"}\n").unwrap_err(), BadRecording::Other));
        let head = serde_json::to_string(&header()).unwrap();
        assert!(matches!(read(&head.replace("\"version\":1", "\"version\":9")).unwrap_err(), BadRecording::Newer(9)));
        assert!(matches!(read(&format!("{head}\n")).unwrap_err(), BadRecording::Empty));
        let line = "{\"at\":\"2026-01-01T00:00:00Z\",\"it\":{\"lost\":3}}";
        assert!(matches!(read(&format!("{head}\n{line}\nnonsense\n{line}\n")).unwrap_err(), BadRecording::Line(3, _)));
        assert_eq!(read(&format!("{head}\n{line}\n{line}")).unwrap().marks.len(), 2);
        assert!(read(&format!("{head}\n{line}\n{{\"at\":")).unwrap().cut);
    }
}

//! One platform a folder: the lock that whoever uses a data folder holds, with its process id in it.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::time::Duration;

/// How long the lock of a process that is dead, or that let go of it, is waited for: a child it was just about to start holds it until
/// it has begun.
const LETS_GO: Duration = Duration::from_secs(2);
/// Between two looks.
const LOOK: Duration = Duration::from_millis(20);

/// A held lock. The kernel lets go of it however the process ends.
#[derive(Debug)]
pub struct Lock(#[expect(dead_code, reason = "held, never read")] File);

/// Why it was not had.
#[derive(Debug)]
pub enum Held {
    /// Another has it; its process id, if it could be read.
    By(Option<u32>),
    Io(io::Error),
}

impl Lock {
    /// The file, below the data folder.
    pub const FILE: &'static str = "lock";

    /// Takes the lock of `folder`, which must be there.
    pub fn take(folder: &Path) -> Result<Self, Held> {
        let opened = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(folder.join(Self::FILE));
        let mut file = opened.map_err(Held::Io)?;
        let mut left = LETS_GO;
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::Error(error)) => return Err(Held::Io(error)),
                Err(TryLockError::WouldBlock) => {}
            }
            let owner = owner(&mut file);
            let another = |it: u32| it != std::process::id() && Path::new("/proc").join(it.to_string()).exists();
            if left.is_zero() || owner.is_none_or(another) {
                return Err(Held::By(owner));
            }
            std::thread::sleep(LOOK);
            left = left.saturating_sub(LOOK);
        }
        file.set_len(0).and_then(|()| file.rewind()).and_then(|()| write!(file, "{}", std::process::id())).map_err(Held::Io)?;
        Ok(Self(file))
    }
}

/// Whose it is, if that can be read.
fn owner(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.rewind().and_then(|()| file.read_to_string(&mut text)).ok()?;
    text.trim().parse().ok()
}

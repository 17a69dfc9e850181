//! One platform a folder: the lock that whoever uses a data folder holds, with its process id in it.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

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
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut text = String::new();
                // Whose it is helps, but is not needed.
                let _ = file.read_to_string(&mut text);
                return Err(Held::By(text.trim().parse().ok()));
            }
            Err(TryLockError::Error(error)) => return Err(Held::Io(error)),
        }
        file.set_len(0).and_then(|()| file.rewind()).and_then(|()| write!(file, "{}", std::process::id())).map_err(Held::Io)?;
        Ok(Self(file))
    }
}

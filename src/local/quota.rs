//! What a tree may take on disk: the folders it writes in are weighed while it runs. Elsewhere on the disk only `RLIMIT_FSIZE` binds it.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::bounds::bytes;
use super::place::size;

/// Between two looks, at least: a look walks the folders.
const EVERY: Duration = Duration::from_secs(2);
/// Weighing takes no more than one part in this many of the time, however many files there are.
const SHARE: u32 = 50;

/// The folders of one tree.
pub struct Quota {
    /// With what each is called in messages.
    pub folders: Vec<(&'static str, PathBuf)>,
    /// Bytes, all folders together.
    pub most: u64,
}

impl Quota {
    /// Waits until the folders take more than they may, and gives what takes how much, in words.
    pub async fn exceeded(self) -> String {
        loop {
            let began = Instant::now();
            let all: Vec<PathBuf> = self.folders.iter().map(|it| it.1.clone()).collect();
            // One after the other if it is too much, to name the culprit.
            let weighed =
                tokio::task::spawn_blocking(move || all.iter().map(|it| size(std::slice::from_ref(it))).collect::<Vec<_>>()).await;
            if let Ok(each) = weighed
                && each.iter().sum::<u64>() > self.most
            {
                return self.words(&each);
            }
            tokio::time::sleep(EVERY.max(began.elapsed() * SHARE)).await;
        }
    }

    fn words(&self, each: &[u64]) -> String {
        let parts: Vec<_> = self.folders.iter().zip(each).map(|((name, _), it)| format!("{} in {name}", bytes(*it))).collect();
        format!(
            "took more than {} on disk, which is all it may ({}; `limits.disk` in the config of the platform)",
            bytes(self.most),
            parts.join(", ")
        )
    }
}

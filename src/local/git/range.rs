//! What lies between two commits of a repository. The history is kept beside the releases of its service: the whole of it, but where
//! the other side can leave files out, without them, because a shallow one cannot tell a dropped commit from an old one.

use std::path::Path;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::local::output::Writer;
use crate::local::place::Place;
use crate::local::quota::Quota;
use crate::model::deploy::{Commit, CommitRange};
use crate::model::ids::ServiceId;
use crate::model::log::LogKind;

use super::fetch::{Fetch, commit_of, git};
use super::patience::Patience;
use super::source::Source;
use super::words::Trouble;

/// Commits told on either side.
const MOST: usize = 200;
/// A large history takes minutes the first time; nobody is kept waiting for it that long.
const PATIENCE: Duration = Duration::from_mins(5);
/// Folder of the history, beside the releases of its service: with the service it goes, and at a start, because it can be fetched anew.
const FOLDER: &str = "history.git";

/// Why it cannot be told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RangeError {
    /// The repository no longer has this commit.
    #[error("{0}")]
    Gone(String),
    #[error("{0}")]
    Failed(String),
}

/// Tells what is in `to` and not in `from`, and the other way round; both are full hashes. One at a time for one service.
pub async fn range(place: &Place, service: &ServiceId, url: &str, (from, to): (&str, &str)) -> Result<CommitRange, RangeError> {
    let failed = |trouble: Trouble| RangeError::Failed(trouble.text);
    let source = Source::parse(url).map_err(RangeError::Failed)?;
    let (into, home) = (place.release(&format!("{service}/{FOLDER}")), place.home(service));
    tokio::fs::create_dir_all(&into).await.map_err(|error| RangeError::Failed(format!("cannot make {}: {error}", into.display())))?;
    let (stop, writer) = (CancellationToken::new(), Writer::new(place.sink.clone(), LogKind::Platform, service.clone(), None, 0));
    let it = Fetch::of(place, url, (&into, &home), &stop, &writer);
    let history = History { it: &it, source: &source, patience: Patience::of(PATIENCE) };
    if !(history.has(from).await && history.has(to).await) {
        history.fetch(&into, place.setup.disk_quota, from, to).await?;
    }
    for id in [from, to] {
        if !history.has(id).await {
            let short = id.get(..7).unwrap_or(id);
            return Err(RangeError::Gone(format!("{url} no longer has the commit {short}: its branch was rewritten or removed")));
        }
    }
    let (added, more_added) = history.between(from, to).await.map_err(failed)?;
    let (dropped, more_dropped) = history.between(to, from).await.map_err(failed)?;
    Ok(CommitRange { added, dropped, more: more_added || more_dropped })
}

struct History<'a> {
    it: &'a Fetch<'a>,
    source: &'a Source,
    patience: Patience,
}

impl History<'_> {
    async fn git(&self, args: &[&str]) -> Result<String, Trouble> {
        git(self.it, self.source, self.patience, args).await
    }

    async fn has(&self, id: &str) -> bool {
        // Without a repository of its own in there git would look for one above.
        self.it.into.join("HEAD").is_file() && self.git(&["--git-dir=.", "cat-file", "-e", &format!("{id}^{{commit}}")]).await.is_ok()
    }

    /// Fetches both commits with all that led to them, within the disk that a clone may take.
    async fn fetch(&self, into: &Path, most: u64, from: &str, to: &str) -> Result<(), RangeError> {
        let quota = Quota { folders: vec![("its history", into.to_owned())], most };
        let fetched = tokio::select! {
            fetched = self.fetch_both(from, to) => fetched,
            why = quota.exceeded() => Err(Trouble { text: format!("the repository {why}"), passing: false }),
        };
        if let Err(trouble) = fetched {
            self.it.stop.cancel();
            // Half a history would be in the way of a whole one, and takes room.
            let _ = tokio::fs::remove_dir_all(into).await;
            return Err(RangeError::Failed(trouble.text));
        }
        Ok(())
    }

    async fn fetch_both(&self, from: &str, to: &str) -> Result<(), Trouble> {
        self.git(&["init", "--quiet", "--bare", "."]).await?;
        // A repository on this machine gives out everything, and is not asked for less.
        let without_files = if self.source.local { "--no-filter" } else { "--filter=tree:0" };
        let fetch = ["--git-dir=.", "fetch", "--quiet", without_files, "--no-tags", "--no-recurse-submodules", "--", self.source.as_str()];
        let mut asked = fetch.to_vec();
        asked.extend([from, to]);
        let fetched = self.git(&asked).await;
        if !fetched.as_ref().is_err_and(|trouble| !trouble.passing) {
            return fetched.map(drop);
        }
        // One of them is gone, or the server gives out only the ends of branches: what is on the branches is there then.
        let mut asked = fetch.to_vec();
        asked.push("+refs/heads/*:refs/heads/*");
        self.git(&asked).await.map(drop)
    }

    /// Commits in `to` that are not in `from`, newest first, and whether there are more.
    async fn between(&self, from: &str, to: &str) -> Result<(Vec<Commit>, bool), Trouble> {
        let (most, span) = (format!("--max-count={}", MOST + 1), format!("{from}..{to}"));
        let told = self.git(&["--git-dir=.", "log", &most, "--format=%H%x09%aI%x09%an%x09%s", &span, "--"]).await?;
        let mut commits: Vec<Commit> = told.lines().filter_map(commit_of).collect();
        let more = commits.len() > MOST;
        commits.truncate(MOST);
        Ok((commits, more))
    }
}

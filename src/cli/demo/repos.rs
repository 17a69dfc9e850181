//! The demo's repositories: written out from the binary, made into real git repositories, changed by real commits.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use color_eyre::eyre::{Context, Result, bail};

/// A file of a sample: its path below `assets/demo`, and its text.
type File = (&'static str, &'static str);

macro_rules! files {
    ($($path:literal),+ $(,)?) => {
        &[$(($path, include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/demo/", $path)))),+]
    };
}

/// Every file of the samples as they first were.
const BASE: &[File] = files![
    "web/trackside.toml",
    "web/build.sh",
    "web/lib/common.sh",
    "web/lib/page.sh",
    "web/handlers/health.sh",
    "web/handlers/index.sh",
    "web/handlers/cart.sh",
    "web/handlers/checkout.sh",
    "web/tests/page_test.sh",
    "api/trackside.toml",
    "api/build.sh",
    "api/lib/common.sh",
    "api/lib/price.sh",
    "api/handlers/health.sh",
    "api/handlers/stock.sh",
    "api/handlers/price.sh",
    "api/handlers/checkout.sh",
    "api/handlers/job.sh",
    "api/tests/price_test.sh",
    "worker/trackside.toml",
    "worker/build.sh",
    "worker/log.sh",
    "worker/run.sh",
    "worker/jobs/email.sh",
    "worker/jobs/invoice.sh",
    "worker/jobs/refund.sh",
    "guide/index.html",
    "guide/cart.html",
    "invoices/trackside.toml",
    "invoices/build.sh",
    "invoices/handlers/health.sh",
    "invoices/handlers/invoice.sh",
];

/// A commit to a sample: whose, what it says, and the files it puts in place of the old ones.
pub struct Change {
    /// The repository.
    pub repo: &'static str,
    pub author: &'static str,
    pub message: &'static str,
    files: &'static [File],
}

/// The samples in the order in which they need each other, with their first commit.
pub const FIRST: &[Change] = &[
    Change { repo: "api", author: "Li Wei", message: "Take orders over HTTP", files: &[] },
    Change { repo: "web", author: "Maya Fischer", message: "Fix rounding in the cart", files: &[] },
    Change { repo: "worker", author: "Jonas Berg", message: "Write invoices as they come in", files: &[] },
    Change { repo: "guide", author: "Maya Fischer", message: "Say how many items fit in a cart", files: &[] },
    Change { repo: "invoices", author: "Ana Costa", message: "Show an invoice by its number", files: &[] },
];

/// A good one: the cart says when the parcel arrives.
pub const DELIVERY: Change = Change {
    repo: "web",
    author: "Maya Fischer",
    message: "Show the delivery estimate in the cart",
    files: files!["changes/1-web/handlers/cart.sh"],
};

/// A parenthesis is missing: the build finds it.
pub const BROKEN_BUILD: Change = Change {
    repo: "invoices",
    author: "Ana Costa",
    message: "Log the amount of each invoice",
    files: files!["changes/2-invoices/handlers/invoice.sh"],
};

/// Divides by zero for fewer than five items; the tests don't try that.
pub const REBATE: Change = Change {
    repo: "api",
    author: "Li Wei",
    message: "Give a rebate on bundles of five",
    files: files!["changes/3-api/handlers/checkout.sh"],
};

/// Uses a variable that a refund leaves unset, so it ends at the first refund.
pub const PREFETCH: Change =
    Change { repo: "worker", author: "Jonas Berg", message: "Fetch the next job ahead of time", files: files!["changes/4-worker/run.sh"] };

/// The repositories in a folder.
pub struct Repos {
    folder: PathBuf,
}

impl Repos {
    /// Makes all of them below `folder`, each with its first commit.
    pub fn make(folder: &Path) -> Result<Self> {
        let it = Self { folder: folder.to_owned() };
        for first in FIRST {
            let at = it.path(first.repo);
            let own: Vec<File> = BASE.iter().copied().filter(|(path, _)| path.starts_with(&format!("{}/", first.repo))).collect();
            fs::create_dir_all(&at).wrap_err_with(|| format!("cannot make {}", at.display()))?;
            it.git(&at, None, &["init", "--quiet", "--initial-branch=main"])?;
            put(&it.folder, &own, 0).wrap_err_with(|| format!("cannot write the sample {}", first.repo))?;
            it.record(first)?;
        }
        Ok(it)
    }

    /// Where the repository `name` is.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Commits `change` on top of what is there.
    pub fn commit(&self, change: &Change) -> Result<()> {
        // `changes/3-api/handlers/x.sh` goes to `handlers/x.sh` of its repository: two folders less.
        put(&self.path(change.repo), change.files, 2).wrap_err_with(|| format!("cannot change the sample {}", change.repo))?;
        self.record(change)
    }

    fn record(&self, change: &Change) -> Result<()> {
        let at = self.path(change.repo);
        self.git(&at, Some(change.author), &["add", "--all"])?;
        self.git(&at, Some(change.author), &["commit", "--quiet", "--message", change.message])
    }

    /// Runs git untouched by the person's own configuration: no signing, no hooks, no templates.
    fn git(&self, at: &Path, author: Option<&str>, args: &[&str]) -> Result<()> {
        let name = author.unwrap_or("trackside demo");
        let mail = format!("{}@example.org", name.to_ascii_lowercase().replace(' ', "."));
        let done = Command::new("git")
            .args(["-c", "core.hooksPath=/dev/null", "-c", "commit.gpgSign=false", "-c", "init.templateDir="])
            .args(args)
            .current_dir(at)
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env_remove("GIT_DIR")
            .env("HOME", &self.folder)
            .envs([("GIT_AUTHOR_NAME", name), ("GIT_COMMITTER_NAME", name), ("GIT_AUTHOR_EMAIL", &mail), ("GIT_COMMITTER_EMAIL", &mail)])
            .stdin(Stdio::null())
            .output()
            .wrap_err("cannot run git; the demo needs it installed")?;
        if !done.status.success() {
            bail!("git {} failed: {}", args.first().unwrap_or(&""), String::from_utf8_lossy(&done.stderr).trim());
        }
        Ok(())
    }
}

/// Writes `files` below `folder`, without the first `less` folders of their path.
fn put(folder: &Path, files: &[File], less: usize) -> io::Result<()> {
    for (path, text) in files {
        let at = folder.join(path.splitn(less + 1, '/').last().unwrap_or(path));
        if let Some(parent) = at.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(at, text)?;
    }
    Ok(())
}

//! What of the machine a cage hides, and what behind that it shows all the same. Found out once, at the platform's start.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Folders of other people's things: homes, what runs here and how to talk to it, what programs left lying about.
const OTHERS: [&str; 7] = ["/root", "/home", "/run", "/var/run", "/tmp", "/var/tmp", "/dev/shm"];
/// Variables that name folders of the user's.
const USERS: [&str; 5] = ["HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR"];
/// Variables that name what builds need.
const TOOLS: [&str; 5] = ["PYENV_ROOT", "NVM_DIR", "RUSTUP_HOME", "SSL_CERT_FILE", "SSL_CERT_DIR"];
/// Toolchains as they lie in a home. Nothing here holds a password: `.cargo` and `.npm` as a whole do.
const TOOLCHAINS: [&str; 30] = [
    ".rustup",
    ".cargo/bin",
    ".pyenv",
    ".nvm",
    ".rbenv",
    ".nodenv",
    ".goenv",
    ".jenv",
    ".asdf",
    ".volta",
    ".sdkman",
    ".bun/bin",
    ".deno/bin",
    ".dotnet",
    ".ghcup",
    ".elan",
    ".juliaup",
    ".rye",
    ".nix-profile",
    ".local/bin",
    ".local/lib",
    ".local/share/fnm",
    ".local/share/mise",
    ".local/share/pipx",
    ".local/share/pnpm",
    ".local/share/uv/python",
    ".local/share/uv/tools",
    "go/bin",
    "bin",
    "sdk",
];
/// Where the machine keeps what only looks private.
const SYSTEM: [&str; 4] = ["/run/current-system", "/run/opengl-driver", "/run/systemd/resolve", "/home/linuxbrew/.linuxbrew"];
/// What no program can do without: a HOME that holds one of these is no home.
const VITAL: [&str; 4] = ["/usr", "/etc", "/bin", "/lib"];

/// What is hidden and what is not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct View {
    /// Folders that are there, none of them inside another.
    pub hidden: Vec<PathBuf>,
    /// Files and folders inside those.
    pub shown: Vec<PathBuf>,
}

impl View {
    /// For the platform on `data` whose programs are run by `supervisor`, in the environment `own`.
    pub fn of(data: &Path, supervisor: &Path, own: impl Fn(&str) -> Option<String>) -> Self {
        let named = |names: &[&str]| names.iter().filter_map(|it| own(it)).map(PathBuf::from).collect::<Vec<_>>();
        let mut hidden = vec![data.to_owned()];
        hidden.extend(OTHERS.iter().map(PathBuf::from).chain(named(&USERS)));
        // Nobody else may enter it, so to the user of a service it is hidden anyway, and with it what is below.
        hidden.extend([data, supervisor].iter().filter_map(|it| closed(it)));
        let hidden = outermost(hidden.iter().filter_map(|it| it.canonicalize().ok()).filter(|it| it.is_dir() && !vital(it)).collect());
        let homes = named(&["HOME"]);
        let mut shown = vec![supervisor.to_owned()];
        shown.extend(std::env::split_paths(&own("PATH").unwrap_or_default()).chain(named(&TOOLS)));
        shown.extend(homes.iter().flat_map(|home| TOOLCHAINS.iter().map(move |it| home.join(it))));
        shown.extend(SYSTEM.iter().map(PathBuf::from));
        shown.extend(Path::new("/etc/resolv.conf").canonicalize());
        // A tool must not bring back what it lies in.
        let keeps =
            |it: &Path| !data.starts_with(it) && !it.starts_with(data) && !hidden.iter().chain(&homes).any(|that| that.starts_with(it));
        // Under both its names, where it has two: programs are called by one and find themselves by the other.
        let named = shown.into_iter().filter(|it| it.is_absolute()).flat_map(|it| [it.canonicalize().ok(), Some(it)]).flatten();
        let mut kept: Vec<PathBuf> = named.filter(|it| it.exists() && keeps(it)).collect();
        kept.retain(|it| hidden.iter().any(|that| it.starts_with(that)));
        kept.sort();
        kept.dedup();
        Self { hidden, shown: kept }
    }

    /// All that may be read: what is not hidden, named one by one, and what is shown.
    pub fn readable(&self) -> Vec<PathBuf> {
        let mut found = self.shown.clone();
        let mut next = vec![PathBuf::from("/")];
        while let Some(folder) = next.pop() {
            for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
                let path = entry.path();
                // A link leads to something that is itself hidden or not.
                let link = entry.file_type().is_ok_and(|it| it.is_symlink());
                if link || path == Path::new("/dev") || self.hidden.contains(&path) {
                    continue;
                }
                if self.hidden.iter().any(|it| it.starts_with(&path)) {
                    next.push(path);
                } else {
                    found.push(path);
                }
            }
        }
        found
    }
}

fn vital(folder: &Path) -> bool {
    VITAL.iter().any(|it| Path::new(it).starts_with(folder))
}

/// The outermost folder on the way to `path` that only its owner may enter.
fn closed(path: &Path) -> Option<PathBuf> {
    let mut above: Vec<&Path> = path.ancestors().skip(1).collect();
    above.reverse();
    above.into_iter().find(|it| fs::metadata(it).is_ok_and(|meta| meta.is_dir() && meta.mode() & 0o001 == 0)).map(Path::to_owned)
}

fn outermost(mut folders: Vec<PathBuf>) -> Vec<PathBuf> {
    folders.sort();
    // Sorted, an outer one comes before all that is in it.
    folders.dedup_by(|inner, outer| inner.starts_with(&*outer));
    folders
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn homes_and_data_are_hidden_and_toolchains_in_them_are_not() {
        let top = tempfile::tempdir().unwrap();
        let top = top.path().canonicalize().unwrap();
        for it in ["home/.pyenv/shims", "home/.ssh", "home/.cargo/bin", "home/data", "tools/bin"] {
            fs::create_dir_all(top.join(it)).unwrap();
        }
        fs::write(top.join("home/.cargo/credentials.toml"), "").unwrap();
        let own = |name: &str| match name {
            "HOME" => Some(top.join("home").display().to_string()),
            "PATH" => Some(format!("{}:/usr/bin:{}:.", top.join("tools/bin").display(), top.join("home").display())),
            _ => None,
        };
        let view = View::of(&top.join("home/data"), &std::env::current_exe().unwrap(), own);
        let shows = |it: &str| view.shown.contains(&top.join(it));
        assert!(shows("home/.pyenv") && shows("home/.cargo/bin") && shows("tools/bin"), "{view:?}");
        assert!(!shows("home") && !shows("home/.cargo") && !shows("home/.ssh"));
        assert!(view.hidden.iter().any(|it| top.join("home").starts_with(it)));
        assert!(!view.hidden.iter().enumerate().any(|(n, it)| view.hidden.iter().skip(n + 1).any(|that| that.starts_with(it))));
        let reads = view.readable();
        let may = |it: &Path| reads.iter().any(|that| it.starts_with(that));
        assert!(may(Path::new("/usr/bin")) && may(Path::new("/etc/passwd")) && may(&top.join("home/.cargo/bin/cargo")));
        for it in ["home/.ssh/id", "home/data/token", "home/.cargo/credentials.toml"] {
            assert!(!may(&top.join(it)), "{it}");
        }
    }

    #[test]
    fn a_home_that_is_the_whole_machine_is_not_hidden() {
        let view = View::of(Path::new("/nowhere/data"), Path::new("/bin/sh"), |name| (name == "HOME").then(|| "/".to_owned()));
        assert!(!view.hidden.contains(&PathBuf::from("/")), "{view:?}");
    }
}

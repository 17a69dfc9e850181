//! `trackside serve`: the embedded platform in the foreground.

use std::net::SocketAddr;

use clap::Args;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::exit::{FAILED, Failure, Outcome};
use super::out::Out;
use super::reach;
use crate::config::{Config, Rules};
use crate::local::cage::{Level, Wish};
use crate::local::platform::Platform;
use crate::local::port::{self, Setup};

/// `serve`
#[derive(Clone, Debug, Args)]
pub struct Serve {
    /// Address to listen on, on this machine; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    pub listen: SocketAddr,
    /// A host name under which it may be asked for, besides this machine's own
    #[arg(long, value_name = "NAME")]
    pub allowed_host: Vec<String>,
    /// What code of repositories is run in: bwrap, landlock or none; the best there is if left out
    #[arg(long, value_name = "LEVEL")]
    pub sandbox: Option<Level>,
    /// Run code of repositories as plain processes where there is no sandbox; it can do what you can
    #[arg(long)]
    pub allow_unsandboxed: bool,
}

/// Runs the platform until a signal ends it, then everything it runs. `named`: its folder was named on the command line, so that other
/// commands must be told it too.
pub async fn run(out: Out, config: &Config, it: Serve, named: bool) -> Outcome {
    let mut setup = setup(config)?;
    setup.listen = it.listen;
    setup.allowed_hosts = it.allowed_host;
    setup.sandbox = Wish { level: it.sandbox, unsandboxed: it.allow_unsandboxed };
    let folder = std::path::absolute(&setup.data).unwrap_or_else(|_| setup.data.clone());
    // Before the start, so that no signal finds a platform without somebody to stop it.
    let mut ends = Ends::new()?;
    let platform = Platform::start(setup).await.map_err(|err| Failure::new(FAILED, err.to_string()))?;
    let url = platform.url().to_owned();
    let sandbox = platform.sandbox();
    let (token, folder) = (folder.join("token").display().to_string(), folder.display().to_string());
    let flag = if named { format!(" --data {}", quoted(&folder)) } else { String::new() };
    let said = format!(
        "trackside runs at {url}\ndata in {folder}\ntoken in {token}\nsandbox {sandbox}: {}\n\n`trackside{flag}` opens the dashboard; ctrl-c stops it.",
        sandbox.says()
    );
    let told = serde_json::json!({ "url": url, "data": folder, "token_file": token, "pid": std::process::id(), "sandbox": sandbox.word() });
    out.answer(&told, &said)?;
    hold(out, platform, &mut ends).await
}

/// A path as a shell takes it for one word.
fn quoted(path: &str) -> String {
    let plain = |it: char| it.is_alphanumeric() || matches!(it, '/' | '.' | '_' | '-' | '+' | ',' | ':' | '@');
    if path.chars().all(plain) { path.to_owned() } else { format!("'{}'", path.replace('\'', "'\\''")) }
}

/// Until a signal ends the platform, or it fails; then everything it runs is ended.
async fn hold(out: Out, platform: Platform, ends: &mut Ends) -> Outcome {
    let code = tokio::select! {
        code = ends.first() => Ok(code),
        why = platform.broken() => Err(broken(&why)),
    };
    if !out.is_json() {
        out.note("stopping; replicas get a moment to finish what they are at (again: at once)");
    }
    tokio::select! {
        () = platform.stop() => {}
        _ = ends.first() => out.note("not waiting any longer"),
    }
    code
}

/// Said when a platform ends by itself.
pub fn broken(why: &str) -> Failure {
    Failure::new(
        FAILED,
        format!("{why}; the platform cannot go on and ends, with everything it runs. Started again, what was live is live again."),
    )
}

/// The usual setup with what the config says.
pub fn setup(config: &Config) -> Result<Setup, Failure> {
    let program = std::env::current_exe().map_err(|err| Failure::new(FAILED, format!("the program cannot find itself: {err}")))?;
    let mut setup = Setup::new(reach::data_dir(config)?, program);
    setup.rules = rules(&config.rules);
    setup.response = config.response.rules(super::clock::zone().as_deref());
    let limits = &config.limits;
    setup.builds = limits.builds.unwrap_or(setup.builds);
    setup.build_timeout = limits.build_timeout.unwrap_or(setup.build_timeout);
    setup.health_timeout = limits.health_timeout.unwrap_or(setup.health_timeout);
    setup.answer_timeout = limits.answer_timeout.unwrap_or(setup.answer_timeout);
    setup.drain = limits.drain.unwrap_or(setup.drain);
    setup.disk_quota = limits.disk.unwrap_or(setup.disk_quota);
    setup.build_memory = limits.build_memory.unwrap_or(setup.build_memory);
    Ok(setup)
}

fn rules(it: &Rules) -> port::Rules {
    let usual = port::Rules::default();
    port::Rules {
        error_ratio: it.error_ratio.unwrap_or(usual.error_ratio),
        error_for: it.error_for.unwrap_or(usual.error_for),
        error_requests: it.error_requests.unwrap_or(usual.error_requests),
        crash_exits: it.crash_exits.unwrap_or(usual.crash_exits),
        crash_window: it.crash_window.unwrap_or(usual.crash_window),
        calm: it.calm.unwrap_or(usual.calm),
    }
}

/// The signals that end a server.
struct Ends {
    int: Signal,
    term: Signal,
    hup: Signal,
}

impl Ends {
    fn new() -> Result<Self, Failure> {
        let on = |kind| signal(kind).map_err(|err| Failure::new(FAILED, format!("signals cannot be watched: {err}")));
        Ok(Self { int: on(SignalKind::interrupt())?, term: on(SignalKind::terminate())?, hup: on(SignalKind::hangup())? })
    }

    /// The next one, as an exit code: ctrl-c is how one stops it, so that is no failure.
    async fn first(&mut self) -> u8 {
        tokio::select! {
            _ = self.int.recv() => 0,
            _ = self.term.recv() => 128 + 15,
            _ = self.hup.recv() => 128 + 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::time::Millis;

    #[tokio::test(flavor = "multi_thread")]
    async fn a_platform_that_fails_ends_the_command_with_the_reason_and_leaves_its_folder_free() {
        let folder = tempfile::tempdir().unwrap();
        // This program is no trackside, and can put nothing in a sandbox.
        let plain = Wish { level: Some(Level::None), unsandboxed: true };
        let setup = || Setup { sandbox: plain, ..Setup::new(folder.path(), std::env::current_exe().unwrap()) };
        let mut platform = Platform::start(setup()).await.unwrap();
        platform.depend("the test's part", async { panic!("of all things") });
        let failure = hold(Out::new(false), platform, &mut Ends::new().unwrap()).await.unwrap_err();
        assert_eq!(failure.code, FAILED);
        assert!(failure.text.starts_with("the test's part failed: it panicked: of all things; "), "{failure}");
        Platform::start(setup()).await.unwrap().stop().await;
    }

    #[test]
    fn a_folder_is_one_word_for_a_shell() {
        assert_eq!(quoted("/srv/apps-1"), "/srv/apps-1");
        assert_eq!(quoted("/home/ada/it's mine"), r"'/home/ada/it'\''s mine'");
    }

    #[test]
    fn limits_of_the_config_reach_the_platform_and_the_others_stay_as_they_are() {
        let mut config = Config { data: Some("/nowhere".into()), ..Config::default() };
        let usual = setup(&config).unwrap();
        config.limits.disk = Some(5 << 20);
        config.limits.build_memory = Some(1 << 30);
        config.limits.build_timeout = Some(Millis::secs(7));
        config.limits.answer_timeout = Some(Millis::secs(8));
        let it = setup(&config).unwrap();
        assert_eq!((it.disk_quota, it.build_timeout, it.answer_timeout), (5 << 20, Millis::secs(7), Millis::secs(8)));
        assert_eq!(it.build_memory, 1 << 30);
        assert_eq!((it.builds, it.health_timeout, it.drain), (usual.builds, usual.health_timeout, usual.drain));
    }
}

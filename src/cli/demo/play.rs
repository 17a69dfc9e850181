//! The demo from its first process to its last.

use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::runtime::Runtime;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::app::state::Settings;
use crate::cli::args::{Demo, Look};
use crate::cli::dashboard;
use crate::cli::exit::{FAILED, Failure, Outcome, USAGE};
use crate::cli::out::Out;
use crate::cli::serve;
use crate::config::{Complaint, Config};
use crate::local::cage::Level;
use crate::local::platform::Platform;
use crate::local::port::Setup;
use crate::model::time::Millis;
use crate::platform::endpoint::Endpoint;
use crate::platform::trackside::client::Client;
use crate::runtime::run::refusal;
use crate::runtime::tape::Plan;
use crate::runtime::views::Views;

use super::folder::Folder;
use super::repos::Repos;
use super::story::Stage;
use super::tell::Told;
use super::traffic::{Met, drive};

/// Between two looks of the headless demo.
const LOOK: Duration = Duration::from_millis(500);
/// What the timeline shows at first: the story is told in minutes.
const WINDOW: Millis = Millis::mins(5);

/// Plays the demo: with the dashboard on it, or in lines.
pub fn run(out: Out, config: &Config, complaints: &[Complaint], look: &Look, it: &Demo, on: &Runtime) -> Outcome {
    can_be_shown(it)?;
    let failed = |error: color_eyre::Report| Failure::new(FAILED, format!("{error:#}"));
    let trackside = std::env::current_exe().map_err(|it| Failure::new(FAILED, format!("the program cannot find itself: {it}")))?;
    needs(&std::env::var_os("PATH").unwrap_or_default())?;
    let folder = Folder::make(&trackside).map_err(failed)?;
    // Before the screen opens: without git there is no demo, and that is better said here than on an empty dashboard.
    let repos = Repos::make(&folder.path().join("repos")).map_err(failed)?;
    let setup = setup(folder.path(), &trackside);
    let platform = on.block_on(Platform::start(setup)).map_err(|it| Failure::new(FAILED, it.to_string()))?;
    let endpoint = Endpoint::new(platform.url(), Some(platform.token().clone())).map_err(|it| Failure::new(FAILED, it.to_string()))?;
    name_sandbox(out, platform.sandbox(), it.headless);
    let (stop, met) = (CancellationToken::new(), Arc::new(Met::default()));
    let broken = watch(&platform, &stop, on);
    let say = move |text: &str| {
        if it.headless {
            out.note(text);
        } else {
            tracing::info!("{text}");
        }
    };
    let code = std::thread::scope(|scope| {
        let played = scope.spawn(|| {
            let client = Client::new(endpoint.clone());
            let played = on.block_on(play(client, &repos, &trackside, Arc::clone(&met), &stop, &say));
            if let Err(error) = &played {
                say(&format!("the story ends here: {error:#}"));
                stop.cancel();
            }
            played
        });
        let code = if it.headless {
            on.block_on(tell(out, Client::new(endpoint.clone()), it.seconds, &stop))
        } else {
            // The demo is a context of its own, whatever the config says of this machine's.
            let own = Settings { context: "demo".to_owned(), production: false, scope: None, ..dashboard::settings(config, look) };
            let settings = Settings { window: Some(WINDOW), ..own };
            let source = dashboard::connection(config, endpoint.clone());
            let until = Box::pin(stop.clone().cancelled_owned());
            dashboard::show(complaints, settings, vec![source], Plan::Live, Views::default(), on.handle(), (None, Some(until)))
        };
        stop.cancel();
        match (broken.get(), played.join()) {
            (Some(why), _) => Err(serve::broken(why)),
            (None, Ok(Err(error))) => Err(failed(error)),
            (None, Ok(Ok(()))) => code,
            (None, Err(_)) => Err(Failure::new(FAILED, "the demo's story stopped short".to_owned())),
        }
    });
    on.block_on(platform.stop());
    if it.headless {
        let (good, bad) = (met.answered.load(Ordering::Relaxed), met.failed.load(Ordering::Relaxed));
        out.note(&format!("{good} requests answered, {bad} failed"));
    }
    drop(folder);
    code
}

fn can_be_shown(it: &Demo) -> Result<(), Failure> {
    match refusal().filter(|_| !it.headless) {
        Some(why) => Err(Failure::new(USAGE, format!("{why}\n`trackside demo --headless` needs none."))),
        None => Ok(()),
    }
}

/// What the samples are written in. Without one of them nothing of the story would happen, and the dashboard would not know why.
const TOOLS: [&str; 9] = ["git", "sh", "cat", "date", "dirname", "head", "sed", "sleep", "tr"];

/// Fails if a tool of the samples is not in `path`.
fn needs(path: &std::ffi::OsStr) -> Result<(), Failure> {
    let missing: Vec<&str> = TOOLS.into_iter().filter(|it| !std::env::split_paths(path).any(|folder| folder.join(it).is_file())).collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(Failure::new(FAILED, format!("the demo's services are shell scripts in git repositories, and PATH has no {}", missing.join(", "))))
}

/// The demo's repositories are its own, so it goes on without a sandbox too; but whoever looks shall know.
fn name_sandbox(out: Out, level: Level, headless: bool) {
    if headless || level == Level::None {
        out.note(&format!("sandbox {level}: {}", level.says()));
    }
}

/// Ends the demo when its platform fails, and keeps why.
fn watch(platform: &Platform, stop: &CancellationToken, on: &Runtime) -> Arc<OnceLock<String>> {
    let (told, stop, broken) = (Arc::new(OnceLock::new()), stop.clone(), platform.broken());
    let keep = Arc::clone(&told);
    on.spawn(async move {
        let why = broken.await;
        let _ = keep.set(why);
        stop.cancel();
    });
    told
}

/// The usual platform, with what makes a story of minutes out of one of hours.
fn setup(folder: &Path, trackside: &Path) -> Setup {
    let mut setup = Setup::new(folder.join("data"), trackside);
    // The demo's own first deployments come all at once, and its story asks more than a person would.
    setup.rate_limit = 6000;
    // Quick enough that one who rolls back sees the incident close.
    setup.rules.calm = Millis::secs(45);
    setup
}

/// Sets the stage, sends the customers, plays the story, and goes on with the customers until `stop`.
async fn play(
    client: Client,
    repos: &Repos,
    trackside: &Path,
    met: Arc<Met>,
    stop: &CancellationToken,
    say: &(dyn Fn(&str) + Sync),
) -> color_eyre::Result<()> {
    let stage = tokio::select! {
        stage = Stage::set(client, repos, trackside) => stage?,
        () = stop.cancelled() => return Ok(()),
    };
    let shop = tokio::select! {
        shop = stage.shop(say) => shop?,
        () = stop.cancelled() => return Ok(()),
    };
    let customers = tokio::spawn(drive(shop, met, stop.clone()));
    stage.play(repos, stop, say).await;
    // An error here would be a panic of the customers' task; the demo ends all the same.
    let _ = customers.await;
    Ok(())
}

/// Says what happens, in lines, for `seconds` or until a signal.
async fn tell(out: Out, client: Client, seconds: Option<u64>, stop: &CancellationToken) -> Outcome {
    let mut told = Told::default();
    let began = tokio::time::Instant::now();
    let mut int = signal(SignalKind::interrupt())?;
    let mut term = signal(SignalKind::terminate())?;
    let mut hup = signal(SignalKind::hangup())?;
    loop {
        tokio::select! {
            _ = int.recv() => return Ok(0),
            _ = term.recv() => return Ok(128 + 15),
            _ = hup.recv() => return Ok(128 + 1),
            () = stop.cancelled() => return Ok(0),
            () = tokio::time::sleep(LOOK) => {}
        }
        let at = began.elapsed();
        if let Ok((_, snapshot)) = client.snapshot().await {
            for line in told.news(&snapshot) {
                out.answer(&serde_json::json!({ "s": at.as_secs_f64(), "text": line }), &format!("{:7.1}s  {line}", at.as_secs_f64()))?;
            }
        }
        if seconds.is_some_and(|most| at.as_secs() >= most) {
            return Ok(0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tool_that_the_story_needs_and_is_not_there_is_named_before_it_begins() {
        let folder = tempfile::tempdir().unwrap();
        for it in TOOLS.into_iter().filter(|it| *it != "sed") {
            std::fs::write(folder.path().join(it), "").unwrap();
        }
        let path = std::env::join_paths([Path::new("/nowhere"), folder.path()]).unwrap();
        let failure = needs(&path).unwrap_err();
        assert!(failure.text.ends_with("PATH has no sed"), "{failure}");
        std::fs::write(folder.path().join("sed"), "").unwrap();
        assert!(needs(&path).is_ok());
    }
}

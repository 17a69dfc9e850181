//! Which platform is meant, and the way to it.

use std::path::PathBuf;
use std::time::Duration;

use super::credentials::{Given, places};
use super::exit::{DENIED, Failure, USAGE};
use super::out::Out;
use crate::config::Config;
use crate::model::event::{Answer, Snapshot};
use crate::model::request::{Fault, Request};
use crate::model::text::Clean;
use crate::model::time::Millis;
use crate::platform::endpoint::Endpoint;
use crate::platform::token::place::{Place, file, kept};
use crate::platform::token::trouble::NoToken;
use crate::platform::trackside::client::Client;
use crate::platform::trackside::turn::degraded_words;
use crate::runtime::journal;
use crate::wire::rest::PLATFORM_FILE;

/// Longest wait for one's turn when the platform is asked too often: a script should rather be slow than end half-way.
const TURN: Millis = Millis::mins(1);
/// So often, then it is said that it does not work.
const TURNS: u32 = 5;

/// Where a program of ours keeps its things when nobody says otherwise.
pub fn data_dir(config: &Config) -> Result<PathBuf, Failure> {
    use etcetera::BaseStrategy as _;
    if let Some(data) = &config.data {
        return Ok(data.clone());
    }
    let base = etcetera::choose_base_strategy().map_err(|_| Failure::new(USAGE, "there is no home folder; name a folder with --data"))?;
    Ok(base.data_dir().join("trackside"))
}

/// The platform that the config and the command line mean. May run the command that gives its token.
pub fn endpoint(config: &Config, given: &Given) -> Result<Endpoint, Failure> {
    let Some(url) = &config.context.url else {
        let found = Endpoint::from_platform_file(&data_dir(config)?.join(PLATFORM_FILE))?;
        // The platform of this machine has a token of its own; only what was named for it on the command line goes before that.
        return match &given.token_file {
            Some(file) => found.with_token_from(vec![Place::File(file.clone())]).map_err(no_token),
            None => Ok(found),
        };
    };
    let mut endpoint = Endpoint::new(url, None)?;
    if let Some(file) = &config.context.ca_file {
        endpoint = endpoint.with_ca_file(file.clone());
    }
    endpoint.with_token_from(places(&config.context, given)).map_err(no_token)
}

/// By which kind of credential one gets in; never its value. Runs no command for it.
pub fn credential(config: &Config, given: &Given) -> Result<String, Failure> {
    if config.context.url.is_none() && given.token_file.is_none() {
        return Ok("the token file of the platform on this machine".to_owned());
    }
    for place in places(&config.context, given) {
        match &place {
            Place::File(path) => {
                return file(path).map(|_| format!("the file {}, readable by you alone", path.display())).map_err(no_token);
            }
            Place::Kept { path, .. } if !path.exists() => {}
            Place::Kept { path, url } => {
                return kept(path, url).map(|_| format!("kept by login in {}, readable by you alone", path.display())).map_err(no_token);
            }
            Place::Env(name) if std::env::var_os(name).is_none_or(|it| it.is_empty()) => {}
            Place::Given(_) => return Ok("TRACKSIDE_TOKEN of the environment".to_owned()),
            other => return Ok(other.words()),
        }
    }
    Err(Failure::new(DENIED, "there is no token"))
}

/// What can be seen to be wrong with a context without asking anybody, by the setting that says it.
pub fn wrong(config: &Config) -> Vec<(&'static str, String)> {
    let it = &config.context;
    let url = it.url.as_deref().and_then(|url| Endpoint::new(url, None).err()).map(|why| ("context.url", why.to_string()));
    let token = it.token_file.as_deref().and_then(|path| file(path).err()).map(|why| ("context.token_file", why.to_string()));
    let trust =
        it.ca_file.as_deref().and_then(|path| std::fs::File::open(path).err().map(|why| format!("ca_file {}: {why}", path.display())));
    url.into_iter().chain(token).chain(trust.map(|why| ("context.ca_file", why))).collect()
}

/// Why there is no token, as the end of a command.
#[expect(clippy::needless_pass_by_value, reason = "it is what an error is turned into another by")]
pub fn no_token(why: NoToken) -> Failure {
    Failure::new(DENIED, why.to_string())
}

/// A command's way to the platform, and to its own output.
#[derive(Clone, Debug)]
pub struct Reach {
    pub client: Client,
    /// The name of the context, for the activity log.
    pub context: String,
    /// Why nothing may be written here, if so.
    read_only: Option<&'static str>,
    pub out: Out,
}

/// Why nothing may be written in this context, if so; `flag`: the command line says so.
pub fn read_only(config: &Config, flag: bool) -> Option<&'static str> {
    if flag { Some("started with --read-only") } else { config.context.read_only.then_some("this context is read-only in the config") }
}

impl Reach {
    /// The way to the platform that is meant.
    pub fn new(out: Out, config: &Config, given: &Given, read_only: Option<&'static str>) -> Result<Self, Failure> {
        Ok(Self { client: Client::new(endpoint(config, given)?), context: config.context.name.clone(), read_only, out })
    }

    /// Refuses what would change something, where nothing may be.
    pub fn may_write(&self) -> Result<(), Failure> {
        let Some(why) = self.read_only else { return Ok(()) };
        Err(Failure::new(DENIED, format!("nothing was changed: {why} ({})", self.context)))
    }

    /// Everything there is.
    pub async fn all(&self) -> Result<Snapshot, Failure> {
        let (all, degraded) = self.whole().await?;
        if let Some(why) = &degraded {
            self.out.note(&degraded_words(why));
        }
        Ok(all)
    }

    /// The same, and why the platform cannot write what happens, while that is so.
    pub async fn whole(&self) -> Result<(Snapshot, Option<Clean>), Failure> {
        let whole = self.in_turn(async || self.client.whole().await).await?;
        let all = whole.snapshot;
        for (kind, n) in &all.unreadable {
            self.out.note(&format!("{n} {kind} could not be read; this version may be too old for the platform"));
        }
        Ok((all, whole.degraded))
    }

    /// Asks, and again once the platform that was asked too often takes requests again.
    pub async fn in_turn<T, E: Into<Fault>>(&self, ask: impl AsyncFn() -> Result<T, E>) -> Result<T, Fault> {
        let mut turns = 0;
        loop {
            match ask().await.map_err(Into::into) {
                Err(Fault::RateLimited(wait)) if wait <= TURN && turns < TURNS => {
                    turns += 1;
                    self.out.note(&format!("the platform was asked too often; going on in {}", wait.long()));
                    tokio::time::sleep(Duration::from_millis(wait.0.unsigned_abs())).await;
                }
                other => return other,
            }
        }
    }

    /// Asks for a write and says what was done.
    pub async fn write(&self, request: &Request) -> Result<Answer, Failure> {
        self.may_write()?;
        let answer = self.in_turn(async || self.client.ask(request, "cli", None).await).await;
        let answer = match answer {
            Ok(Answer::Failed(fault)) => Err(fault),
            other => other,
        };
        self.note(request, &answer);
        Ok(answer?)
    }

    /// Writes down what was asked for, and what came of it.
    fn note(&self, request: &Request, answer: &Result<Answer, Fault>) {
        let (state, text) = match answer {
            Ok(Answer::Done { text, .. }) => ("done", text.to_string()),
            Ok(_) => ("done", String::new()),
            Err(fault) => ("failed", fault.to_string()),
        };
        let line = serde_json::json!({
            "at": super::clock::now(), "context": self.context, "via": "cli", "request": request.name(), "what": about(request),
            "state": state, "answer": text,
        });
        let noted = super::log_file::state_dir().map(|it| journal::append(&it, &line.to_string()));
        if let Some(Err(err)) = noted {
            tracing::warn!(%err, "the activity log could not be written");
        }
    }

    /// The same, for a command that does nothing else.
    pub async fn write_and_say(&self, request: &Request) -> Result<u8, Failure> {
        let answer = self.write(request).await?;
        if let Answer::Done { text, object } = &answer {
            self.out.answer(&serde_json::json!({ "text": text, "object": object }), text)?;
        }
        Ok(super::exit::OK)
    }
}

/// What a request is about, as data; of a variable its name alone.
fn about(request: &Request) -> serde_json::Value {
    let mut all = serde_json::to_value(request).unwrap_or_default();
    if let Some(inner) = all.as_object_mut().and_then(|it| it.values_mut().next())
        && let Some(variables) = inner.get_mut("variables").and_then(serde_json::Value::as_array_mut)
    {
        for pair in variables.iter_mut() {
            *pair = pair.get(0).cloned().unwrap_or_default();
        }
    }
    all
}

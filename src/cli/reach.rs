//! Which platform is meant, and the way to it.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::SecretString;

use super::exit::{DENIED, Failure, USAGE};
use super::out::Out;
use crate::config::Config;
use crate::model::event::{Answer, Snapshot};
use crate::model::request::{Fault, Request};
use crate::model::text::Clean;
use crate::model::time::Millis;
use crate::platform::endpoint::Endpoint;
use crate::platform::trackside::client::Client;
use crate::platform::trackside::turn::degraded_words;
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

/// The platform that the config and the command line mean.
pub fn endpoint(config: &Config) -> Result<Endpoint, Failure> {
    let Some(url) = &config.context.url else {
        return Ok(Endpoint::from_platform_file(&data_dir(config)?.join(PLATFORM_FILE))?);
    };
    let token = match &config.context.token_file {
        Some(file) => Some(token(file)?),
        None => std::env::var("TRACKSIDE_TOKEN").ok().filter(|it| !it.is_empty()).map(SecretString::from),
    };
    let mut endpoint = Endpoint::new(url, token)?;
    if let Some(file) = &config.context.ca_file {
        endpoint = endpoint.with_ca_file(file.clone());
    }
    if let Some(file) = &config.context.token_file {
        endpoint = endpoint.with_token_file(file.clone());
    }
    Ok(endpoint)
}

/// By which kind of credential one gets in; never its value.
pub fn credential(config: &Config) -> Result<String, Failure> {
    if config.context.url.is_none() {
        return Ok("the token file of the platform on this machine".to_owned());
    }
    if let Some(file) = &config.context.token_file {
        return token(file).map(|_| format!("the file {}, readable by you alone", file.display()));
    }
    match std::env::var_os("TRACKSIDE_TOKEN").is_some_and(|it| !it.is_empty()) {
        true => Ok("TRACKSIDE_TOKEN of the environment".to_owned()),
        false => Err(Failure::new(DENIED, "there is no token")),
    }
}

fn token(file: &Path) -> Result<SecretString, Failure> {
    let no = |why: String| Failure::new(DENIED, format!("the token file {}: {why}", file.display()));
    let mode = std::fs::metadata(file).map_err(|err| no(err.to_string()))?.permissions().mode();
    if mode & 0o077 != 0 {
        return Err(no(format!("others can read it; `chmod 600 {}` mends that", file.display())));
    }
    let text = std::fs::read_to_string(file).map_err(|err| no(err.to_string()))?;
    Ok(SecretString::from(text.trim().to_owned()))
}

/// A command's way to the platform, and to its own output.
#[derive(Clone, Debug)]
pub struct Reach {
    pub client: Client,
    pub out: Out,
}

impl Reach {
    /// The way to the platform that is meant.
    pub fn new(out: Out, config: &Config) -> Result<Self, Failure> {
        Ok(Self { client: Client::new(endpoint(config)?), out })
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
        let answer = self.in_turn(async || self.client.ask(request, "cli", None).await).await?;
        if let Answer::Failed(fault) = answer {
            return Err(fault.into());
        }
        Ok(answer)
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

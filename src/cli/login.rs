//! `trackside login`, `logout`, `whoami`: a token that was tried, kept where only this person can read it. It is never shown.

use std::io::{BufRead as _, IsTerminal as _, Read as _};

use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
use secrecy::{ExposeSecret as _, SecretString};

use super::config_args::Login;
use super::config_file;
use super::credentials::{Given, entry};
use super::exit::{DENIED, FAILED, Failure, OK, Outcome, USAGE};
use super::out::Out;
use super::reach::{self, Reach};
use crate::config::edit::set;
use crate::config::{Config, Context, Layers};
use crate::platform::endpoint::Endpoint;
use crate::platform::token::keyring;
use crate::platform::token::place::{Place, first, for_keeping};
use crate::platform::trackside::client::Client;

/// Bytes that are read of a token.
const MOST: u64 = 8 * 1024;

/// Keeps a token for the context that is meant.
pub async fn login(out: Out, layers: &Layers, config: &Config, it: Login) -> Outcome {
    let context = &config.context;
    let (url, kept) = keepable(layers, context)?;
    let named = if !context.token_command.is_empty() {
        Some("token_command")
    } else if context.token_file.is_some() {
        Some("token_file")
    } else {
        context.token_env.is_some().then_some("token_env")
    };
    if let Some(key) = named {
        let name = &context.name;
        return Err(Failure::new(
            USAGE,
            format!("the context {name} takes its token from its `{key}`; without that line, login can keep one"),
        ));
    }
    let in_ring = it.keyring || context.keyring;
    if let Some(why) = keyring::absent().filter(|_| in_ring) {
        return Err(Failure::new(FAILED, why.to_owned()));
    }
    let token = ask(&format!("token for {} ({url}): ", context.name))?;
    let mut endpoint = Endpoint::new(url, Some(token.clone()))?;
    if let Some(file) = &context.ca_file {
        endpoint = endpoint.with_ca_file(file.clone());
    }
    let me = Client::new(endpoint).me().await.map_err(|why| {
        let failure = Failure::from(why);
        Failure::new(failure.code, format!("nothing is kept: {}", failure.text.lines().next().unwrap_or_default()))
    })?;
    let place = if in_ring {
        let entry = entry(context).ok_or_else(|| Failure::new(USAGE, "this context has no address".to_owned()))?;
        entry.store(&token).map_err(reach::no_token)?;
        if !context.keyring {
            config_file::change(layers.path(), |text| set(text, &context.name, "keyring", &toml::Value::Boolean(true)))?;
        }
        // One token, in one place.
        let _ = std::fs::remove_file(kept);
        "the keyring".to_owned()
    } else {
        config_file::keep_secret(&kept, for_keeping(&token, url).expose_secret())?;
        kept.display().to_string()
    };
    let role = me.role.as_ref().map(|it| format!(", {it}")).unwrap_or_default();
    let text = format!("signed in at {url} as {}{role}; the token is in {place}", me.user);
    out.answer(&serde_json::json!({ "context": context.name, "url": url, "user": me.user, "role": me.role, "kept_in": place }), &text)?;
    Ok(OK)
}

/// Takes the token out again that `login` kept.
pub fn logout(out: Out, layers: &Layers, config: &Config) -> Outcome {
    let context = &config.context;
    let (_, kept) = keepable(layers, context)?;
    let mut from = Vec::new();
    if config_file::drop_secret(&kept).map_err(|err| Failure::new(FAILED, format!("{}: {err}", kept.display())))? {
        from.push(kept.display().to_string());
    }
    if let Some(entry) = entry(context).filter(|_| context.keyring) {
        entry.clear().map_err(reach::no_token)?;
        from.push("the keyring".to_owned());
    }
    let text = if from.is_empty() {
        format!("no token was kept for {}", context.name)
    } else {
        let from = from.join(" and ");
        format!(
            "the token of {} is gone from {from}; on the platform it stays good until it is revoked (`trackside token revoke`)",
            context.name
        )
    };
    out.answer(&serde_json::json!({ "context": context.name, "removed_from": from }), &text)?;
    Ok(OK)
}

/// Who we are there, and what may be done.
pub async fn whoami(reach: &Reach, config: &Config, given: &Given) -> Outcome {
    let me = reach.in_turn(async || reach.client.me().await).await?;
    let context = &config.context;
    let from = match &context.url {
        None if given.token_file.is_none() => "the platform's own, of this machine".to_owned(),
        // Which place it was is known by asking again; a command was just asked, so it is not asked twice.
        _ => {
            let places = super::credentials::places(context, given);
            let quiet = places.iter().take_while(|it| !matches!(it, Place::Command(_) | Place::Keyring(_)));
            match first(&quiet.cloned().collect::<Vec<_>>()) {
                Ok(Some((_, place))) => place.words(),
                _ => places
                    .iter()
                    .find(|it| matches!(it, Place::Command(_) | Place::Keyring(_)))
                    .map_or_else(|| "nowhere".to_owned(), Place::words),
            }
        }
    };
    let url = reach.client.http().endpoint().url().to_owned();
    let role = me.role.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string);
    let text = format!("{} ({role}) in {} at {url}\ntoken from {from}", me.user, context.name);
    let said = serde_json::json!({ "user": me.user, "role": me.role, "context": context.name, "url": url, "token": from, "production": context.production, "read_only": context.read_only });
    reach.out.answer(&said, &text)?;
    Ok(OK)
}

/// Its address, and the file in which a token can be kept for it.
fn keepable<'a>(layers: &Layers, context: &'a Context) -> Result<(&'a str, std::path::PathBuf), Failure> {
    let Some(url) = &context.url else {
        let why =
            format!("{} is the platform of this machine, which needs no login; another context is named with --context", context.name);
        return Err(Failure::new(USAGE, why));
    };
    match Given::of_another(layers.path()).kept(&context.name) {
        Some(path) if !layers.ad_hoc() => Ok((url, path)),
        _ => {
            let why = format!("give it a name first: `trackside context add NAME --url {url}`, then `trackside login --context NAME`");
            Err(Failure::new(USAGE, why))
        }
    }
}

/// Reads a token: without showing it where a person types it.
fn ask(prompt: &str) -> Result<SecretString, Failure> {
    let stdin = std::io::stdin();
    let hidden = stdin.is_terminal().then(|| Hidden::new(prompt)).transpose()?;
    let mut line = String::new();
    let read = stdin.lock().take(MOST).read_line(&mut line);
    drop(hidden);
    read.map_err(|err| Failure::new(FAILED, format!("no token could be read: {err}")))?;
    let token = SecretString::from(line.trim());
    if token.expose_secret().is_empty() {
        return Err(Failure::new(DENIED, "no token was given, so nothing was changed".to_owned()));
    }
    Ok(token)
}

/// The terminal shows nothing of what is typed, until this is dropped.
struct Hidden(rustix::termios::Termios);

impl Hidden {
    fn new(prompt: &str) -> Result<Self, Failure> {
        let no = |err: rustix::io::Errno| Failure::new(FAILED, format!("the terminal cannot be asked to show nothing: {err}"));
        let before = tcgetattr(std::io::stdin()).map_err(no)?;
        let mut quiet = before.clone();
        quiet.local_modes.remove(LocalModes::ECHO);
        tcsetattr(std::io::stdin(), OptionalActions::Flush, &quiet).map_err(no)?;
        super::out::ask(prompt);
        Ok(Self(before))
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        let _ = tcsetattr(std::io::stdin(), OptionalActions::Now, &self.0);
        super::out::ask("\n");
    }
}

//! `trackside token …`

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use super::clock::now;
use super::exit::{FAILED, Failure, OK, Outcome, USAGE};
use super::reach::Reach;
use super::token_args::{NewToken, Token};
use crate::model::request::{self, Request};
use crate::model::time::{Millis, Time};
use crate::wire::tokens::TokenInfo;

/// Runs it.
pub async fn run(reach: &Reach, command: Token) -> Outcome {
    match command {
        Token::Create(it) => create(reach, it).await,
        Token::List => list(reach).await,
        Token::Revoke { name } => reach.write_and_say(&Request::RevokeToken(name)).await,
    }
}

async fn create(reach: &Reach, it: NewToken) -> Outcome {
    reach.may_write()?;
    // First, so that no token is made which then has nowhere to go.
    let file = it.file.as_deref().map(new_file).transpose()?;
    let expires_in = it.expires.map(|it| Millis(i64::try_from(it.as_millis()).unwrap_or(i64::MAX)));
    let new = request::NewToken { name: it.name.clone(), role: it.role, expires_in };
    let made = reach.in_turn(async || reach.client.create_token(&new, "cli").await).await;
    let secret = match made {
        Ok(made) => made.secret.map(|it| (made.text, it)).ok_or_else(|| lost(&it.name)),
        Err(fault) => Err(fault.into()),
    };
    let (text, secret) = secret.inspect_err(|_| {
        if let Some(path) = &it.file {
            // Empty, and ours; a file that stays would be in the way of the next try.
            let _ = std::fs::remove_file(path);
        }
    })?;
    if let (Some(mut file), Some(path)) = (file, &it.file) {
        let written = writeln!(file, "{secret}").and_then(|()| file.sync_all());
        written.map_err(|err| Failure::new(FAILED, format!("{}: {err}; the token is lost, revoke it: {}", path.display(), it.name)))?;
        let said = format!("{text}\nin {}; name it with --token-file", path.display());
        reach.out.answer(&serde_json::json!({ "text": text, "name": it.name, "file": path }), &said)?;
        return Ok(OK);
    }
    if !reach.out.is_json() {
        reach.out.note(&format!("{text}\nKeep it: it is not shown again."));
    }
    reach.out.answer(&serde_json::json!({ "text": text, "name": it.name, "secret": secret }), &secret)?;
    Ok(OK)
}

fn lost(name: &str) -> Failure {
    Failure::new(
        FAILED,
        format!("the token was made, but its answer was lost on the way; `trackside token revoke {name}` and make it again"),
    )
}

fn new_file(path: &Path) -> Result<std::fs::File, Failure> {
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    file.map_err(|err| Failure::new(USAGE, format!("the file {} cannot be made: {err}", path.display())))
}

async fn list(reach: &Reach) -> Outcome {
    let all = reach.in_turn(async || reach.client.tokens().await).await?;
    if reach.out.is_json() {
        reach.out.json(&all)?;
        return Ok(OK);
    }
    let rows: Vec<Vec<String>> = all.iter().map(|it| row(it, now())).collect();
    reach.out.table(&rows)?;
    Ok(OK)
}

/// Name, role, how long it is good for, who made it.
fn row(it: &TokenInfo, now: Time) -> Vec<String> {
    let life = match it.expires {
        None => "until revoked".to_owned(),
        Some(at) if at <= now => format!("ended {at}"),
        Some(at) => format!("ends in {}", at.since(now).short()),
    };
    let by = match (&it.by, it.created) {
        (Some(by), Some(at)) => format!("made by {by} {at}"),
        _ => "the platform's own, in its data folder".to_owned(),
    };
    vec![it.name.to_string(), it.role.to_string(), life, by]
}

//! `trackside context …`

use toml::Value;

use super::config_args::{Context as Asked, NewContext};
use super::config_file;
use super::credentials::{Given, entry, places};
use super::exit::{Failure, NOT_FOUND, OK, Outcome, USAGE};
use super::out::Out;
use crate::config::edit::{add, choose, choose_none, remove};
use crate::config::{Config, LOCAL, Layers, check_name};
use crate::platform::endpoint::Endpoint;
use crate::platform::token::place::Place;

/// A context, for programs.
#[derive(serde::Serialize)]
struct Said {
    name: String,
    /// Used when nobody names another.
    chosen: bool,
    /// `null`: the platform of this machine.
    url: Option<String>,
    production: bool,
    read_only: bool,
    /// Where its token may come from, in their order; never a token.
    token: Vec<String>,
}

/// Runs it. `url` and so on are what the command line says of a new context.
pub fn run(out: Out, layers: &Layers, common: &super::args::Common, command: Asked) -> Outcome {
    match command {
        Asked::List => list(out, layers),
        Asked::Use { name } => {
            known(layers, &name)?;
            config_file::change(layers.path(), |text| if name == LOCAL { choose_none(text) } else { choose(text, &name) })?;
            say(out, &name, &format!("{name} is used from now on, unless --context or TRACKSIDE_CONTEXT names another"))
        }
        Asked::Add(it) => new(out, layers, common, &it),
        Asked::Remove { name } => gone(out, layers, &name),
    }
}

fn say(out: Out, name: &str, text: &str) -> Outcome {
    out.answer(&serde_json::json!({ "context": name, "text": text }), text)?;
    Ok(OK)
}

fn known(layers: &Layers, name: &str) -> Result<Config, Failure> {
    layers.config(Some(name)).map(|it| it.0).map_err(|why| Failure::new(NOT_FOUND, why.to_string()))
}

fn list(out: Out, layers: &Layers) -> Outcome {
    let (chosen, given) = (layers.chosen(), Given::of_another(layers.path()));
    let mut all = Vec::new();
    for name in layers.names() {
        let context = known(layers, &name)?.context;
        let token = if context.url.is_some() {
            places(&context, &given).iter().filter(|it| is_there(it)).map(Place::words).collect()
        } else {
            Vec::new()
        };
        all.push(Said {
            chosen: name == chosen,
            name,
            url: context.url,
            production: context.production,
            read_only: context.read_only,
            token,
        });
    }
    if out.is_json() {
        out.json(&all)?;
        return Ok(OK);
    }
    let rows = all.into_iter().map(|it| {
        let marks = [it.production.then_some("PROD"), it.read_only.then_some("read-only")];
        let token = match (&it.url, it.token.first()) {
            (None, _) => String::new(),
            (Some(_), Some(first)) => format!("token from {first}"),
            (Some(_), None) => "no token; `trackside login`".to_owned(),
        };
        let mark = if it.chosen { "*" } else { " " };
        let at = it.url.unwrap_or_else(|| "this machine".to_owned());
        vec![format!("{mark} {}", it.name), at, marks.into_iter().flatten().collect::<Vec<_>>().join(" "), token]
    });
    out.table(&rows.collect::<Vec<_>>())?;
    Ok(OK)
}

fn is_there(place: &Place) -> bool {
    match place {
        Place::Kept { path, .. } => path.exists(),
        _ => true,
    }
}

fn new(out: Out, layers: &Layers, common: &super::args::Common, it: &NewContext) -> Outcome {
    let no = |why: String| Failure::new(USAGE, why);
    check_name(&it.name).map_err(no)?;
    if layers.config(Some(&it.name)).is_ok() {
        let why =
            if it.name == LOCAL { "is the platform of this machine" } else { "is there already; `trackside context remove` takes it out" };
        return Err(no(format!("the context {} {why}", it.name)));
    }
    let Some(url) = &common.url else { return Err(no("where is it? Name its address with --url".to_owned())) };
    // Before it is written, not when it is used.
    Endpoint::new(url, None)?;
    let text = |it: &str| Value::String(it.to_owned());
    let mut settings = vec![("url", text(url))];
    let path = |it: &std::path::Path| std::path::absolute(it).map(|it| text(&it.display().to_string()));
    for (key, on) in [("production", it.production), ("read_only", it.read_only)] {
        settings.extend(on.then_some((key, Value::Boolean(true))));
    }
    let command = it.token_command.as_ref().map(|it| Value::Array(it.split_whitespace().map(text).collect()));
    settings.extend(command.map(|it| ("token_command", it)));
    for (key, value) in [("theme", &it.theme), ("scope", &it.scope), ("token_env", &it.token_env)] {
        settings.extend(value.as_deref().map(|it| (key, text(it))));
    }
    for (key, value) in [("token_file", &common.token_file), ("ca_file", &common.ca_file)] {
        settings.extend(value.as_deref().map(path).transpose()?.map(|it| (key, it)));
    }
    config_file::change(layers.path(), |old| {
        let new = add(old, &it.name, &settings)?;
        if it.chosen { choose(&new, &it.name) } else { Ok(new) }
    })?;
    let has_token = settings.iter().any(|it| it.0.starts_with("token_"));
    let next = if has_token { String::new() } else { format!("; `trackside login --context {}` keeps a token for it", it.name) };
    say(out, &it.name, &format!("the context {} is added{next}", it.name))
}

fn gone(out: Out, layers: &Layers, name: &str) -> Outcome {
    let context = known(layers, name)?.context;
    if context.url.is_none() && name == LOCAL {
        return Err(Failure::new(USAGE, "the platform of this machine is always there".to_owned()));
    }
    config_file::change(layers.path(), |text| remove(text, name))?;
    let kept = Given::of_another(layers.path()).kept(name);
    let mut with = "";
    if kept.is_some_and(|it| std::fs::remove_file(it).is_ok()) {
        with = ", and the token that was kept for it";
    }
    if let Some(entry) = entry(&context).filter(|_| context.keyring) {
        match entry.clear() {
            Ok(()) => with = ", and its token in the keyring",
            Err(why) => out.note(&format!("its token stays in the keyring: {why}")),
        }
    }
    say(out, name, &format!("the context {name} is removed{with}"))
}

//! `trackside config …`

use super::config_args::Config as Asked;
use super::config_file;
use super::exit::{FAILED, Failure, OK, Outcome, USAGE};
use super::out::Out;
use super::themes;
use crate::config::{Complaint, Layers, Shown, sample, schema, shown};

/// Runs it.
pub fn run(out: Out, layers: &Layers, mut complaints: Vec<Complaint>, command: &Asked) -> Outcome {
    let path = layers.path().display().to_string();
    match command {
        Asked::Path => out.answer(&serde_json::json!({ "path": path, "exists": layers.path().exists() }), &path)?,
        // Line by line: one text is only so long.
        Asked::Schema => schema().lines().try_for_each(|it| out.line(it))?,
        Asked::Init => {
            if layers.path().exists() {
                return Err(Failure::new(USAGE, format!("there is {path} already; `trackside config show` says how everything is set")));
            }
            config_file::change(layers.path(), |_| Ok(sample()))?;
            out.answer(&serde_json::json!({ "path": path }), &format!("{path} is written; every setting in it says how it is without it"))?;
        }
        Asked::Check => {
            complaints.extend(whole(layers));
            return check(out, &path, &complaints);
        }
        Asked::Show { origin } => {
            for it in &complaints {
                out.note(&format!("trackside: {it}"));
            }
            show(out, layers, *origin)?;
        }
    }
    Ok(OK)
}

/// What is wrong with the contexts, each of them.
fn whole(layers: &Layers) -> Vec<Complaint> {
    let file = |text: String| Complaint {
        origin: crate::config::Origin::File { path: layers.path().display().to_string(), line: 0 },
        text,
        key: None,
    };
    let mut all: Vec<Complaint> = layers.config(None).err().map(|why| file(why.to_string())).into_iter().collect();
    for name in layers.names() {
        match layers.config(Some(&name)) {
            Ok((config, complaints)) => {
                all.extend(complaints);
                let of =
                    |key: &str, text: String| Complaint { origin: layers.origin_of(Some(&name), key), text, key: Some(key.to_owned()) };
                all.extend(super::reach::wrong(&config).into_iter().map(|(key, why)| of(key, format!("context {name}: {why}"))));
                all.extend(themes::wrong(&config.theme, &layers.origin_of(Some(&name), "theme")));
            }
            Err(why) => all.push(file(why.to_string())),
        }
    }
    // What all contexts share is said once.
    let mut said: Vec<Complaint> = Vec::new();
    for it in all {
        if !said.contains(&it) {
            said.push(it);
        }
    }
    said
}

fn check(out: Out, path: &str, complaints: &[Complaint]) -> Outcome {
    if out.is_json() {
        let said: Vec<_> =
            complaints.iter().map(|it| serde_json::json!({ "at": it.origin.to_string(), "key": it.key, "text": it.text })).collect();
        out.json(&serde_json::json!({ "path": path, "complaints": said }))?;
    } else if complaints.is_empty() {
        out.line(&format!("{path}: nothing to complain about"))?;
    }
    for it in complaints.iter().filter(|_| !out.is_json()) {
        out.line(&it.to_string())?;
    }
    Ok(if complaints.is_empty() { OK } else { FAILED })
}

fn show(out: Out, layers: &Layers, origin: bool) -> Result<(), Failure> {
    let given = layers.merged(None).map_err(|why| Failure::new(USAGE, why.to_string()))?;
    let all: Vec<Shown> = shown(&given);
    if out.is_json() {
        out.json(&all)?;
        return Ok(());
    }
    let rows = all.iter().map(|it| {
        let value = if it.value.is_empty() { it.without } else { &it.value };
        let mut row = vec![format!("{} = {value}", it.key)];
        if origin {
            row.push(format!("# {}", it.origin));
        }
        row
    });
    out.table(&rows.collect::<Vec<_>>())?;
    Ok(())
}

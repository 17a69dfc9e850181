//! `trackside doctor`: looks at everything that must be right for the rest to work, and says what to do where it is not. Changes nothing.

use serde::Serialize;

use super::check::{Check, Verdict};
use super::credentials::Given;
use super::exit::{FAILED, OK, Outcome};
use super::out::Out;
use super::{doctor_machine, doctor_source, doctor_terminal};
use crate::config::{Complaint, Config};

/// The answer for programs.
#[derive(Serialize)]
struct Said<'a> {
    /// Nothing fails.
    ok: bool,
    checks: &'a [Check],
}

/// Runs it.
pub async fn run(out: Out, config: &Config, given: &Given, file: &std::path::Path, complaints: &[Complaint]) -> Outcome {
    let mut checks = doctor_terminal::checks(|name| std::env::var(name).ok(), &doctor_terminal::Facts::read());
    checks.extend(settings(file, complaints));
    checks.extend(doctor_source::checks(config, given).await);
    checks.extend(doctor_machine::checks(config).await);
    let worst = checks.iter().map(|it| it.verdict).max().unwrap_or(Verdict::Ok);
    if out.is_json() {
        out.json(&Said { ok: worst < Verdict::Fail, checks: &checks })?;
    } else {
        say(out, &checks)?;
    }
    Ok(if worst == Verdict::Fail { FAILED } else { OK })
}

fn say(out: Out, checks: &[Check]) -> std::io::Result<()> {
    let mut area = "";
    for it in checks {
        if it.area != area {
            out.line(&format!("{}{}", if area.is_empty() { "" } else { "\n" }, it.area))?;
            area = it.area;
        }
        out.line(&format!("  {:<4}  {:<12} {}", it.verdict.word(), it.name, it.text))?;
        if let Some(hint) = &it.hint {
            out.line(&format!("        {:<12} → {hint}", ""))?;
        }
    }
    let of = |verdict| checks.iter().filter(|it| it.verdict == verdict).count();
    out.line(&format!("\n{} ok, {} to look at, {} that fail", of(Verdict::Ok), of(Verdict::Warn), of(Verdict::Fail)))
}

/// The config file and what is wrong with it.
fn settings(file: &std::path::Path, complaints: &[Complaint]) -> Vec<Check> {
    let shown = file.display();
    let there = match std::fs::metadata(file) {
        Ok(_) => Check::ok("config", "file", shown.to_string()),
        Err(err) if err.kind() == std::io::ErrorKind::NotFound => {
            Check::ok("config", "file", format!("{shown} is not there; defaults hold"))
        }
        Err(err) => Check::fail("config", "file", format!("{shown}: {err}"), "make it readable, or name another with --config"),
    };
    let bad = complaints.iter().map(|it| Check::warn("config", "setting", it.to_string(), "mend the line; the rest of the file is used"));
    std::iter::once(there).chain(bad).collect()
}

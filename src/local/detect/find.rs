//! Looks at a repository's files and makes a plan. Reads files; starts nothing.

use std::fs;
use std::path::Path;

use crate::model::service::ServiceKind;

use super::declared::{self, Declared};
use super::plan::{Plan, Start};

/// A file that tells how to build is never larger than this.
const MOST: u64 = 1024 * 1024;
/// Where builds of web front ends leave their files.
const OUTPUTS: [&str; 4] = ["dist", "build", "out", "public"];

/// The plan for the repository in `folder`; `wanted` is what its service was said to be.
pub fn detect(folder: &Path, wanted: Option<&ServiceKind>) -> Result<Plan, String> {
    let declared = declared::read(folder)?;
    let found = look(folder, wanted);
    let mut plan = match declared {
        Some(it) => merge(it, found)?,
        None => found?,
    };
    if let Some(kind) = wanted {
        plan.kind = kind.clone();
    }
    if plan.kind == ServiceKind::Cron && plan.schedule.is_none() {
        return Err("a cron service needs a schedule: put `schedule = \"*/10 * * * *\"` into its trackside.toml".to_owned());
    }
    Ok(plan)
}

fn merge(said: Declared, found: Result<Plan, String>) -> Result<Plan, String> {
    let start = match (said.start, said.files) {
        (Some(line), _) => Some(Start::Command(line)),
        (None, Some(folder)) => Some(Start::Files(vec![folder])),
        (None, None) => None,
    };
    let mut plan = if let Some(start) = start {
        let kind = if matches!(start, Start::Files(_)) { ServiceKind::Static } else { ServiceKind::Web };
        let (path, variables) = found.map_or_else(|_| (Vec::new(), Vec::new()), |it| (it.path, it.variables));
        Plan { build: said.build, path, variables, ..plan(kind, start, "trackside.toml says what to do") }
    } else {
        let mut it = found?;
        it.build = said.build.or(it.build);
        it.why.push("trackside.toml says more".to_owned());
        it
    };
    if said.schedule.is_some() {
        plan.kind = ServiceKind::Cron;
    }
    plan.kind = said.kind.unwrap_or(plan.kind);
    plan.health = said.health;
    plan.schedule = said.schedule;
    Ok(plan)
}

fn plan(kind: ServiceKind, start: Start, why: &str) -> Plan {
    Plan { kind, build: None, start, health: None, schedule: None, path: Vec::new(), variables: Vec::new(), why: vec![why.to_owned()] }
}

fn look(folder: &Path, wanted: Option<&ServiceKind>) -> Result<Plan, String> {
    let language = [cargo, node, python].iter().find_map(|it| it(folder)).transpose();
    if let Some((kind, line, name)) = procfile(folder, wanted) {
        // A Procfile says what to start; how to build is still the language's matter.
        let mut it = plan(kind, Start::Command(line), &format!("Procfile: starting its `{name}`"));
        if let Ok(Some(built)) = language {
            (it.build, it.path, it.variables) = (built.build, built.path, built.variables);
            it.why.extend(built.why);
        }
        return Ok(it);
    }
    match language? {
        Some(it) => Ok(it),
        None => make(folder).or_else(|| files(folder)).ok_or_else(|| {
            "nothing to run was found; looked for trackside.toml, Procfile, Cargo.toml, package.json, pyproject.toml, requirements.txt, main.py, app.py, \
             a Makefile with `run`, and index.html. Say in a trackside.toml what to do: start = \"…\", and build = \"…\" if it is to be built"
                .to_owned()
        }),
    }
}

fn read(folder: &Path, name: &str) -> Option<String> {
    let file = folder.join(name);
    if fs::metadata(&file).ok()?.len() > MOST {
        return None;
    }
    fs::read_to_string(file).ok()
}

fn procfile(folder: &Path, wanted: Option<&ServiceKind>) -> Option<(ServiceKind, String, String)> {
    let text = read(folder, "Procfile")?;
    let entries: Vec<(&str, &str)> =
        text.lines().filter(|it| !it.trim_start().starts_with('#')).filter_map(|it| it.split_once(':')).collect();
    let preferred = wanted.map_or("web", ServiceKind::word);
    let (name, line) =
        entries.iter().find(|(name, _)| name.trim() == preferred).or_else(|| entries.iter().find(|(name, _)| name.trim() != "release"))?;
    let kind = if name.trim() == "web" { ServiceKind::Web } else { ServiceKind::Worker };
    Some((kind, line.trim().to_owned(), name.trim().to_owned()))
}

fn cargo(folder: &Path) -> Option<Result<Plan, String>> {
    let text = read(folder, "Cargo.toml")?;
    let root: toml::Table = match toml::from_str(&text) {
        Ok(it) => it,
        Err(error) => return Some(Err(format!("Cargo.toml: {}", error.to_string().trim_end()))),
    };
    let name_of = |it: &toml::Value| Some(it.get("name")?.as_str()?.to_owned());
    let package = root.get("package");
    let chosen = package.and_then(|it| it.get("default-run")?.as_str().map(str::to_owned));
    let listed = root.get("bin").and_then(|it| name_of(it.as_array()?.first()?));
    let main = package.filter(|_| folder.join("src/main.rs").is_file()).and_then(name_of);
    let Some(bin) = chosen.or(main).or(listed) else {
        return Some(Err(
            "Cargo.toml names no program to start (a workspace or a library): say in a trackside.toml what to build and start".to_owned(),
        ));
    };
    let locked = if folder.join("Cargo.lock").is_file() { " --locked" } else { "" };
    let mut it = plan(
        ServiceKind::Web,
        Start::Command(format!("exec target/release/{}", quote(&bin))),
        &format!("Cargo.toml: a Rust program, `{bin}`"),
    );
    it.build = Some(format!("cargo build --release{locked} --bin {}", quote(&bin)));
    Some(Ok(it))
}

fn node(folder: &Path) -> Option<Result<Plan, String>> {
    let text = read(folder, "package.json")?;
    let root: serde_json::Value = match serde_json::from_str(&text) {
        Ok(it) => it,
        Err(error) => return Some(Err(format!("package.json: {error}"))),
    };
    let script = |name: &str| root["scripts"][name].as_str().is_some();
    let has = |name: &str| folder.join(name).is_file();
    let needs = ["dependencies", "devDependencies"].iter().any(|it| root[*it].as_object().is_some_and(|it| !it.is_empty()));
    let (tool, install) = match () {
        () if has("pnpm-lock.yaml") => ("pnpm", Some("pnpm install --frozen-lockfile")),
        () if has("yarn.lock") => ("yarn", Some("yarn install --frozen-lockfile")),
        () if has("package-lock.json") || has("npm-shrinkwrap.json") => ("npm", needs.then_some("npm ci --no-audit --no-fund")),
        () => ("npm", needs.then_some("npm install --no-audit --no-fund")),
    };
    let build = script("build").then(|| format!("{tool} run build"));
    let main = root["main"]
        .as_str()
        .filter(|it| has(it))
        .or_else(|| ["server.js", "index.js", "app.js", "main.js"].into_iter().find(|it| has(it)));
    let (kind, start) =
        match main {
            _ if script("start") => (ServiceKind::Web, Start::Command(format!("{tool} start"))),
            Some(file) => (ServiceKind::Web, Start::Command(format!("exec node {}", quote(file)))),
            None if build.is_some() => (ServiceKind::Static, Start::Files(OUTPUTS.map(str::to_owned).to_vec())),
            None => return Some(Err(
                "package.json has neither a `start` script nor a `main` that is there: add one, or say in a trackside.toml what to start"
                    .to_owned(),
            )),
        };
    let mut it = plan(kind, start, &format!("package.json: a Node program ({tool})"));
    it.build = [install.map(str::to_owned), build].into_iter().flatten().reduce(|all, it| format!("{all} && {it}"));
    it.path = vec!["node_modules/.bin".to_owned()];
    Some(Ok(it))
}

fn python(folder: &Path) -> Option<Result<Plan, String>> {
    let requirements = read(folder, "requirements.txt");
    let project = read(folder, "pyproject.toml");
    let main = ["main.py", "app.py", "server.py"].into_iter().find(|it| folder.join(it).is_file());
    if requirements.is_none() && project.is_none() && main.is_none() {
        return None;
    }
    let needs = requirements.as_deref().is_some_and(|it| it.lines().any(|it| !it.trim().is_empty() && !it.trim_start().starts_with('#')));
    let depends = project
        .as_deref()
        .and_then(|it| toml::from_str::<toml::Table>(it).ok())
        .is_some_and(|it| it.get("project").and_then(|it| it.get("dependencies")?.as_array()).is_some_and(|it| !it.is_empty()));
    let install = if needs {
        Some(".venv/bin/pip install --disable-pip-version-check -r requirements.txt")
    } else if depends {
        Some(".venv/bin/pip install --disable-pip-version-check .")
    } else {
        None
    };
    let seen = if requirements.is_some() {
        "requirements.txt"
    } else if project.is_some() {
        "pyproject.toml"
    } else {
        main.unwrap_or_default()
    };
    let start = main.map(|it| format!("exec python3 {it}"));
    let has_procfile = folder.join("Procfile").is_file();
    let Some(start) = start.or_else(|| has_procfile.then(String::new)) else {
        return Some(Err(format!(
            "{seen}: a Python program, but there is no main.py, app.py or server.py: say in a Procfile (`web: …`) or a trackside.toml what to start"
        )));
    };
    let mut it = plan(ServiceKind::Web, Start::Command(start), &format!("{seen}: a Python program"));
    it.build = install.map(|it| format!("python3 -m venv .venv && {it}"));
    it.path = vec![".venv/bin".to_owned()];
    // Without it, Python holds lines back when it writes to a pipe, and the log lags behind.
    it.variables = vec![("PYTHONUNBUFFERED".to_owned(), "1".to_owned())];
    Some(Ok(it))
}

fn make(folder: &Path) -> Option<Plan> {
    let text = read(folder, "Makefile").or_else(|| read(folder, "makefile"))?;
    let target = |line: &str| {
        let (name, rest) = line.split_once(':')?;
        let plain =
            !name.is_empty() && !name.starts_with(['.', '\t', ' ', '#']) && !rest.starts_with('=') && !name.contains(['=', '$', '%']);
        plain.then(|| name.trim().to_owned())
    };
    let targets: Vec<String> = text.lines().filter_map(target).collect();
    let start = ["run", "start", "serve"].into_iter().find(|it| targets.iter().any(|target| target == it))?;
    let mut it = plan(ServiceKind::Web, Start::Command(format!("exec make {start}")), &format!("Makefile: `make {start}` starts it"));
    let first = targets.first().map(String::as_str);
    it.build = if targets.iter().any(|it| it == "build") {
        Some("make build".to_owned())
    } else {
        // A plain `make` that would start the program is no build.
        first.filter(|it| !["run", "start", "serve"].contains(it)).map(|_| "make".to_owned())
    };
    Some(it)
}

fn files(folder: &Path) -> Option<Plan> {
    let place = [".", "public", "dist", "site", "docs", "www"].into_iter().find(|it| folder.join(it).join("index.html").is_file())?;
    let named = if place == "." { "index.html".to_owned() } else { format!("{place}/index.html") };
    Some(plan(ServiceKind::Static, Start::Files(vec![place.to_owned()]), &format!("{named}: a folder of files, served as they are")))
}

/// `text` as one word for `sh`.
fn quote(text: &str) -> String {
    if text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_./".contains(&b)) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repo(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let file = folder.path().join(name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
        folder
    }

    fn told(files: &[(&str, &str)]) -> String {
        match detect(repo(files).path(), None) {
            Ok(it) => format!("{} | {} | {:?}", it.kind, it.build.unwrap_or_default(), it.start),
            Err(why) => why,
        }
    }

    #[test]
    fn each_kind_of_repository_gets_its_plan() {
        for (files, want) in [
            (
                &[("Cargo.toml", "[package]\nname = \"a\""), ("src/main.rs", "")][..],
                "web | cargo build --release --bin a | Command(\"exec target/release/a\")",
            ),
            (
                &[
                    ("package.json", "{\"scripts\":{\"start\":\"x\",\"build\":\"y\"},\"dependencies\":{\"z\":\"1\"}}"),
                    ("package-lock.json", "{}"),
                ],
                "web | npm ci --no-audit --no-fund && npm run build | Command(\"npm start\")",
            ),
            (&[("package.json", "{}"), ("server.js", "")], "web |  | Command(\"exec node server.js\")"),
            (
                &[("requirements.txt", "flask"), ("app.py", "")],
                "web | python3 -m venv .venv && .venv/bin/pip install --disable-pip-version-check -r requirements.txt | Command(\"exec python3 app.py\")",
            ),
            (&[("main.py", "")], "web |  | Command(\"exec python3 main.py\")"),
            (&[("Makefile", "all:\n\ttrue\nrun:\n\t./x")], "web | make | Command(\"exec make run\")"),
            (&[("Makefile", "run:\n\t./x")], "web |  | Command(\"exec make run\")"),
            (&[("public/index.html", "")], "static |  | Files([\"public\"])"),
            (&[("Procfile", "worker: sh w.sh")], "worker |  | Command(\"sh w.sh\")"),
            (&[("Procfile", "web: sh w.sh"), ("requirements.txt", "")], "web |  | Command(\"sh w.sh\")"),
            (&[("trackside.toml", "start = \"sh a.sh\"\nbuild = \"sh b.sh\""), ("main.py", "")], "web | sh b.sh | Command(\"sh a.sh\")"),
            (&[("trackside.toml", "schedule = \"every 5s\"\nstart = \"date\"")], "cron |  | Command(\"date\")"),
        ] {
            assert_eq!(told(files), want);
        }
    }

    #[test]
    fn a_repository_with_nothing_to_run_says_what_was_looked_for() {
        assert!(told(&[("README.md", "hello")]).contains("trackside.toml"));
        assert!(told(&[("Cargo.toml", "[workspace]")]).contains("workspace"));
        assert!(told(&[("package.json", "{")]).contains("package.json"));
    }

    #[test]
    fn what_a_service_was_said_to_be_decides_which_line_of_a_procfile_is_started() {
        let folder = repo(&[("Procfile", "web: a\nworker: b")]);
        let plan = detect(folder.path(), Some(&ServiceKind::Worker)).unwrap();
        assert_eq!((plan.kind, plan.start), (ServiceKind::Worker, Start::Command("b".to_owned())));
    }
}

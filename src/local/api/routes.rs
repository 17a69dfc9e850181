//! The table of routes: what the router serves, and what the API's description must describe.

use crate::local::limit::Kind;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    Health,
    OpenApi,
    AsyncApi,
    Me,
    Limits,
    Snapshot,
    Stream,
    List(Listed),
    One(Listed),
    Logs,
    Metrics,
    Volume,
    Commits,
    History,
    Declare,
    CreateProject,
    RemoveProject,
    CreateService,
    RemoveService,
    ChangeService,
    SetVariables,
    Deploy,
    Restart,
    Stop,
    Rollback,
    Scale,
    Cancel,
    Redeploy,
    Acknowledge,
    Mitigate,
    Resolve,
    Reopen,
    SetSeverity,
    AddNote,
    Tick,
    Tokens,
    CreateToken,
    RevokeToken,
}

/// The kinds of objects there are lists of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Listed {
    Teams,
    Projects,
    Services,
    Deployments,
    Incidents,
    Audit,
}

/// One route.
#[derive(Clone, Copy, Debug)]
pub struct Route {
    pub method: &'static str,
    /// Below [`crate::wire::rest::BASE`].
    pub path: &'static str,
    pub op: Op,
    pub kind: Kind,
    /// Answers without a token.
    pub open: bool,
}

const fn get(path: &'static str, op: Op) -> Route {
    Route { method: "GET", path, op, kind: Kind::General, open: false }
}

const fn open(path: &'static str, op: Op) -> Route {
    Route { method: "GET", path, op, kind: Kind::General, open: true }
}

const fn read(path: &'static str, op: Op) -> Route {
    Route { method: "GET", path, op, kind: Kind::Logs, open: false }
}

const fn write(method: &'static str, path: &'static str, op: Op) -> Route {
    Route { method, path, op, kind: Kind::Writes, open: false }
}

/// A list of objects and each of them by itself.
macro_rules! pages {
    ($($name:literal $listed:ident),+ $(,)?) => {
        &[$(
            get(concat!("/", $name), Op::List(Listed::$listed)),
            get(concat!("/", $name, "/{id}"), Op::One(Listed::$listed)),
        )+]
    };
}

const PAGES: &[Route] = pages![
    "teams" Teams,
    "projects" Projects,
    "services" Services,
    "deployments" Deployments,
    "incidents" Incidents,
    "audit" Audit,
];

/// Every route there is.
pub fn routes() -> impl Iterator<Item = &'static Route> {
    PAGES.iter().chain(OTHERS)
}

const OTHERS: &[Route] = &[
    open("/health", Op::Health),
    open("/openapi.yaml", Op::OpenApi),
    open("/asyncapi.yaml", Op::AsyncApi),
    get("/me", Op::Me),
    get("/limits", Op::Limits),
    get("/snapshot", Op::Snapshot),
    Route { method: "GET", path: "/stream", op: Op::Stream, kind: Kind::Upgrades, open: false },
    write("POST", "/projects", Op::CreateProject),
    write("DELETE", "/projects/{id}", Op::RemoveProject),
    write("POST", "/services", Op::CreateService),
    write("DELETE", "/services/{id}", Op::RemoveService),
    write("PATCH", "/services/{id}", Op::ChangeService),
    write("PUT", "/services/{id}/variables", Op::SetVariables),
    write("POST", "/services/{id}/deploy", Op::Deploy),
    write("POST", "/services/{id}/restart", Op::Restart),
    write("POST", "/services/{id}/stop", Op::Stop),
    write("POST", "/services/{id}/rollback", Op::Rollback),
    write("POST", "/services/{id}/scale", Op::Scale),
    write("POST", "/deployments/{id}/cancel", Op::Cancel),
    write("POST", "/deployments/{id}/redeploy", Op::Redeploy),
    write("POST", "/incidents", Op::Declare),
    write("POST", "/incidents/{id}/acknowledge", Op::Acknowledge),
    write("POST", "/incidents/{id}/mitigate", Op::Mitigate),
    write("POST", "/incidents/{id}/resolve", Op::Resolve),
    write("POST", "/incidents/{id}/reopen", Op::Reopen),
    write("POST", "/incidents/{id}/severity", Op::SetSeverity),
    write("POST", "/incidents/{id}/notes", Op::AddNote),
    write("POST", "/incidents/{id}/steps/{step}", Op::Tick),
    get("/tokens", Op::Tokens),
    write("POST", "/tokens", Op::CreateToken),
    write("DELETE", "/tokens/{id}", Op::RevokeToken),
    read("/logs", Op::Logs),
    read("/logs/volume", Op::Volume),
    read("/metrics", Op::Metrics),
    read("/services/{id}/commits", Op::Commits),
    get("/services/{id}/variables/history", Op::History),
];

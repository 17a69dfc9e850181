//! The descriptions of API and stream are equal to the code: every route, every type's fields, every list of words.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;
use trackside::local::api::routes;
use trackside::model::audit::VariableDeed;
use trackside::model::deploy::{DeployStatus, Stage, Trigger};
use trackside::model::event::{Change, ObjectRef, Snapshot};
use trackside::model::incident::{IncidentStatus, Severity, Step};
use trackside::model::link::Caps;
use trackside::model::log::{GapReason, Level, LogFilter, LogKind, LogVolume};
use trackside::model::metric::Metric;
use trackside::model::project::{ProjectState, Role};
use trackside::model::request::{NewProject, NewService, NewToken, ServiceChange};
use trackside::model::service::{Health, ReplicaState, ServiceKind};
use trackside::model::time::{Millis, Time};
use trackside::wire::calls::{
    DeployBody, NoteBody, ResolveBody, RollbackBody, ScaleBody, SeverityBody, SnapshotInfo, StepBody, VariablesBody, Written,
};
use trackside::wire::rest::{BASE, Bucket, Code, Envelope, HealthInfo, LimitsInfo, Page};
use trackside::wire::stream::{ClientFrame, Hello, Position, ServerFrame, StreamCode, SubPosition, Topic};
use trackside::wire::tokens::{TokenInfo, TokenMade};

use super::samples;

fn read(text: &str) -> Value {
    serde_norway::from_str(text).unwrap()
}

fn openapi() -> Value {
    read(include_str!("../../../assets/openapi.yaml"))
}

fn asyncapi() -> Value {
    read(include_str!("../../../assets/asyncapi.yaml"))
}

fn keys(value: &Value) -> BTreeSet<String> {
    value.as_object().unwrap_or_else(|| panic!("no object: {value}")).keys().cloned().collect()
}

fn json(it: &impl Serialize) -> Value {
    serde_json::to_value(it).unwrap()
}

/// Every `$ref` in `it`.
fn refs<'a>(it: &'a Value, found: &mut Vec<&'a str>) {
    match it {
        Value::Object(map) => {
            found.extend(map.get("$ref").and_then(Value::as_str));
            map.values().for_each(|value| refs(value, found));
        }
        Value::Array(all) => all.iter().for_each(|value| refs(value, found)),
        _ => {}
    }
}

#[test]
fn every_route_is_described_and_nothing_else_is() {
    let doc = openapi();
    let base = doc["servers"][0]["url"].as_str().unwrap();
    assert!(base.ends_with(BASE), "{base}");
    let mut described = BTreeSet::new();
    for (path, item) in doc["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            described.insert((method.to_uppercase(), path.clone()));
            let open = operation["security"].as_array().is_some_and(Vec::is_empty);
            let route = routes().find(|it| it.path == path && it.method.eq_ignore_ascii_case(method));
            assert!(route.is_some_and(|it| it.open == open), "{method} {path} needs a token or does not");
        }
    }
    let served: BTreeSet<(String, String)> = routes().map(|it| (it.method.to_owned(), it.path.to_owned())).collect();
    assert_eq!(described, served);
}

#[test]
fn every_reference_in_the_descriptions_leads_somewhere() {
    for doc in [openapi(), asyncapi()] {
        let mut found = Vec::new();
        refs(&doc, &mut found);
        assert!(found.len() > 50);
        for reference in found {
            let pointer = reference.strip_prefix('#').unwrap();
            assert!(doc.pointer(pointer).is_some(), "{reference}");
        }
    }
}

/// A full sample of each type with named fields.
fn full() -> BTreeMap<&'static str, Value> {
    let (team, project, service) = (samples::team(), samples::project("prj_1"), samples::service("svc_1"));
    let (deployment, incident) = (samples::deployment("dep_1", samples::AT), samples::incident("inc_1"));
    let gap = samples::gap();
    BTreeMap::from([
        ("Member", json(&team.members[0])),
        ("Team", json(&team)),
        ("Environment", json(&project.environments[0])),
        ("Project", json(&project)),
        ("Repo", json(&service.repo)),
        ("Replica", json(&service.replicas[0])),
        ("ReplicaLimits", json(&service.limits)),
        ("Service", json(&service)),
        ("Commit", json(&deployment.commit)),
        ("Release", json(&deployment.release)),
        ("StageTime", json(&deployment.stages[0])),
        ("Deployment", json(&deployment)),
        ("Deed", json(&incident.resolved)),
        ("Closed", json(&incident.closed[0])),
        ("StepDone", json(&incident.steps[0])),
        ("Note", json(&incident.notes[0])),
        ("Incident", json(&incident)),
        ("AuditEntry", json(&samples::audit("aud_1"))),
        ("LogLine", json(&samples::line(1))),
        ("Offsets", json(&gap.offs)),
        ("LogGap", json(&gap)),
        ("MetricPoint", json(&samples::point(1.0))),
        ("Position", json(&Position::default())),
    ])
}

fn rest_only() -> BTreeMap<&'static str, Value> {
    let written = Written { rev: 1, text: "done".into(), object: Some(Change::Team(samples::team())) };
    let info =
        SnapshotInfo { position: Position::default(), digest: String::new(), snapshot: Snapshot::default(), degraded: Some("full".into()) };
    let health = HealthInfo { status: "degraded".to_owned(), reason: Some("full".into()), version: "1".to_owned(), now: Time(0) };
    let bucket = Bucket { name: "general".to_owned(), limit: 1, window: Millis(1) };
    let limits = LimitsInfo { buckets: vec![bucket.clone()], max_body: 1, max_page: 1, max_frame: 1, max_streams: 1 };
    let page = Page { next: None, total: 1 };
    let envelope = Envelope { page: Some(page.clone()), at: Some(1), ..Envelope::<u8>::failed(Code::Gone, "gone") };
    let some = || Some("x".to_owned());
    let service = NewService {
        branch: some(),
        root: some(),
        kind: Some(ServiceKind::Web),
        replicas: Some(1),
        health_path: some(),
        cpu: Some(1.0),
        memory: Some(1),
        ..NewService::new("prj_1".into(), "web", "r")
    };
    BTreeMap::from([
        ("LogPage", json(&samples::log_page())),
        ("Series", json(&samples::series())),
        ("CommitRange", json(&samples::commits())),
        ("VariableChange", json(&samples::variable_change())),
        ("LogVolume", json(&LogVolume { from: Time(0), step: Millis(1), cells: vec![None] })),
        ("Snapshot", json(&Snapshot::default())),
        ("SnapshotInfo", json(&info)),
        ("Caps", json(&Caps::default())),
        ("Bucket", json(&bucket)),
        ("LimitsInfo", json(&limits)),
        ("HealthInfo", json(&health)),
        ("Page", json(&page)),
        ("Envelope", json(&envelope)),
        ("Written", json(&written)),
        (
            "TokenInfo",
            json(&TokenInfo {
                name: "ci".into(),
                role: Role::Developer,
                created: Some(Time(1)),
                by: Some("ada".into()),
                expires: Some(Time(2)),
            }),
        ),
        ("TokenMade", json(&TokenMade { rev: 1, text: "made".into(), object: Some(Change::Team(samples::team())), secret: some() })),
        ("NewToken", json(&NewToken { name: "ci".to_owned(), role: Role::Developer, expires_in: Some(Millis(1)) })),
        ("ServiceChange", json(&ServiceChange::default())),
        ("NewIncident", json(&samples::new_incident())),
        ("NewProject", json(&NewProject::default())),
        ("NewService", json(&service)),
        ("DeployBody", json(&DeployBody { branch: some(), commit: some() })),
        ("RollbackBody", json(&RollbackBody { to: "dep_1".into() })),
        ("ScaleBody", json(&ScaleBody { replicas: 1 })),
        ("VariablesBody", json(&VariablesBody { variables: Vec::default() })),
        ("ResolveBody", json(&ResolveBody { reason: some() })),
        ("SeverityBody", json(&SeverityBody { severity: Severity::P1 })),
        ("NoteBody", json(&NoteBody { text: String::new() })),
        ("StepBody", json(&StepBody { done: true })),
    ])
}

fn frames() -> BTreeMap<&'static str, Value> {
    let (sub, n, rev) = (1, 1, 1);
    let change = || Change::Team(samples::team());
    let hello = Hello {
        protocol: String::new(),
        epoch: String::new(),
        head: 1,
        floor: 1,
        log_epoch: String::new(),
        log_head: 1,
        log_floor: 1,
        heartbeat_ms: 1,
        idle_ms: 1,
        max_frame: 1,
        now: Time(0),
        server: "s".into(),
    };
    let err = ServerFrame::Err { sub: Some(1), code: StreamCode::Gone, message: "m".into(), floor: Some(1), head: Some(1) };
    let filter = LogFilter {
        project: Some("p".into()),
        service: Some("s".into()),
        deployment: Some("d".into()),
        kind: Some(LogKind::Build),
        level: Some(Level::Info),
        text: Some("t".to_owned()),
        query: Some("a -b".to_owned()),
    };
    BTreeMap::from([
        ("Hello", json(&ServerFrame::Hello(Box::new(hello)))),
        ("SnapBegin", json(&ServerFrame::SnapBegin { sub, rev })),
        ("Item", json(&ServerFrame::Item { sub, obj: Box::new(change()) })),
        ("SnapEnd", json(&ServerFrame::SnapEnd { sub, rev, count: 1, digest: String::new() })),
        ("Ev", json(&ServerFrame::Ev { sub, n, rev, changes: vec![change()] })),
        ("Bm", json(&ServerFrame::Bm { sub, n, rev })),
        ("Log", json(&ServerFrame::Log { sub, n, lines: vec![] })),
        ("Gap", json(&ServerFrame::Gap { sub, n, gap: samples::gap() })),
        ("Met", json(&ServerFrame::Met { sub, n, points: vec![] })),
        ("Hb", json(&ServerFrame::Hb { now: Time(0), subs: vec![], degraded: Some("full".into()) })),
        ("Pong", json(&ServerFrame::Pong { id: 1, now: Time(0) })),
        ("AuthExpiring", json(&ServerFrame::AuthExpiring { in_ms: 1 })),
        ("Bye", json(&ServerFrame::Bye { code: 1012, resumable: true, retry_after_ms: Some(1), reason: "r".into() })),
        ("Err", json(&err)),
        ("Sub", json(&ClientFrame::Sub { sub, topic: Topic::State, since: Some(Position::default()) })),
        ("Unsub", json(&ClientFrame::Unsub { sub })),
        ("Ping", json(&ClientFrame::Ping { id: 1 })),
        ("SubPosition", json(&SubPosition { sub, n, rev })),
        ("LogFilter", json(&filter)),
    ])
}

fn fields_agree(doc: &Value, samples: &BTreeMap<&'static str, Value>) {
    for (name, sample) in samples {
        let schema = &doc["components"]["schemas"][name];
        assert_eq!(keys(&schema["properties"]), keys(sample), "{name}");
        let required = schema["required"].as_array().into_iter().flatten().map(|it| it.as_str().unwrap().to_owned());
        assert!(required.collect::<BTreeSet<_>>().is_subset(&keys(sample)), "{name}");
        if let Some(tag) = schema["properties"]["t"]["const"].as_str() {
            assert_eq!(sample["t"], tag, "{name}");
        }
    }
}

#[test]
fn the_fields_of_every_type_are_those_the_code_writes() {
    let rest: BTreeMap<_, _> = full().into_iter().chain(rest_only()).collect();
    fields_agree(&openapi(), &rest);
    let stream: BTreeMap<_, _> = full().into_iter().chain(frames()).collect();
    fields_agree(&asyncapi(), &stream);
    let (rest, stream) = (openapi(), asyncapi());
    for (name, _) in full() {
        assert_eq!(rest["components"]["schemas"][name], stream["components"]["schemas"][name], "{name} is one and the same");
    }
    // No schema without a sample: a type added to a description must be added here.
    let named = ["Change", "ObjectRef", "Can", "Topic"];
    for (doc, samples) in [(&rest, [full(), rest_only()]), (&stream, [full(), frames()])] {
        for (name, schema) in doc["components"]["schemas"].as_object().unwrap() {
            let known =
                samples.iter().any(|it| it.contains_key(name.as_str())) || named.contains(&name.as_str()) || schema["enum"].is_array();
            assert!(known, "{name} has no sample");
        }
    }
}

#[test]
fn changes_and_references_are_named_as_the_code_names_them() {
    let changes = [
        Change::Team(samples::team()),
        Change::Project(samples::project("p")),
        Change::Service(samples::service("s")),
        Change::Deployment(samples::deployment("d", samples::AT)),
        Change::Incident(samples::incident("i")),
        Change::Audit(samples::audit("a")),
        Change::Removed(ObjectRef::Team("t".into())),
    ];
    for doc in [openapi(), asyncapi()] {
        let schemas = &doc["components"]["schemas"];
        let words = |name: &str| -> BTreeSet<String> {
            schemas[name]["oneOf"].as_array().unwrap().iter().flat_map(|it| keys(&it["properties"])).collect()
        };
        let written: BTreeSet<String> = changes.iter().flat_map(|it| keys(&json(it))).collect();
        assert_eq!(words("Change"), written);
        let named: BTreeSet<String> = changes.iter().flat_map(|it| keys(&json(&it.object()))).collect();
        assert_eq!(words("ObjectRef"), named);
    }
    let topics = [Topic::State, Topic::Logs { filter: LogFilter::default(), tail: 1 }, Topic::Metrics { replicas: true }];
    let doc = asyncapi();
    for (topic, schema) in topics.iter().zip(doc["components"]["schemas"]["Topic"]["oneOf"].as_array().unwrap()) {
        assert_eq!(keys(&schema["properties"]), keys(&json(topic)));
        assert_eq!(schema["properties"]["topic"]["const"], json(topic)["topic"]);
    }
}

#[test]
fn every_list_of_words_is_the_codes_own() {
    macro_rules! words {
        ($($name:ident),+ $(,)?) => {
            BTreeMap::from([$((stringify!($name), $name::KNOWN.iter().map(|it| it.word().to_owned()).collect::<Vec<_>>())),+])
        };
    }
    let mut known = words![
        Role,
        ProjectState,
        ServiceKind,
        Health,
        ReplicaState,
        DeployStatus,
        Trigger,
        Stage,
        Severity,
        IncidentStatus,
        Step,
        LogKind,
        GapReason,
        Metric,
    ];
    known.insert("Level", Level::ALL.iter().map(|it| it.word().to_owned()).collect());
    let text = |it: &Value| it.as_str().unwrap().to_owned();
    let mut rest = known.clone();
    rest.insert("VariableDeed", VariableDeed::KNOWN.iter().map(|it| it.word().to_owned()).collect());
    rest.insert("Code", Code::ALL.iter().map(|it| text(&json(it))).collect());
    let codes =
        [StreamCode::Gone, StreamCode::Duplicate, StreamCode::TooMany, StreamCode::Forbidden, StreamCode::BadRequest, StreamCode::BadQuery];
    let mut stream = known;
    stream.insert("StreamCode", codes.iter().map(|it| text(&json(it))).collect());
    for (doc, known) in [(openapi(), rest), (asyncapi(), stream)] {
        let schemas = doc["components"]["schemas"].as_object().unwrap();
        let described = schemas.iter().filter(|(_, it)| it["enum"].is_array());
        let described: BTreeMap<&str, Vec<String>> =
            described.map(|(name, it)| (name.as_str(), it["enum"].as_array().unwrap().iter().map(text).collect())).collect();
        assert_eq!(described, known);
    }
}

#[test]
fn every_failure_a_description_names_is_one_the_code_has() {
    let statuses: BTreeSet<String> = Code::ALL.iter().map(|it| it.status().to_string()).collect();
    for (path, item) in openapi()["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            for status in keys(&operation["responses"]) {
                let fine = ["101", "200", "201", "304"].contains(&status.as_str()) || statuses.contains(&status);
                assert!(fine, "{method} {path}: {status}");
            }
        }
    }
}

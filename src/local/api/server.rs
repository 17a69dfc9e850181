//! The server: accepts, limits and ends connections, and leads each request through the gate to its handler.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::{RawPathParams, Request};
use axum::response::Response;
use axum::routing::{MethodFilter, MethodRouter, on};
use hyper::header::{HeaderValue, IF_NONE_MATCH, WWW_AUTHENTICATE};
use hyper::http::request::Parts;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;

use crate::local::auth::{Found, Pass};
use crate::local::clock::now;
use crate::local::limit::{Kind, Standing};
use crate::wire::rest::{BASE, Code};

use super::answer::{Problem, set_limits};
use super::peer::Peer;
use super::routes::{Op, Route, routes};
use super::state::{Api, State};
use super::{gate, query, read, upgrade, write};

/// How long the head of a request may take to arrive, and an idle connection stays open: hyper counts both as one.
const HEAD_TIME: Duration = Duration::from_secs(10);
/// Most bytes of a head: 8 KiB of address, 16 KiB of headers and some room.
const HEAD_BYTES: usize = 32 * 1024;
const HEADERS: usize = 64;
/// Bytes not yet on their way that a connection keeps in the kernel (Linux: `TCP_NOTSENT_LOWAT`). What is on its way is not counted, so
/// a fast line stays as fast.
#[cfg(target_os = "linux")]
const UNSENT: u32 = 64 * 1024;
/// How long connections have to end when the platform stops.
const DRAIN: Duration = Duration::from_secs(3);
/// Longest id worth looking for.
const MAX_ID: usize = 256;

/// Serves until the feeds' `stop` is cancelled, then lets connections end.
pub async fn serve(listener: TcpListener, api: Api) -> std::io::Result<()> {
    let port = listener.local_addr()?.port();
    let stop = api.feeds.stop.clone();
    let free = Arc::new(Semaphore::new(api.limits.connections));
    let state = Arc::new(State::new(api, port));
    let app = TowerToHyperService::new(router(&state));
    let tasks = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.cancelled() => break,
        };
        let Ok((socket, from)) = accepted else {
            // Out of file descriptors, or a client that left at once: neither may end the platform nor spin it.
            tokio::time::sleep(Duration::from_millis(20)).await;
            continue;
        };
        let Ok(permit) = Arc::clone(&free).try_acquire_owned() else { continue };
        let peer = Peer::new(from.ip(), permit, tasks.clone());
        tasks.spawn(connection(socket, peer, app.clone(), stop.clone()));
    }
    drop(listener);
    tasks.close();
    // Whoever has not ended by then is cut off with the process or the runtime.
    let _ = tokio::time::timeout(DRAIN, tasks.wait()).await;
    Ok(())
}

async fn connection(socket: TcpStream, peer: Peer, app: TowerToHyperService<Router>, stop: tokio_util::sync::CancellationToken) {
    // Frames are small and wanted at once.
    let _ = socket.set_nodelay(true);
    keep_little(&socket);
    let service = service_fn(move |mut request: hyper::Request<hyper::body::Incoming>| {
        request.extensions_mut().insert(peer.clone());
        app.call(request)
    });
    let mut server = http1::Builder::new();
    server.timer(TokioTimer::new()).header_read_timeout(HEAD_TIME).max_buf_size(HEAD_BYTES).max_headers(HEADERS);
    let serving = server.serve_connection(TokioIo::new(socket), service).with_upgrades();
    tokio::pin!(serving);
    tokio::select! {
        // An error here is the client's: cut off, too slow, or not HTTP. There is nobody to tell.
        _ = serving.as_mut() => {}
        () = stop.cancelled() => {
            serving.as_mut().graceful_shutdown();
            let _ = serving.await;
        }
    }
}

/// What waits in the kernel cannot be overtaken any more: on a slow line, megabytes of log lines before the next change of state.
#[cfg(target_os = "linux")]
fn keep_little(socket: &TcpStream) {
    let _ = socket2::SockRef::from(socket).set_tcp_notsent_lowat(UNSENT);
}

#[cfg(not(target_os = "linux"))]
const fn keep_little(_: &TcpStream) {}

fn router(state: &Arc<State>) -> Router {
    let mut router = Router::new();
    for route in routes() {
        router = router.route(&format!("{BASE}{}", route.path), method(route, state));
    }
    let (missing, wrong) = (Arc::clone(state), Arc::clone(state));
    let router = router.fallback(move |request: Request| refuse(Arc::clone(&missing), request, Code::NotFound, "there is nothing here"));
    router.method_not_allowed_fallback(move |request: Request| {
        refuse(Arc::clone(&wrong), request, Code::MethodNotAllowed, "this method is not served here")
    })
}

fn method(route: &'static Route, state: &Arc<State>) -> MethodRouter {
    let filter = match route.method {
        "POST" => MethodFilter::POST,
        "PUT" => MethodFilter::PUT,
        "PATCH" => MethodFilter::PATCH,
        "DELETE" => MethodFilter::DELETE,
        _ => MethodFilter::GET,
    };
    let state = Arc::clone(state);
    on(filter, move |params: Result<RawPathParams, _>, request: Request| {
        let found = params.map(|it| it.iter().map(|(_, value)| value.to_owned()).collect::<Vec<_>>());
        entry(Arc::clone(&state), route, found.ok(), request)
    })
}

/// What no route serves: the gate first, so that a stranger learns nothing of what there is.
async fn refuse(state: Arc<State>, request: Request, code: Code, why: &'static str) -> Response {
    let (head, _) = request.into_parts();
    match pass(&state, &head, Kind::General, false).await {
        Ok(_) => Problem::new(code, why).response(),
        Err(response) => *response,
    }
}

async fn entry(state: Arc<State>, route: &'static Route, params: Option<Vec<String>>, request: Request) -> Response {
    // Taken apart here: a body cannot be looked at from two threads, so no reference to it may live across a wait.
    let (head, body) = request.into_parts();
    let (pass, standing) = match pass(&state, &head, route.kind, route.open).await {
        Ok(passed) => passed,
        Err(response) => return *response,
    };
    let mut response = match params.filter(|all| all.iter().all(|it| it.len() <= MAX_ID)) {
        Some(params) => handle(&state, route, &params, head, body, pass).await.unwrap_or_else(Problem::response),
        None => Problem::new(Code::NotFound, "there is no such id").response(),
    };
    set_limits(&mut response, &standing);
    response
}

/// Who is asking (nobody, where no token is needed) and how they stand to their limit; or the refusal.
async fn pass(state: &State, head: &Parts, kind: Kind, open: bool) -> Result<(Option<Pass>, Standing), Box<Response>> {
    let refused = |problem: Problem| Box::new(problem.response());
    gate::meant_for_us(&head.uri, &head.headers, state.port, &state.api.allowed_hosts).map_err(refused)?;
    let Some(peer) = head.extensions.get::<Peer>() else {
        return Err(refused(Problem::new(Code::Internal, "the connection is not known")));
    };
    let found = if open { Found::Unknown } else { gate::whose(&head.headers, &state.api.tokens, now()) };
    let pass = match found {
        Found::Pass(pass) => Some(pass),
        _ if open => None,
        Found::Over(name, at) => return Err(stranger(state, peer.ip, &format!("the token {name} ended {at}")).await),
        Found::Unknown => return Err(stranger(state, peer.ip, "a token of this platform is needed").await),
    };
    let name = pass.as_ref().map_or_else(|| gate::nobody(peer.ip), |it| it.actor.name.to_string());
    let standing = state.limiter.count(&name, kind, Instant::now());
    if !standing.allowed {
        let problem = Problem { retry_after: Some(standing.reset), ..Problem::new(Code::RateLimited, "asked too often; see /limits") };
        let mut response = problem.response();
        set_limits(&mut response, &standing);
        return Err(Box::new(response));
    }
    Ok((pass, standing))
}

/// The answer to a wrong token, or one that has ended: one a second for each address.
async fn stranger(state: &State, from: IpAddr, why: &str) -> Box<Response> {
    let Some(wait) = state.limiter.wrong_token(from, Instant::now()) else {
        let problem = Problem { retry_after: Some(10), ..Problem::new(Code::RateLimited, "too many wrong tokens") };
        return Box::new(problem.response());
    };
    tokio::time::sleep(wait).await;
    let mut response = Problem::new(Code::Unauthorized, why).response();
    response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    Box::new(response)
}

async fn handle(
    state: &Arc<State>,
    route: &Route,
    params: &[String],
    head: Parts,
    body: Body,
    pass: Option<Pass>,
) -> Result<Response, Problem> {
    let Some(pass) = pass else {
        let open = read::open(state, route.op).ok_or_else(|| Problem::new(Code::Unauthorized, "a token of this platform is needed"))?;
        return Ok(open.response(None));
    };
    if route.op == Op::Stream {
        let Some(peer) = head.extensions.get::<Peer>().cloned() else {
            return Err(Problem::new(Code::Internal, "the connection is not known"));
        };
        let open = state.streams.open(&pass.actor.name, state.limiter.limits().streams);
        let too_many = || Problem { retry_after: Some(5), ..Problem::new(Code::RateLimited, "too many open streams") };
        return upgrade::upgrade(state, Request::from_parts(head, body), &peer, open.ok_or_else(too_many)?, pass);
    }
    let actor = pass.actor;
    let param = |at: usize| params.get(at).map_or("", String::as_str);
    if route.method == "GET" {
        let known = head.headers.get(IF_NONE_MATCH).and_then(|it| it.to_str().ok());
        let pairs = query::pairs(&head.uri)?;
        let answer = read::read(state, route.op, param(0), &pairs, &actor, known).await?;
        return Ok(answer.ok_or_else(|| Problem::new(Code::NotFound, "there is nothing here"))?.response(known));
    }
    let body = write::body(body).await?;
    let answer = write::write(state, route.op, (param(0), param(1)), &head, &body, &actor).await?;
    Ok(answer.response(None))
}

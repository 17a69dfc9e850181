//! What the demo's sample repositories run on: an HTTP server that answers each request with a shell script of the
//! repository, a fetch for scripts on machines without curl, and the sweeper that takes the demo's folder away. Small on
//! purpose; the samples' behaviour, bugs included, is in their own scripts.

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::process::Command;
use tokio::sync::Semaphore;

/// Scripts that run at once; more wait, so that a flood makes the sample slow and not the machine.
const AT_ONCE: usize = 8;
/// A script that takes longer is a bug in the sample, answered with 504.
const SCRIPT_TIME: Duration = Duration::from_secs(10);
/// Longest answer of a script or of a fetch, in bytes.
const MAX_ANSWER: u64 = 1024 * 1024;

/// Every folder that the sweeper may remove has this in its name.
pub const DEMO_FOLDER: &str = "trackside-demo-";
/// How long the sweeper waits for the last writers in the folder to be gone.
const SWEEP_TIME: Duration = Duration::from_secs(30);

/// Runs a hidden `sample` command: `http FOLDER`, `fetch URL` or `sweep FOLDER`. Returns the exit code.
pub fn run(args: &[String]) -> i32 {
    if let [verb, folder] = args
        && verb == "sweep"
    {
        return sweep(Path::new(folder));
    }
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&format!("no runtime: {error}")),
    };
    let done = match args {
        [verb, folder] if verb == "http" => runtime.block_on(tokio::task::LocalSet::new().run_until(serve(PathBuf::from(folder)))),
        [verb, url] if verb == "fetch" => runtime.block_on(fetch(url)),
        _ => Err("usage: sample http FOLDER | sample fetch URL".to_owned()),
    };
    done.map_or_else(|what| fail(&what), |()| 0)
}

/// Waits until whoever holds the other end of stdin is gone, however it went, then removes `folder`.
fn sweep(folder: &Path) -> i32 {
    let named = folder.file_name().is_some_and(|it| it.to_string_lossy().starts_with(DEMO_FOLDER));
    if !named || !folder.is_dir() {
        return fail(&format!("not a demo's folder: {}", folder.display()));
    }
    // Away from the terminal: what ends the demo must not end its sweeper.
    if let Err(error) = rustix::process::setsid() {
        log("warn", &format!("no session of its own: {error}"));
    }
    // Whoever ends the demo and all it started asks this one to end too: it does, as soon as its work is done.
    let asked = Arc::new(AtomicBool::new(false));
    for signal in [SIGHUP, SIGINT, SIGTERM] {
        if let Err(error) = signal_hook::flag::register(signal, asked.clone()) {
            log("warn", &format!("signal {signal} cannot be waited out: {error}"));
        }
    }
    let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
    let end = std::time::Instant::now() + SWEEP_TIME;
    while folder.exists() && std::time::Instant::now() < end {
        // What is still being written to cannot be removed yet; its writers lose their lifeline just now too.
        if std::fs::remove_dir_all(folder).is_err() {
            std::thread::sleep(Duration::from_millis(100));
        }
    }
    i32::from(folder.exists())
}

fn fail(what: &str) -> i32 {
    log("error", what);
    1
}

/// One JSON line on stderr, as many services write them.
fn log(level: &str, what: &str) {
    let line = serde_json::json!({ "level": level, "msg": what });
    // A log that cannot be written has no reader; there is nobody to tell.
    let _ = std::io::Write::write_all(&mut std::io::stderr(), format!("{line}\n").as_bytes());
}

async fn serve(folder: PathBuf) -> Result<(), String> {
    let port: u16 = std::env::var("PORT").ok().and_then(|it| it.parse().ok()).ok_or("PORT is not set")?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(|it| format!("cannot listen on port {port}: {it}"))?;
    log("info", &format!("listening on 127.0.0.1:{port}, scripts in {}", folder.display()));
    let mut stop = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()).map_err(|it| it.to_string())?;
    let slots = Rc::new(Semaphore::new(AT_ONCE));
    loop {
        let (stream, _) = tokio::select! {
            accepted = listener.accept() => accepted.map_err(|it| it.to_string())?,
            _ = stop.recv() => break,
        };
        let (folder, slots) = (folder.clone(), Rc::clone(&slots));
        tokio::task::spawn_local(async move {
            let service = service_fn(move |request| {
                let (folder, slots) = (folder.clone(), Rc::clone(&slots));
                async move {
                    let _slot = slots.acquire().await;
                    Ok::<_, Infallible>(answer(&folder, request).await)
                }
            });
            let mut server = hyper::server::conn::http1::Builder::new();
            // A caller that hangs up in mid-request is the caller's affair.
            let _ = server.timer(TokioTimer::new()).serve_connection(TokioIo::new(stream), service).await;
        });
    }
    // What is being answered is answered: all slots free means nobody waits for a script any more.
    let _ = tokio::time::timeout(SCRIPT_TIME, slots.acquire_many(AT_ONCE as u32)).await;
    log("info", "stopped: every request answered");
    Ok(())
}

async fn answer(folder: &Path, request: Request<Incoming>) -> Response<Full<Bytes>> {
    let path = request.uri().path().trim_matches('/');
    let name = if path.is_empty() { "index" } else { path.split('/').next().unwrap_or_default() };
    if !name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') {
        return reply(StatusCode::NOT_FOUND, "not found\n");
    }
    let script = folder.join(format!("{name}.sh"));
    if !script.is_file() {
        return reply(StatusCode::NOT_FOUND, "not found\n");
    }
    let child = Command::new("sh")
        .arg(&script)
        .env("METHOD", request.method().as_str())
        .env("QUERY", request.uri().query().unwrap_or_default())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn();
    let mut child = match child {
        Ok(child) => child,
        Err(error) => {
            log("error", &format!("cannot run {}: {error}", script.display()));
            return reply(StatusCode::INTERNAL_SERVER_ERROR, "internal error\n");
        }
    };
    let mut out = Vec::new();
    let ended = tokio::time::timeout(SCRIPT_TIME, async {
        if let Some(pipe) = child.stdout.take() {
            pipe.take(MAX_ANSWER).read_to_end(&mut out).await?;
        }
        child.wait().await
    });
    match ended.await {
        Ok(Ok(status)) if status.success() => scripted(&out),
        Ok(Ok(status)) => {
            log("error", &format!("{name}: script failed, {status}"));
            reply(StatusCode::INTERNAL_SERVER_ERROR, "internal error\n")
        }
        Ok(Err(error)) => {
            log("error", &format!("{name}: {error}"));
            reply(StatusCode::INTERNAL_SERVER_ERROR, "internal error\n")
        }
        Err(_) => {
            log("error", &format!("{name}: script took longer than {} s", SCRIPT_TIME.as_secs()));
            reply(StatusCode::GATEWAY_TIMEOUT, "timed out\n")
        }
    }
}

/// A script's output: an optional first line `Status: 404`, then the body.
fn scripted(out: &[u8]) -> Response<Full<Bytes>> {
    let text = String::from_utf8_lossy(out);
    if let Some((head, body)) = text.split_once('\n')
        && let Some(code) = head.strip_prefix("Status: ")
        && let Ok(status) = code.trim().parse::<StatusCode>()
    {
        return reply(status, body);
    }
    reply(StatusCode::OK, &text)
}

fn reply(status: StatusCode, body: &str) -> Response<Full<Bytes>> {
    let kind = if body.starts_with('<') { "text/html; charset=utf-8" } else { "text/plain; charset=utf-8" };
    let mut response = Response::new(Full::new(Bytes::copy_from_slice(body.as_bytes())));
    *response.status_mut() = status;
    response.headers_mut().insert(hyper::header::CONTENT_TYPE, hyper::header::HeaderValue::from_static(kind));
    response
}

/// Fetches a loopback URL; the body goes to stdout, a status of 400 and above is an error.
async fn fetch(url: &str) -> Result<(), String> {
    let uri: hyper::Uri = url.parse().map_err(|_| format!("not a URL: {url}"))?;
    let host = uri.host().ok_or_else(|| format!("no host in {url}"))?;
    let address: SocketAddr =
        format!("{host}:{}", uri.port_u16().unwrap_or(80)).parse().map_err(|_| format!("not a loopback address: {host}"))?;
    if !address.ip().is_loopback() {
        return Err(format!("not a loopback address: {host}"));
    }
    let stream = TcpStream::connect(address).await.map_err(|it| format!("cannot reach {url}: {it}"))?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(|it| it.to_string())?;
    // The connection is driven beside the exchange: it may end as soon as the last byte is in.
    tokio::spawn(connection);
    let path = uri.path_and_query().map_or("/", hyper::http::uri::PathAndQuery::as_str);
    let request =
        Request::builder().uri(path).header("host", address.to_string()).body(Full::<Bytes>::default()).map_err(|it| it.to_string())?;
    let response = sender.send_request(request).await.map_err(|it| format!("{url}: {it}"))?;
    let status = response.status();
    let body = Limited::new(response.into_body(), MAX_ANSWER as usize).collect().await.map_err(|it| format!("{url}: {it}"))?.to_bytes();
    if status.as_u16() >= 400 {
        return Err(format!("{url} answered {status}"));
    }
    std::io::Write::write_all(&mut std::io::stdout(), &body).map_err(|it| it.to_string())
}

//! The hidden `static-files` command: serves a folder of files over HTTP on `PORT`, run like any other replica.
//! GET and HEAD only; nothing outside the folder, no hidden file, no listing.

use std::convert::Infallible;
use std::ffi::OsString;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Component, Path, PathBuf};
use std::time::UNIX_EPOCH;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderValue, IF_NONE_MATCH, LOCATION, X_CONTENT_TYPE_OPTIONS};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

/// A file is read whole; a larger one is no part of a web page.
const MOST: u64 = 256 * 1024 * 1024;

/// Serves `FOLDER` until it is ended; gives an exit status if it cannot.
pub fn run(mut args: impl Iterator<Item = OsString>) -> i32 {
    let Some(folder) = args.next().map(PathBuf::from) else { return 2 };
    let port = std::env::var("PORT").ok().and_then(|it| it.parse().ok()).unwrap_or(0);
    let outcome = tokio::runtime::Builder::new_current_thread().enable_all().build().and_then(|it| it.block_on(serve(&folder, port)));
    let Err(error) = outcome else { return 0 };
    eprintln!("{}: {error}", folder.display());
    1
}

async fn serve(folder: &Path, port: u16) -> io::Result<()> {
    let root = folder.canonicalize()?;
    let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await?;
    println!("serving {} on {}", root.display(), listener.local_addr()?);
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        let root = root.clone();
        tokio::spawn(async move {
            let answers = service_fn(|request| {
                let answer = answer(&root, &request);
                async { Ok::<_, Infallible>(answer) }
            });
            // A client that goes away in the middle is its own affair.
            let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), answers).await;
        });
    }
}

fn answer(root: &Path, request: &Request<Incoming>) -> Response<Full<Bytes>> {
    if request.method() != Method::GET && request.method() != Method::HEAD {
        return plain(StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD");
    }
    let Some(file) = find(root, request.uri().path()) else { return missing(root) };
    if let Some(place) = with_slash(request.uri(), &file) {
        return moved(&place);
    }
    let Ok(meta) = file.metadata() else { return missing(root) };
    if meta.len() > MOST {
        return plain(StatusCode::INTERNAL_SERVER_ERROR, "the file is too large");
    }
    let changed = meta.modified().ok().and_then(|it| it.duration_since(UNIX_EPOCH).ok()).unwrap_or_default().as_nanos();
    let tag = format!("\"{:x}-{changed:x}\"", meta.len());
    if request.headers().get(IF_NONE_MATCH).is_some_and(|it| it.as_bytes() == tag.as_bytes()) {
        return with(Response::new(Full::default()), StatusCode::NOT_MODIFIED, &file, &tag);
    }
    match std::fs::read(&file) {
        Ok(bytes) => with(Response::new(Full::from(bytes)), StatusCode::OK, &file, &tag),
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => plain(StatusCode::FORBIDDEN, "the file cannot be read"),
        Err(_) => missing(root),
    }
}

fn with(mut response: Response<Full<Bytes>>, status: StatusCode, file: &Path, tag: &str) -> Response<Full<Bytes>> {
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type(file)));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    if let Ok(tag) = HeaderValue::from_str(tag) {
        headers.insert(ETAG, tag);
    }
    response
}

/// Where a folder's page is to be asked for: with a `/` at the end, or its relative links would lead elsewhere.
fn with_slash(uri: &Uri, file: &Path) -> Option<String> {
    let path = uri.path();
    let is_page_of_folder = file.ends_with("index.html") && !path.ends_with('/') && !decode(path)?.ends_with("index.html");
    // One slash at the beginning: two would name another host.
    is_page_of_folder.then(|| {
        let query = uri.query().map_or_else(String::new, |it| format!("?{it}"));
        format!("/{}/{query}", path.trim_start_matches('/'))
    })
}

fn moved(place: &str) -> Response<Full<Bytes>> {
    let mut response = plain(StatusCode::PERMANENT_REDIRECT, "moved");
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    if let Ok(place) = HeaderValue::from_str(place) {
        response.headers_mut().insert(LOCATION, place);
    }
    response
}

fn plain(status: StatusCode, text: &'static str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(format!("{text}\n")));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}

fn missing(root: &Path) -> Response<Full<Bytes>> {
    match std::fs::read(root.join("404.html")) {
        Ok(page) => with(Response::new(Full::from(page)), StatusCode::NOT_FOUND, Path::new("404.html"), ""),
        Err(_) => plain(StatusCode::NOT_FOUND, "not found"),
    }
}

/// The file that `path` names: inside `root` even after links, none of its parts hidden.
fn find(root: &Path, path: &str) -> Option<PathBuf> {
    let text = decode(path)?;
    let relative = Path::new(text.trim_start_matches('/'));
    let mut wanted = root.to_owned();
    for part in relative.components() {
        match part {
            Component::Normal(name) if !name.to_string_lossy().starts_with('.') => wanted.push(name),
            Component::CurDir => {}
            _ => return None,
        }
    }
    let candidates = [wanted.clone(), wanted.join("index.html"), wanted.with_extension("html")];
    let file = candidates.into_iter().find(|it| it.is_file())?.canonicalize().ok()?;
    file.starts_with(root).then_some(file)
}

fn decode(path: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        if *first != b'%' {
            bytes.push(*first);
            rest = after;
            continue;
        }
        let digits = std::str::from_utf8(after.get(..2)?).ok()?;
        bytes.push(u8::from_str_radix(digits, 16).ok().filter(|it| *it != 0)?);
        rest = &after[2..];
    }
    String::from_utf8(bytes).ok()
}

fn media_type(file: &Path) -> &'static str {
    match file.extension().and_then(|it| it.to_str()).unwrap_or_default() {
        "html" | "htm" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "json" | "map" => "application/json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "wasm" => "application/wasm",
        "pdf" => "application/pdf",
        "xml" => "application/xml",
        "txt" | "md" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_of_a_folder_is_asked_for_with_a_slash_so_that_its_relative_links_lead_into_it() {
        let place = |uri: &str, file: &str| with_slash(&uri.parse().unwrap(), Path::new(file));
        assert_eq!(place("/about?a=1", "/s/about/index.html").as_deref(), Some("/about/?a=1"));
        assert_eq!(place("//evil.example", "/s/evil.example/index.html").as_deref(), Some("/evil.example/"), "no other host");
        for (uri, file) in
            [("/", "/s/index.html"), ("/about/", "/s/about/index.html"), ("/index.html", "/s/index.html"), ("/a", "/s/a.html")]
        {
            assert_eq!(place(uri, file), None, "{uri}");
        }
    }

    #[test]
    fn nothing_outside_the_folder_and_nothing_hidden_is_found() {
        let outer = tempfile::tempdir().unwrap();
        let root = outer.path().join("site");
        std::fs::create_dir_all(root.join("a b")).unwrap();
        for (name, text) in [("../secret", "s"), ("index.html", "i"), ("a b/page.html", "p"), (".env", "e")] {
            std::fs::write(root.join(name), text).unwrap();
        }
        std::os::unix::fs::symlink(outer.path().join("secret"), root.join("link")).unwrap();
        let root = root.canonicalize().unwrap();
        for path in ["/../secret", "/%2e%2e/secret", "/link", "/.env", "/a%00", "/%zz", "//etc/passwd", "/a b/../../secret"] {
            assert_eq!(find(&root, path), None, "{path}");
        }
        assert_eq!(find(&root, "/"), Some(root.join("index.html")));
        assert_eq!(find(&root, "/a%20b/page"), Some(root.join("a b/page.html")));
    }
}

//! The way through a proxy that the environment names: the real binary, because the environment is a process's own.

use std::process::{Command, Output};
use std::sync::Arc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Mutex;

use crate::source_fake::{Act, Fake, answer};
use crate::source_tls::{Leaf, Secure, carry};

/// What a proxy does with whoever wants through.
#[derive(Clone, Copy)]
enum Proxy {
    /// Carries everything to this port of this machine, whatever name was asked for.
    To(u16),
    /// Says this and hangs up.
    Says(&'static str),
}

/// A proxy, and all it was told in the clear.
async fn proxy(kind: Proxy) -> (String, Arc<Mutex<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let heard = Arc::new(Mutex::new(String::new()));
    let told = Arc::clone(&heard);
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let told = Arc::clone(&told);
            tokio::spawn(async move {
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    if !matches!(socket.read_buf(&mut head).await, Ok(1..)) {
                        break;
                    }
                }
                told.lock().await.push_str(&String::from_utf8_lossy(&head));
                match kind {
                    Proxy::To(port) => {
                        let Ok(beyond) = TcpStream::connect(("127.0.0.1", port)).await else { return };
                        let _ = socket.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await;
                        carry(socket, beyond).await;
                    }
                    Proxy::Says(text) => {
                        let _ = socket.write_all(text.as_bytes()).await;
                        let _ = socket.shutdown().await;
                    }
                }
            });
        }
    });
    (url, heard)
}

/// `trackside status` with these flags and variables, the token in its own variable.
async fn status(args: &[&str], variables: &[(&str, &str)]) -> Output {
    let home = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_trackside"));
    command.args(args).args(["status"]).env_clear().env("HOME", home.path()).env("PATH", "/usr/bin:/bin");
    command.env("TRACKSIDE_TOKEN", "c4nary-token").envs(variables.iter().copied());
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_platform_behind_a_proxy_is_reached_and_the_proxy_never_hears_the_token() {
    // A name that nobody can resolve: only through the proxy is there a way to it.
    let leaf = Leaf::usual("platform.invalid");
    let secure = Secure::start(&leaf).await;
    let port = secure.url.rsplit(':').next().unwrap().parse().unwrap();
    let (way, heard) = proxy(Proxy::To(port)).await;
    let authority = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(authority.path(), &leaf.authority).unwrap();
    let args = ["--url", "https://platform.invalid", "--ca-file", authority.path().to_str().unwrap()];
    let output = status(&args, &[("HTTPS_PROXY", &way)]).await;
    assert!(secure.heard().to_lowercase().contains("authorization: bearer c4nary-token"), "{}", said(&output));
    let heard = heard.lock().await.clone();
    assert!(heard.starts_with("CONNECT platform.invalid:443 ") && !heard.contains("c4nary"), "{heard}");

    let output = status(&args, &[("HTTPS_PROXY", &way), ("NO_PROXY", "platform.invalid")]).await;
    assert!(output.status.code() == Some(3) && said(&output).contains("platform.invalid cannot be resolved"), "{}", said(&output));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_that_does_not_let_us_through_is_named_as_what_it_is() {
    for (kind, words) in [
        (Proxy::Says("HTTP/1.1 407 Proxy Authentication Required\r\nproxy-authenticate: Basic\r\n\r\n"), "wants a user and a password"),
        (Proxy::Says("HTTP/1.1 403 Forbidden\r\n\r\n"), "the proxy does not let us through"),
        (Proxy::Says(""), "proxy"),
        (Proxy::Says("HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n\r\n<h1>Welcome! Please log in</h1>"), "cut the connection"),
    ] {
        let (way, heard) = proxy(kind).await;
        let output = status(&["--url", "https://platform.invalid"], &[("HTTPS_PROXY", &way)]).await;
        assert_eq!(output.status.code(), Some(3), "{}", said(&output));
        assert!(said(&output).contains(words), "{words}: {}", said(&output));
        assert!(!heard.lock().await.contains("c4nary"));
    }
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let output = status(&["--url", "https://platform.invalid"], &[("HTTPS_PROXY", &format!("http://{gone}"))]).await;
    assert!(output.status.code() == Some(3) && said(&output).contains("proxy"), "{}", said(&output));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_on_this_machine_is_never_asked_for_through_a_proxy() {
    let (way, heard) = proxy(Proxy::Says("HTTP/1.1 502 Bad Gateway\r\n\r\n")).await;
    let variables = ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY"].map(|it| (it, way.as_str()));
    let here = Fake::start(|_, _| Act::Say(answer("404 Not Found", "", ""))).await;
    status(&["--url", &here.url], &variables).await;
    assert!(!here.requests().is_empty());
    let secure = Secure::start(&Leaf::usual("localhost")).await;
    let output = status(&["--url", &secure.url], &variables).await;
    assert!(said(&output).contains("an authority this machine does not know"), "{}", said(&output));
    assert_eq!(*heard.lock().await, "");
}

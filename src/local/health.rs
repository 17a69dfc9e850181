//! Whether a started replica is ready for traffic, and if not, why in words that say what to do.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::Instant;

use super::process::{Exit, Running};
use super::{ports, tree};

/// Between two looks: a service that is ready at once should not wait.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// One health request may take this long.
const ASK_FOR: Duration = Duration::from_secs(5);
/// A worker that still runs after this long has begun well.
const SETTLED: Duration = Duration::from_secs(1);
/// A program that has been listening elsewhere for this long has not heard of `PORT`.
const ELSEWHERE: Duration = Duration::from_secs(10);

/// What "ready" means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Check {
    /// Still runs after a second.
    Runs,
    /// Accepts a connection on the port.
    Listens(u16),
    /// Answers 2xx or 3xx on the path.
    Answers(u16, String),
}

/// Why a replica is not ready.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unready {
    /// It ended. `true`: because its port was taken by another program meanwhile.
    Exited(Exit, bool),
    /// It runs, but not as it should.
    Wrong(String),
}

/// Waits until `running` is ready, at most `within`.
pub async fn ready(running: &mut Running, check: &Check, within: Duration) -> Result<(), Unready> {
    let began = Instant::now();
    let mut last = String::new();
    loop {
        tokio::select! {
            biased;
            () = running.ended() => {
                let exit = running.wait().await;
                let taken = matches!(check, Check::Listens(port) | Check::Answers(port, _) if !ports::free(*port));
                return Err(Unready::Exited(exit, taken));
            }
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
        match look(running, check, began).await {
            Ok(()) => return Ok(()),
            Err(why) => last = why.unwrap_or(last),
        }
        if let Some(why) = elsewhere(running, check, began) {
            return Err(Unready::Wrong(why));
        }
        if began.elapsed() >= within {
            return Err(Unready::Wrong(late(check, within, &last)));
        }
    }
}

async fn look(running: &Running, check: &Check, began: Instant) -> Result<(), Option<String>> {
    match check {
        Check::Runs if began.elapsed() >= SETTLED => Ok(()),
        Check::Runs => Err(None),
        Check::Listens(port) => match TcpStream::connect((Ipv4Addr::LOCALHOST, *port)).await {
            Ok(_) if is_ours(running, *port) => Ok(()),
            Ok(_) => Err(Some("another program listens there".to_owned())),
            Err(_) => Err(None),
        },
        Check::Answers(port, path) => match tokio::time::timeout(ASK_FOR, get(*port, path)).await {
            Ok(Ok(status)) if (200..400).contains(&status) && is_ours(running, *port) => Ok(()),
            Ok(Ok(status)) => Err(Some(format!("last: {status}"))),
            Ok(Err(why)) => Err(why),
            Err(_) => Err(Some(format!("last: no answer in {}s", ASK_FOR.as_secs()))),
        },
    }
}

/// A stranger may hold the port; traffic must not go to it.
fn is_ours(running: &Running, port: u16) -> bool {
    tree::listening(&running.members()).contains(&port)
}

/// The status of a `GET`. `Err(None)`: nobody listens yet.
pub async fn get(port: u16, path: &str) -> Result<u16, Option<String>> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut stream = TcpStream::connect(address).await.map_err(|_| None)?;
    let broken = |it: std::io::Error| Some(format!("last: {it}"));
    let ask = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nUser-Agent: trackside-health\r\nAccept: */*\r\nConnection: close\r\n\r\n");
    stream.write_all(ask.as_bytes()).await.map_err(broken)?;
    let mut head = Vec::with_capacity(64);
    // "HTTP/1.1 200" is all that is needed of the answer.
    while head.len() < 12 {
        let mut piece = [0; 64];
        let n = stream.read(&mut piece).await.map_err(broken)?;
        if n == 0 {
            break;
        }
        head.extend_from_slice(&piece[..n]);
    }
    let status = std::str::from_utf8(head.get(9..12).unwrap_or_default()).ok().and_then(|it| it.parse().ok());
    status.filter(|_| head.starts_with(b"HTTP/1.")).ok_or_else(|| Some("last: an answer that is not HTTP".to_owned()))
}

/// Says on which other port it listens, once that has been so for long enough.
fn elsewhere(running: &Running, check: &Check, began: Instant) -> Option<String> {
    let (Check::Listens(port) | Check::Answers(port, _)) = check else { return None };
    if began.elapsed() < ELSEWHERE {
        return None;
    }
    let found = tree::listening(&running.members());
    let other = found.iter().next().filter(|_| !found.contains(port))?;
    Some(format!("listens on {other} instead of {port}: let it listen on the port in the variable PORT"))
}

fn late(check: &Check, within: Duration, last: &str) -> String {
    let last = if last.is_empty() { String::new() } else { format!(" ({last})") };
    match check {
        Check::Runs => "did not settle".to_owned(),
        Check::Listens(port) => format!("did not listen on {port} (the variable PORT) within {}s{last}", within.as_secs()),
        Check::Answers(_, path) => format!("did not answer on {path} within {}s{last}", within.as_secs()),
    }
}

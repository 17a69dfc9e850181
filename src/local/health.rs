//! Whether a started replica is ready for traffic, and if not, why in words that say what to do.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
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
/// Of an answer so much is read, and for so long; more than that is a stream.
const ANSWER: usize = 1024 * 1024;

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
    listeners(running).iter().any(|it| it.port() == port)
}

fn listeners(running: &Running) -> Vec<SocketAddr> {
    tree::listening(&running.members()).into_iter().collect()
}

/// Says that others on the network can call a replica past the platform, if so.
pub fn open_to_others(running: &Running, port: u16) -> Option<String> {
    let open = listeners(running).into_iter().find(|it| it.port() == port && !it.ip().to_canonical().is_loopback())?;
    let what = "which others on the network may reach past the platform";
    Some(format!("listens on {open}, {what}: let it listen on 127.0.0.1, which is in the variable HOST"))
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
    // Who is cut off in the middle of an answer has something to complain about. The status need not wait for that.
    tokio::spawn(tokio::time::timeout(ASK_FOR, to_end(stream)));
    let status = std::str::from_utf8(head.get(9..12).unwrap_or_default()).ok().and_then(|it| it.parse().ok());
    status.filter(|_| head.starts_with(b"HTTP/1.")).ok_or_else(|| Some("last: an answer that is not HTTP".to_owned()))
}

async fn to_end(stream: TcpStream) {
    let _ = tokio::io::copy(&mut stream.take(ANSWER as u64), &mut tokio::io::sink()).await;
}

/// Says on which other port it listens, once that has been so for long enough.
fn elsewhere(running: &Running, check: &Check, began: Instant) -> Option<String> {
    let (Check::Listens(port) | Check::Answers(port, _)) = check else { return None };
    if began.elapsed() < ELSEWHERE {
        return None;
    }
    amiss(*port, &listeners(running))
}

/// Why nobody gets an answer on `port` who asks on 127.0.0.1, as far as it is seen from where a replica listens.
fn amiss(port: u16, found: &[SocketAddr]) -> Option<String> {
    let reached = |it: &SocketAddr| it.ip().is_unspecified() || it.ip().to_canonical() == IpAddr::V4(Ipv4Addr::LOCALHOST);
    let here: Vec<&SocketAddr> = found.iter().filter(|it| it.port() == port).collect();
    match here.first() {
        None => {
            let other = found.first()?.port();
            Some(format!("listens on {other} instead of {port}: let it listen on the port in the variable PORT"))
        }
        Some(_) if here.iter().any(|it| reached(it)) => None,
        Some(other) => Some(format!(
            "listens on {other} instead of 127.0.0.1:{port}: let it listen on the address in the variable HOST, `localhost` may be another"
        )),
    }
}

fn late(check: &Check, within: Duration, last: &str) -> String {
    let last = if last.is_empty() { String::new() } else { format!(" ({last})") };
    match check {
        Check::Runs => "did not settle".to_owned(),
        Check::Listens(port) => format!("did not listen on {port} (the variable PORT) within {}s{last}", within.as_secs()),
        Check::Answers(_, path) => format!("did not answer on {path} within {}s{last}", within.as_secs()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_a_replica_listens_that_nobody_reaches_is_said() {
        let of = |found: &[&str]| amiss(80, &found.iter().map(|it| it.parse().unwrap()).collect::<Vec<_>>());
        assert_eq!(of(&[]), None);
        for it in ["127.0.0.1:80", "0.0.0.0:80", "[::]:80", "[::ffff:127.0.0.1]:80"] {
            assert_eq!(of(&["[::1]:80", it]), None, "{it}");
        }
        assert!(of(&["127.0.0.1:8080"]).unwrap().contains("8080 instead of 80: let it listen on the port in the variable PORT"));
        for it in ["[::1]:80", "10.0.0.7:80"] {
            assert!(of(&["127.0.0.1:8080", it]).unwrap().contains(&format!("{it} instead of 127.0.0.1:80")), "{it}");
        }
    }

    #[tokio::test]
    async fn an_answer_is_read_to_its_end() {
        let server = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = server.local_addr().unwrap().port();
        let answers = async {
            let (mut stream, _) = server.accept().await.unwrap();
            let mut asked = [0; 1024];
            let _ = stream.read(&mut asked).await.unwrap();
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
            // More than the kernel keeps for a reader that does not read.
            stream.write_all(&vec![b'x'; ANSWER - 1024]).await.unwrap();
            stream.shutdown().await.unwrap();
            // A reader that closes early resets the connection.
            stream.read(&mut asked).await.unwrap()
        };
        let (status, rest) = tokio::join!(get(port, "/"), answers);
        assert_eq!((status, rest), (Ok(200), 0));
    }
}

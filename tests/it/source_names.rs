//! Names that nobody knows, a resolver that fails or takes its time, addresses that are dead: with a resolver of our own, in a network of
//! our own, because a machine's resolver is asked in no other way than by the machine.

use std::net::Ipv6Addr;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use secrecy::SecretString;
use socket2::{Domain, Socket, Type};
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, UdpSocket};
use trackside::platform::endpoint::Endpoint;
use trackside::platform::patience::Patience;
use trackside::platform::trackside::client::Client;

use crate::site::PATIENCE;

/// Set inside the network of our own.
const INSIDE: &str = "TRACKSIDE_TEST_NAMES";
/// Longer than anybody waits for a connection.
const SLOW: Duration = Duration::from_secs(10);
/// Said inside, and then aloud.
const NO_IPV6: &str = "SKIPPED: there is no IPv6 here; nothing was proved about addresses of that kind";
const A: u16 = 1;
const AAAA: u16 = 28;

/// A port at which nobody takes a connection any more: the kernel lets further ones wait without a word.
struct Full {
    _listener: Socket,
    _waiting: Vec<Socket>,
}

impl Full {
    fn at(address: std::net::SocketAddr) -> (Self, std::net::SocketAddr) {
        let domain = if address.is_ipv6() { Domain::IPV6 } else { Domain::IPV4 };
        let listener = Socket::new(domain, Type::STREAM, None).unwrap();
        if address.is_ipv6() {
            listener.set_only_v6(true).unwrap();
        }
        listener.bind(&address.into()).unwrap();
        listener.listen(0).unwrap();
        let address = listener.local_addr().unwrap().as_socket().unwrap();
        let mut waiting = Vec::new();
        for _ in 0..8 {
            let one = Socket::new(domain, Type::STREAM, None).unwrap();
            one.set_nonblocking(true).unwrap();
            let _ = one.connect(&address.into());
            waiting.push(one);
        }
        (Self { _listener: listener, _waiting: waiting }, address)
    }
}

/// Why `url` cannot be asked, and how long it took to say so.
async fn trouble(url: &str) -> (String, Duration) {
    let patience = Patience { connect: Duration::from_secs(2), first_byte: Duration::from_secs(3), ..Patience::default() };
    let client = Client::patient(Endpoint::new(url, Some(SecretString::from("c4nary"))).unwrap(), patience);
    let begun = Instant::now();
    let why = tokio::time::timeout(PATIENCE, client.me()).await.expect("given up in time").unwrap_err();
    (why.to_string(), begun.elapsed())
}

#[tokio::test]
async fn a_port_whose_queue_is_full_is_given_up_in_time() {
    let (_full, address) = Full::at("127.0.0.1:0".parse().unwrap());
    let (why, _) = trouble(&format!("http://{address}")).await;
    assert!(why.contains("no connection in time"), "{why}");
}

#[test]
fn names_that_are_unknown_slow_or_half_dead_are_told_apart_or_reached() {
    let folder = tempfile::tempdir().unwrap();
    let conf = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let resolv = conf("resolv.conf", "nameserver 127.0.0.1\noptions timeout:5 attempts:2\n");
    let nss = conf("nsswitch.conf", "hosts: files dns\n");
    let of = |path: &str| std::fs::canonicalize(path).ok();
    let (Some(place), Some(switch)) = (of("/etc/resolv.conf"), of("/etc/nsswitch.conf")) else {
        return eprintln!("SKIPPED: this machine asks for names in another way");
    };
    let inside = || {
        let mut command = Command::new("bwrap");
        command.args(["--unshare-net", "--die-with-parent", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"]);
        if !rustix::process::geteuid().is_root() {
            command.args(["--unshare-user", "--uid", "0", "--cap-add", "CAP_NET_BIND_SERVICE"]);
        }
        command.arg("--ro-bind").arg(&resolv).arg(&place).arg("--ro-bind").arg(&nss).arg(&switch);
        command.stdin(Stdio::null());
        command
    };
    if !inside().args(["--", "true"]).output().is_ok_and(|it| it.status.success()) {
        return eprintln!("SKIPPED: no network of our own can be had here (bwrap); nothing was proved about names");
    }
    let mut command = inside();
    // Who is behind a proxy would ask that, for each of these names.
    for name in ["http_proxy", "https_proxy", "all_proxy", "no_proxy"] {
        command.env_remove(name).env_remove(name.to_uppercase());
    }
    command.arg("--").arg(std::env::current_exe().unwrap());
    command.args(["--exact", "source_names::within_a_network_of_our_own", "--ignored", "--nocapture"]).env(INSIDE, "1");
    let done = command.output().unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    assert!(done.status.success() && said.contains("1 passed"), "{said}");
    if said.contains(NO_IPV6) {
        eprintln!("{NO_IPV6}");
    }
}

/// The answer to a question of the resolver: a code, and addresses.
fn answer(question: &[u8], code: u8, found: &[&[u8]]) -> Vec<u8> {
    let mut end = 12;
    while question[end] != 0 {
        end += usize::from(question[end]) + 1;
    }
    let kind = &question[end + 1..end + 3];
    let mut out = question[..2].to_vec();
    out.extend([0x81, 0x80 | code, 0, 1, 0, found.len() as u8, 0, 0, 0, 0]);
    out.extend(&question[12..end + 5]);
    for address in found {
        out.extend([0xc0, 12]);
        out.extend(kind);
        out.extend([0, 1, 0, 0, 0, 0, 0, address.len() as u8]);
        out.extend(*address);
    }
    out
}

/// Knows what the names of this test are.
async fn resolve(socket: UdpSocket) {
    let mut buffer = [0; 512];
    loop {
        let (count, from) = socket.recv_from(&mut buffer).await.unwrap();
        let question = &buffer[..count];
        let label = String::from_utf8_lossy(&question[13..13 + usize::from(question[12])]).into_owned();
        let end = count.min(12 + question[12..].iter().position(|it| *it == 0).unwrap());
        let kind = u16::from_be_bytes([question[end + 1], question[end + 2]]);
        let (four, six, nowhere) = ([127, 0, 0, 1], Ipv6Addr::LOCALHOST.octets(), "100::1".parse::<Ipv6Addr>().unwrap().octets());
        let said = match (label.as_str(), kind) {
            ("nobody", _) => answer(question, 3, &[]),
            ("broken", _) => answer(question, 2, &[]),
            // Nobody waits for it, so it is not sent at all.
            ("slow", _) => continue,
            ("both", A) => answer(question, 0, &[&four]),
            ("both", AAAA) => answer(question, 0, &[&six]),
            ("gone", AAAA) => answer(question, 0, &[&nowhere]),
            _ => answer(question, 0, &[]),
        };
        socket.send_to(&said, from).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "run by another test, in a network of its own"]
async fn within_a_network_of_our_own() {
    if std::env::var_os(INSIDE).is_none() {
        return;
    }
    tokio::spawn(resolve(UdpSocket::bind("127.0.0.1:53").await.unwrap()));
    let ipv6 = std::net::TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).is_ok();
    for (name, says) in [
        ("nobody.test", "the name nobody.test cannot be resolved (DNS)"),
        ("broken.test", "the name broken.test cannot be resolved (DNS)"),
        ("slow.test", "no connection in time"),
        ("gone.test", "there is no way to gone.test"),
    ] {
        if name == "gone.test" && !ipv6 {
            continue;
        }
        let (why, took) = trouble(&format!("https://{name}")).await;
        println!("{name}: {why} after {took:?}");
        assert!(why.contains(says) && !why.contains("c4nary"), "{name}: {why}");
        assert!(took < SLOW, "{name}: {took:?}");
    }
    if !ipv6 {
        return println!("{NO_IPV6}");
    }
    // Of two addresses the newer kind takes no connection: the other one is tried before the wait is over.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let _ = socket.write_all(b"nobody speaks TLS here\n").await;
        }
    });
    let _full = Full::at((Ipv6Addr::LOCALHOST, port).into());
    let (why, _) = trouble(&format!("https://both.test:{port}")).await;
    assert!(why.contains("does not speak TLS"), "{why}");
}

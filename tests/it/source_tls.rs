//! The way over TLS: which certificates are trusted, how each refusal is named, and that no token leaves before.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs::default_provider;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use trackside::platform::patience::Patience;
use trackside::platform::trackside::client::Client;
use trackside::platform::trouble::Trouble;

use crate::source_fake::{Act, Fake, answer};
use crate::source_wire::{brisk, endpoint};

const HEALTH: &str = r#"{"success":true,"data":{"status":"ok","version":"0.1.0","now":"2026-01-01T00:00:00Z"},"message":null}"#;

/// A certificate with its key, and the authority that vouches for it.
pub struct Leaf {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
    /// The authority, as a `ca_file` holds it.
    pub authority: String,
}

impl Leaf {
    /// As every server has one, for `name`.
    pub fn usual(name: &str) -> Self {
        Self::with(name, |_| ())
    }

    fn with(name: &str, change: impl FnOnce(&mut CertificateParams)) -> Self {
        let mut above = CertificateParams::new(Vec::new()).unwrap();
        above.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        above.distinguished_name.push(DnType::CommonName, "an authority of a test's own");
        let authority = CertifiedIssuer::self_signed(above, KeyPair::generate().unwrap()).unwrap();
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        let leaf = params.signed_by(&key, &authority).unwrap();
        Self { chain: vec![leaf.der().clone()], key: PrivateKeyDer::Pkcs8(key.serialize_der().into()), authority: authority.pem() }
    }

    /// One that vouches for itself.
    fn own(name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let leaf = CertificateParams::new(vec![name.to_owned()]).unwrap().self_signed(&key).unwrap();
        Self { chain: vec![leaf.der().clone()], key: PrivateKeyDer::Pkcs8(key.serialize_der().into()), authority: leaf.pem() }
    }

    fn acceptor(&self) -> TlsAcceptor {
        let config = ServerConfig::builder_with_provider(Arc::new(default_provider())).with_safe_default_protocol_versions().unwrap();
        TlsAcceptor::from(Arc::new(config.with_no_client_auth().with_single_cert(self.chain.clone(), self.key.clone_key()).unwrap()))
    }
}

/// A platform behind TLS that is always well. It keeps what it was told.
pub struct Secure {
    pub url: String,
    heard: Arc<Mutex<String>>,
    task: JoinHandle<()>,
}

impl Drop for Secure {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Secure {
    pub async fn start(leaf: &Leaf) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
        let heard = Arc::new(Mutex::new(String::new()));
        let (acceptor, told) = (leaf.acceptor(), Arc::clone(&heard));
        let task = tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(serve(acceptor.clone(), socket, Arc::clone(&told)));
            }
        });
        Self { url, heard, task }
    }

    /// Everything that came through the encryption.
    pub fn heard(&self) -> String {
        self.heard.lock().unwrap().clone()
    }
}

/// Serves one connection: TLS, one request, one answer.
pub async fn serve(acceptor: TlsAcceptor, socket: impl AsyncRead + AsyncWrite + Unpin, heard: Arc<Mutex<String>>) {
    let Ok(mut tls) = acceptor.accept(socket).await else { return };
    let mut request = Vec::new();
    while !request.windows(4).any(|it| it == b"\r\n\r\n") {
        if !matches!(tls.read_buf(&mut request).await, Ok(1..)) {
            break;
        }
    }
    heard.lock().unwrap().push_str(&String::from_utf8_lossy(&request));
    let _ = tls.write_all(&answer("200 OK", "content-type: application/json\r\n", HEALTH)).await;
    let _ = tls.shutdown().await;
}

fn patience() -> Patience {
    Patience { first_byte: Duration::from_secs(10), whole: Duration::from_secs(20), ..brisk() }
}

fn file(text: &str) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    file
}

/// Asks over TLS, with `authority` as the `ca_file` if there is one.
async fn ask(url: &str, authority: Option<&str>) -> Result<String, Trouble> {
    let file = authority.map(file);
    let mut endpoint = endpoint(url);
    if let Some(file) = &file {
        endpoint = endpoint.with_ca_file(file.path().to_owned());
    }
    Client::patient(endpoint, patience()).health().await.map(|it| it.status)
}

#[tokio::test]
async fn an_authority_that_was_named_is_trusted_beside_the_machines_own() {
    let leaf = Leaf::usual("localhost");
    let secure = Secure::start(&leaf).await;
    assert_eq!(ask(&secure.url, Some(&leaf.authority)).await, Ok("ok".to_owned()));
    assert!(secure.heard().to_lowercase().contains("authorization: bearer c4nary-token"), "the token goes where it belongs");
}

/// In a process of its own: the environment is a process's.
#[tokio::test(flavor = "multi_thread")]
async fn an_authority_that_the_environment_names_is_trusted() {
    let leaf = Leaf::usual("localhost");
    let secure = Secure::start(&leaf).await;
    let (authority, home) = (file(&leaf.authority), tempfile::tempdir().unwrap());
    for named in [false, true] {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_trackside"));
        command.args(["--url", &secure.url, "status"]).env_clear().env("HOME", home.path()).env("PATH", "/usr/bin:/bin");
        command.env("TRACKSIDE_TOKEN", "c4nary-token").envs(named.then(|| ("SSL_CERT_FILE", authority.path())));
        let done = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        assert_eq!(said.contains("an authority this machine does not know"), !named, "{said}");
        assert_eq!(secure.heard().contains("c4nary-token"), named, "{said}");
    }
}

#[tokio::test]
async fn each_certificate_that_is_not_accepted_is_named_and_hears_no_token() {
    let usual = Leaf::usual("localhost");
    let expired = Leaf::with("localhost", |it| it.not_after = date_time_ymd(2020, 1, 1));
    let early = Leaf::with("localhost", |it| it.not_before = date_time_ymd(2900, 1, 1));
    let other = Leaf::usual("example.org");
    let own = Leaf::own("localhost");
    for (leaf, trusted, words) in [
        (&usual, false, "an authority this machine does not know"),
        (&own, false, "an authority this machine does not know"),
        (&expired, true, "has expired"),
        (&early, true, "not valid yet; is this machine's clock right?"),
        (&other, true, "for another name"),
    ] {
        let secure = Secure::start(leaf).await;
        let outcome = ask(&secure.url, trusted.then_some(&leaf.authority)).await;
        assert!(matches!(&outcome, Err(Trouble::Fatal(why)) if why.contains(words) && why.contains("localhost:")), "{words}: {outcome:?}");
        assert_eq!(secure.heard(), "", "{words}");
    }
}

#[tokio::test]
async fn what_speaks_no_tls_or_an_old_one_or_hangs_up_is_told_apart() {
    let plain = Fake::start(|_, _| Act::Close).await;
    let port = plain.url.rsplit(':').next().unwrap().to_owned();
    for (said, words) in [
        (&b"HTTP/1.1 400 Bad Request\r\n\r\n"[..], "does not speak TLS on this port"),
        // The alert of a server that knows nothing newer than TLS 1.0: `protocol_version` (RFC 5246, 7.2.2).
        (b"\x15\x03\x01\x00\x02\x02\x46", "no common TLS version"),
        (b"", "cut the connection"),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
        let heard = tokio::spawn(async move {
            let mut heard = Vec::new();
            while let Ok(Ok((mut socket, _))) = tokio::time::timeout(Duration::from_secs(1), listener.accept()).await {
                let mut bytes = [0; 4096];
                let n = socket.read(&mut bytes).await.unwrap_or(0);
                heard.extend_from_slice(&bytes[..n]);
                let _ = socket.write_all(said).await;
                let _ = socket.shutdown().await;
            }
            heard
        });
        let why = ask(&url, None).await.unwrap_err().to_string();
        assert!(why.contains(words), "{words}: {why}");
        assert!(!String::from_utf8_lossy(&heard.await.unwrap()).contains("c4nary"));
    }
    assert!(!port.is_empty() && plain.requests().is_empty());
}

#[tokio::test]
async fn a_certificate_file_that_is_none_says_which_and_why() {
    let folder = tempfile::tempdir().unwrap();
    let broken = file("-----BEGIN CERTIFICATE-----\nbm9uc2Vuc2U=\n-----END CERTIFICATE-----\n");
    let empty = file("");
    for (path, words) in [
        (folder.path().join("missing.pem"), "No such file"),
        (folder.path().to_owned(), "directory"),
        (empty.path().to_owned(), "no certificate in it"),
        (broken.path().to_owned(), ""),
    ] {
        let endpoint = endpoint("https://localhost:1").with_ca_file(path.clone());
        let outcome = Client::patient(endpoint, patience()).health().await;
        let named = path.display().to_string();
        assert!(matches!(&outcome, Err(Trouble::Fatal(why)) if why.contains(&named) && why.contains(words)), "{outcome:?}");
    }
}

/// Carries bytes both ways until one side ends: what a proxy does after `CONNECT`.
pub async fn carry(mut a: TcpStream, mut b: TcpStream) {
    let _ = tokio::io::copy_bidirectional(&mut a, &mut b).await;
}

//! Log lines as services write them, the same ones each time: what the benches of logs are fed with.

use std::fmt::Write as _;

use trackside::model::ids::ServiceId;
use trackside::model::log::{Level, LogKind, LogLine};
use trackside::model::time::Time;

/// Makes one line after another.
pub struct Maker {
    state: u64,
    at: i64,
    made: usize,
}

impl Maker {
    pub const fn new() -> Self {
        Self { state: 42, at: 1_760_000_000_000, made: 0 }
    }

    /// A small generator of numbers (xorshift), so that the lines are the same everywhere.
    const fn roll(&mut self, below: u64) -> u64 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        self.state % below
    }

    /// The next line, of about 150 bytes: 55 % JSON, 30 % `time LEVEL [service] text key=value`, 15 % access log. It says `instead` where
    /// that is given.
    pub fn line(&mut self, instead: Option<&str>) -> LogLine {
        const SERVICES: [&str; 5] = ["web", "api", "worker", "scheduler", "postgres-proxy"];
        const SAID: [&str; 6] = [
            "cache lookup key=user:{} hit=true ttl={}",
            "request completed status=200 duration_ms={} bytes={}",
            "job finished queue=emails id={} took_ms={}",
            "slow query duration_ms={} rows={}",
            "retrying upstream attempt={} backoff_ms={}",
            "upstream request failed status=502 attempt={} duration_ms={}",
        ];
        self.made += 1;
        let n = self.made;
        self.at += self.roll(20) as i64;
        let level = [Level::Debug, Level::Info, Level::Warn, Level::Error][[0, 1, 1, 1, 1, 1, 1, 2, 2, 3][self.roll(10) as usize]];
        let service = SERVICES[self.roll(5) as usize];
        let said = SAID[self.roll(6) as usize].replacen("{}", &self.roll(99_999).to_string(), 1);
        let said = said.replacen("{}", &self.roll(9_999).to_string(), 1);
        let said = instead.unwrap_or(&said);
        let (when, request, kind) = (Time(self.at), self.roll(1 << 48), self.roll(100));
        let mut text = String::with_capacity(200);
        let _ = match kind {
            0..55 => write!(
                text,
                r#"{{"ts":"{when}","level":"{}","service":"{service}","msg":"{said}","request_id":"{request:012x}","n":{n}}}"#,
                level.word()
            ),
            55..85 => write!(
                text,
                "{when} {:<5} [{service}] {said} path=/api/v1/orders/{} request_id={request:012x} trace={:08x}",
                level.word(),
                n % 99_999,
                request >> 16
            ),
            _ => write!(
                text,
                r#"10.{}.{}.7 - - [{when}] "GET /api/v1/carts/{} HTTP/1.1" 200 {} "-" "Mozilla/5.0 (X11) rv:{}" {said}"#,
                n % 255,
                n % 251,
                n % 99_999,
                n % 77_777,
                n % 40 + 90
            ),
        };
        LogLine {
            off: n as u64,
            at: when,
            kind: LogKind::Runtime,
            level,
            service: Some(ServiceId::new(service)),
            deployment: None,
            replica: 1,
            cont: false,
            text,
        }
    }
}

//! Without a stream: everything asked for every so often, and the stream tried again now and then.

use tokio::time::Instant;

use super::client::read_whole;
use super::line::{Line, Next, now};
use super::session::Input;
use super::turn::degraded_words;
use crate::model::event::Event;
use crate::model::link::Link;
use crate::model::log::{LogPage, LogQuery};
use crate::model::text::Clean;
use crate::model::time::{Millis, Time};
use crate::platform::poll::Poll;
use crate::platform::trouble::Trouble;
use crate::wire::rest::BASE;
use crate::wire::stream::Position;

/// Lines of one page.
const PAGE: usize = 500;
/// Pages of one turn; a flood beyond is read in the next ones.
const PAGES: usize = 8;

/// A stretch of polling.
#[derive(Debug)]
pub struct Polling {
    state: Poll,
    /// That log lines cannot be had was said.
    complained: bool,
    /// Why the platform cannot write what happens, and since when we know.
    degraded: Option<(Clean, Time)>,
}

impl Polling {
    /// Nothing asked yet.
    pub fn new() -> Self {
        Self { state: Poll::new(format!("{BASE}/snapshot")), complained: false, degraded: None }
    }

    /// Polls until the stream can be had, or nothing can.
    ///
    /// What only starts anew is back in seconds, a proxy that knows no upgrade is still there tomorrow: the stream is tried again after
    /// one poll, then after twice as long each time, up to the limit.
    pub(super) async fn run(mut self, line: &mut Line, mut why: Clean) -> Next {
        let caps = line.ask_caps().await;
        line.caps(caps).await;
        let (mut tried, mut again) = (Instant::now(), line.patience.poll);
        let mut said = None;
        loop {
            if let Err(trouble) = self.turn(line).await {
                line.down.get_or_insert_with(|| now().boot);
                return match line.over(trouble).await {
                    Next::Poll(why) => Next::Wait { why, after: None },
                    other => other,
                };
            }
            let link = match &self.degraded {
                Some((_, since)) => Link::Stale { since: *since },
                None => Link::Polling { every: Millis(line.patience.poll.as_millis() as i64), why: why.clone() },
            };
            if said.as_ref() != Some(&link) {
                line.tell(Event::Link(link.clone())).await;
                line.backoff.held(now().boot);
                (said, line.down) = (Some(link), None);
            }
            let hurried = line.pause(line.patience.poll).await;
            if hurried || tried.elapsed() >= again {
                match line.open().await {
                    Ok(socket) => return Next::Stream(Box::new(socket)),
                    Err(Trouble::NoStream(still)) => why = still,
                    // Whatever it is, the next poll meets it too.
                    Err(_) => {}
                }
                (tried, again) = (Instant::now(), (again * 2).min(line.patience.stream_again));
            }
        }
    }

    async fn turn(&mut self, line: &mut Line) -> Result<(), Trouble> {
        let http = line.client.http();
        let answer = self.state.ask(&http).await?;
        if let Some(reply) = answer {
            let whole = read_whole(&reply)?;
            line.session.step(now(), Input::Adopt(&whole));
            self.state.taken(&reply);
            self.degraded(line, whole.degraded).await;
            line.tell(Event::Snapshot(Box::new(whole.snapshot))).await;
        }
        // An answer without a clock in it: the skew stays as the stream last told it.
        line.tell(Event::Heard { skew: line.session.skew() }).await;
        if let Err(why) = self.logs(line).await
            && !std::mem::replace(&mut self.complained, true)
        {
            line.tell(Event::Notice(format!("no log lines while polling: {why}").into())).await;
        }
        Ok(())
    }

    async fn degraded(&mut self, line: &Line, why: Option<Clean>) {
        let known = self.degraded.take();
        let Some(why) = why else { return };
        if known.as_ref().is_none_or(|it| it.0 != why) {
            line.tell(Event::Notice(degraded_words(&why).into())).await;
        }
        self.degraded = Some((why, known.map_or_else(|| now().wall, |it| it.1)));
    }

    async fn logs(&self, line: &mut Line) -> Result<(), Trouble> {
        let wanted = line.wanted.borrow_and_update().clone();
        line.session.step(now(), Input::Follow(wanted.clone()));
        for _ in 0..PAGES {
            let after = line.session.log_position().map(|it| it.rev);
            let page = line.client.logs(&LogQuery { filter: wanted.clone(), after, limit: Some(PAGE), ..LogQuery::default() }).await?;
            if self.take(line, page).await {
                break;
            }
        }
        Ok(())
    }

    /// Takes a page in; true when it was the last one for now.
    async fn take(&self, line: &mut Line, page: LogPage) -> bool {
        let known = line.session.log_position().cloned();
        if known.as_ref().is_some_and(|it| it.epoch != page.epoch) {
            line.session.step(now(), Input::LogsBegan);
            line.tell(Event::LogRestart { epoch: page.epoch }).await;
            return false;
        }
        // What is lost behind the last line would be said again with each page, and lines that are not there counted each time.
        let lost = page.gaps.iter().map(|it| *it.offs.end()).max().filter(|_| page.end);
        let reached = page.lines.last().map(|it| it.off).max(lost);
        for gap in page.gaps {
            line.tell(Event::LogGap(gap)).await;
        }
        if let Some(rev) = reached {
            line.session.step(now(), Input::LogsAt(Position { epoch: page.epoch, rev }));
        }
        if !page.lines.is_empty() {
            line.tell(Event::Logs(page.lines)).await;
        }
        page.end || known.is_none()
    }
}

//! One connection's life: carries frames between the socket and the session, and looks at the clocks meanwhile.

use std::pin::Pin;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::time::{Instant, interval_at, sleep, timeout};
use tokio_tungstenite::tungstenite::{Error, Message};

use super::line::{Line, now};
use super::read::Whole;
use super::session::Input;

use super::turn::{Ending, Output};
use crate::model::event::Event;
use crate::model::link::{Caps, Link};
use crate::model::log::LogFilter;
use crate::model::time::Millis;
use crate::platform::clock::Clocks;
use crate::platform::trouble::Trouble;
use crate::platform::ws::Socket;
use crate::wire::stream::ClientFrame;

/// A peer that does not take a few small frames within this is gone.
const SEND: Duration = Duration::from_secs(10);

/// Pings and the like between two ticks, after which a peer is one that floods us.
const MOST_NOISE: u32 = 2000;
/// Ticks that may fall behind while messages keep coming, before time has its turn all the same.
const LATE: u32 = 4;

/// Something asked over REST beside the stream.
type Beside<T> = Pin<Box<dyn Future<Output = Result<T, Trouble>> + Send>>;

/// What a turn of the loop begins with.
enum Heard {
    Follow(LogFilter),
    Refresh,
    Caps(Result<Caps, Trouble>),
    Whole(Result<Whole, Trouble>),
    Message(Option<Result<Message, Error>>),
    Check,
    Tick,
}

impl Line {
    /// Lives on `socket` until it ends.
    pub(super) async fn stream(&mut self, mut socket: Socket) -> Ending {
        self.session.step(now(), Input::Opened);
        let wanted = self.wanted.borrow_and_update().clone();
        self.session.step(now(), Input::Follow(wanted));
        let mut check = interval_at(Instant::now() + self.patience.check, self.patience.check);
        let mut caps: Option<Beside<Caps>> = Some(self.ask_caps());
        let mut whole: Option<Beside<Whole>> = None;
        let meant = Millis(self.patience.tick.as_millis() as i64);
        let late = self.patience.tick * LATE;
        let mut looked = Instant::now();
        loop {
            let before = Clocks::read();
            // What is rare goes first; time goes last, so that frames which wait already are never taken for silence.
            let heard = tokio::select! {
                biased;
                Ok(()) = self.wanted.changed() => Heard::Follow(self.wanted.borrow_and_update().clone()),
                () = self.refresh.notified() => Heard::Refresh,
                it = beside(&mut caps) => Heard::Caps(it),
                it = beside(&mut whole) => Heard::Whole(it),
                _ = check.tick() => Heard::Check,
                // A flood of empty fragments is no message and has no end; it would keep even the clock from being looked at.
                it = timeout(late, socket.next()) => it.map_or(Heard::Tick, Heard::Message),
                () = sleep(self.patience.tick) => Heard::Tick,
            };
            if before.woke(&Clocks::read(), meant) {
                return Ending::Woke;
            }
            let done = match heard {
                // The stream is there already: what can be done at once is to prove that it tells the truth.
                Heard::Check | Heard::Refresh => {
                    whole.get_or_insert_with(|| self.ask_whole());
                    Ok(())
                }
                Heard::Caps(it) => {
                    self.caps(it).await;
                    Ok(())
                }
                Heard::Whole(Ok(it)) => self.step(&mut socket, Input::Check(&it)).await,
                // A comparison that could not be had says nothing; the next one is in ten minutes.
                Heard::Whole(Err(_)) => Ok(()),
                Heard::Follow(filter) => self.step(&mut socket, Input::Follow(filter)).await,
                Heard::Message(it) => match self.message(&mut socket, it).await {
                    // Messages keep us awake: time is looked at with one of them, and not also by itself.
                    Ok(()) => self.look_in_time(&mut socket, &mut looked).await,
                    ended => ended,
                },
                Heard::Tick => self.look(&mut socket, &mut looked).await,
            };
            if let Err(ending) = done {
                // A peer that still listens hears that we go; one that does not is not waited for.
                let _ = timeout(Duration::from_millis(500), socket.close(None)).await;
                return ending;
            }
        }
    }

    /// Looks at the time.
    async fn look(&mut self, socket: &mut Socket, looked: &mut Instant) -> Result<(), Ending> {
        (self.noise, *looked) = (0, Instant::now());
        self.step(socket, Input::Tick).await
    }

    /// Looks at the time if that is about to be due.
    async fn look_in_time(&mut self, socket: &mut Socket, looked: &mut Instant) -> Result<(), Ending> {
        if looked.elapsed() * 4 >= self.patience.tick * 3 { self.look(socket, looked).await } else { Ok(()) }
    }

    async fn message(&mut self, socket: &mut Socket, message: Option<Result<Message, Error>>) -> Result<(), Ending> {
        match message {
            Some(Ok(Message::Text(text))) => self.step(socket, Input::Text(text.as_str())).await,
            Some(Ok(Message::Close(frame))) => {
                let code = frame.as_ref().map(|it| u16::from(it.code));
                let why = frame.as_ref().map_or("", |it| it.reason.as_str());
                self.step(socket, Input::Closed { code, why }).await
            }
            Some(Ok(_)) if self.noise >= MOST_NOISE => Err(Ending::lost("the platform sends pings without end")),
            Some(Ok(_)) => {
                self.noise += 1;
                self.step(socket, Input::Noise).await
            }
            Some(Err(Error::Capacity(why))) => self.closed(socket, &format!("the platform sent too much at once: {why}")).await,
            Some(Err(Error::Protocol(_))) | None => self.closed(socket, "the connection was cut").await,
            Some(Err(why)) => self.closed(socket, &format!("the connection was cut: {why}")).await,
        }
    }

    async fn closed(&mut self, socket: &mut Socket, why: &str) -> Result<(), Ending> {
        self.step(socket, Input::Closed { code: None, why }).await
    }

    /// Steps the session and does what it wants. What it took in it tells once only, so all of that is passed on, even where the
    /// connection turns out to be gone in the middle.
    async fn step(&mut self, socket: &mut Socket, input: Input<'_>) -> Result<(), Ending> {
        let mut done = Ok(());
        for output in self.session.step(now(), input) {
            match output {
                Output::Emit(event) => self.report(event).await,
                Output::Send(frame) if done.is_ok() => done = send(socket, &frame).await,
                Output::Renew if done.is_ok() && self.client.renew_token().await => done = Err(Ending::Renewed),
                // Why the session ends goes before how the connection did.
                Output::End(ending) => done = Err(ending),
                Output::Send(_) | Output::Renew => {}
            }
        }
        done
    }

    async fn report(&mut self, event: Event) {
        if event == Event::Link(Link::Live) {
            self.mutes = 0;
            self.backoff.held(now().boot);
            if let Some(since) = self.down.take() {
                let away = Millis(now().boot.0 - since.0).long();
                self.tell(Event::Notice(format!("the platform is back after {away}").into())).await;
            }
        }
        self.tell(event).await;
    }

    pub(super) async fn caps(&self, caps: Result<Caps, Trouble>) {
        let event = match caps {
            Ok(caps) => Event::Caps(Box::new(caps)),
            Err(why) => Event::Notice(format!("what we may do here could not be asked: {why}").into()),
        };
        self.tell(event).await;
    }

    pub(super) fn ask_caps(&self) -> Beside<Caps> {
        let client = self.client.clone();
        Box::pin(async move { client.me().await })
    }

    fn ask_whole(&self) -> Beside<Whole> {
        let client = self.client.clone();
        Box::pin(async move { client.whole().await })
    }
}

async fn send(socket: &mut Socket, frame: &ClientFrame) -> Result<(), Ending> {
    let text = serde_json::to_string(frame).map_err(|it| Ending::lost(&it.to_string()))?;
    match timeout(SEND, socket.send(Message::text(text))).await {
        Ok(Ok(())) => Ok(()),
        _ => Err(Ending::lost("the platform takes nothing any more")),
    }
}

/// The outcome of what is asked beside the stream, once; waits for ever when nothing is.
async fn beside<T>(slot: &mut Option<Beside<T>>) -> Result<T, Trouble> {
    let Some(asked) = slot else { return std::future::pending().await };
    let outcome = asked.await;
    *slot = None;
    outcome
}

//! A connection that has changed its protocol (WebSocket): bytes pass both ways until one side ends it.

use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::io::copy_bidirectional;
use tokio_util::sync::CancellationToken;

use super::ticket::Ticket;
use super::upstream::Flight;

/// Until one side ends it, or the service's address is closed. The replica counts as busy all the while.
pub async fn run(caller: OnUpgrade, replica: OnUpgrade, mut ticket: Ticket, flight: Flight, stop: CancellationToken) {
    let passed = async {
        let (caller, replica) = tokio::try_join!(caller, replica).map_err(std::io::Error::other)?;
        copy_bidirectional(&mut TokioIo::new(caller), &mut TokioIo::new(replica)).await
    };
    let ended = tokio::select! {
        ended = passed => Some(ended),
        () = stop.cancelled() => None,
    };
    match ended {
        Some(Ok((from_caller, from_replica))) => {
            ticket.site().counts.bytes_in(from_caller as usize);
            ticket.sent(from_replica as usize);
        }
        Some(Err(why)) => ticket.note(format!("the tunnel broke: {why}")),
        None => ticket.note("the service's address was closed"),
    }
    ticket.end();
    drop(flight);
}

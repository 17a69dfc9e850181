//! Every signal that ends a program, in every state of the dashboard, with a terminal that reads and with one that hangs.

use std::time::{Duration, Instant};

use portable_pty::PtySize;
use rustix::process::Signal;
use rustix::termios::LocalModes;

use crate::figures;
use crate::rig::{PATIENCE, Rig};

const SIGNALS: [Signal; 7] = [Signal::TERM, Signal::INT, Signal::HUP, Signal::QUIT, Signal::USR1, Signal::USR2, Signal::ALARM];
/// What is on the screen: its keys, and what is seen then.
const STATES: [(&str, &str); 3] = [("", "Projects"), ("?", "Keys"), (":", "Tab complete")];
/// A second is the goal; a machine that does other things meanwhile is given room.
const WITHIN: Duration = Duration::from_secs(5);

/// How long it took to end, with the terminal given back.
fn ended(signal: Signal, keys: &str, seen: &str, blocked: bool) -> Duration {
    let mut it = Rig::dashboard(80, 24);
    it.sees("Projects");
    it.press(keys);
    if !keys.is_empty() {
        it.sees(seen);
    }
    if blocked {
        it.hang(PtySize { rows: 24, cols: 80, pixel_width: 0, pixel_height: 0 });
    }
    let begun = Instant::now();
    it.signal(signal);
    let status = it.ended(PATIENCE);
    let took = begun.elapsed();
    assert_eq!(status.exit_code(), 128 + u32::try_from(signal.as_raw()).unwrap(), "{signal:?} {seen} {blocked}");
    if blocked {
        assert!(it.mode().contains(LocalModes::ICANON | LocalModes::ECHO), "{signal:?} {seen}: still single keys");
    } else {
        it.is_clean();
    }
    took
}

#[test]
#[ignore = "many programs one after the other: `.ci/run` runs it by itself"]
fn every_signal_ends_it_in_every_state_also_while_the_terminal_hangs() {
    let (mut runs, mut most) = (0, Duration::ZERO);
    for signal in SIGNALS {
        for (keys, seen) in STATES {
            for blocked in [false, true] {
                let mut took = ended(signal, keys, seen, blocked);
                if took > WITHIN {
                    // Whether it hangs or the machine does is seen the second time.
                    took = ended(signal, keys, seen, blocked);
                }
                assert!(took <= WITHIN, "{signal:?} {seen} {blocked}: {took:?}");
                most = most.max(took);
                runs += 1;
            }
        }
    }
    let (text, met) = (format!("{runs} restored, {} ms at most", most.as_millis()), most <= Duration::from_secs(1));
    figures::judge("signals in three states, read and hanging", text, "42, 1000 ms", met);
}

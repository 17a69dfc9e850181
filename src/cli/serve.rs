//! `trackside serve`: the embedded platform in the foreground.

use super::args::Serve;
use super::exit::{FAILED, Failure, OK, Outcome};
use super::out::Out;
use super::reach;
use crate::config::{Config, Rules};
use crate::local::port::{self, Setup};

/// Runs the platform until a signal ends it.
pub async fn run(out: Out, config: &Config, it: Serve) -> Outcome {
    let _ = (out, it, OK);
    let setup = setup(config)?;
    Err(Failure::new(FAILED, format!("{}", setup.data.display())))
}

/// The usual setup with what the config says.
pub fn setup(config: &Config) -> Result<Setup, Failure> {
    let program = std::env::current_exe().map_err(|err| Failure::new(FAILED, format!("the program cannot find itself: {err}")))?;
    let mut setup = Setup::new(reach::data_dir(config)?, program);
    setup.rules = rules(&config.rules);
    Ok(setup)
}

fn rules(it: &Rules) -> port::Rules {
    let usual = port::Rules::default();
    port::Rules {
        error_ratio: it.error_ratio.unwrap_or(usual.error_ratio),
        error_for: it.error_for.unwrap_or(usual.error_for),
        error_requests: it.error_requests.unwrap_or(usual.error_requests),
        crash_exits: it.crash_exits.unwrap_or(usual.crash_exits),
        crash_window: it.crash_window.unwrap_or(usual.crash_window),
        calm: it.calm.unwrap_or(usual.calm),
    }
}

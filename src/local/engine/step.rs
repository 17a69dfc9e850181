//! One step: a happening in, everything that follows from it out.

use crate::model::ids::ServiceId;
use crate::model::log::Level;
use crate::model::text::Clean;
use crate::model::time::{Millis, Time};

use super::start::has_callers;
use super::state::{State, What};
use super::turn::Turn;
use super::types::{Happening, Job, JobId, Output};

/// Takes `happening` in at `now`.
pub fn step(state: &mut State, now: Time, happening: Happening) -> Output {
    let mut turn = Turn::new(state, now);
    match happening {
        Happening::Boot => turn.boot(),
        Happening::Command(it) => turn.command(&it),
        Happening::Fetched { job, result } => turn.fetched(job, result),
        Happening::Built { job, result } => turn.built(job, result),
        Happening::Opened { job, result } => turn.opened(job, result),
        Happening::Removed { job } => {
            if turn.s.jobs.get(&job).is_some_and(|it| it.what == What::Remove) {
                turn.s.jobs.remove(&job);
            }
        }
        Happening::Spawned { run, pid, port } => turn.spawned(run, pid, port),
        Happening::Ready { run } => turn.ready(run),
        Happening::Ended { run, words, clean } => turn.ended(run, &words, clean),
        Happening::Deed(deed) => turn.deed(deed),
        Happening::ClockSet(by) => turn.clock_set(by),
        Happening::Tick => turn.tick(),
    }
    turn.advance();
    turn.settle()
}

impl Turn<'_> {
    /// What waits for a span goes on waiting for the rest of it; what waits for the calendar looks at it anew.
    fn clock_set(&mut self, by: Millis) {
        self.s.shift(by);
        let planned: Vec<ServiceId> = self.s.cron.keys().cloned().collect();
        for it in planned {
            self.schedule(&it);
        }
    }

    fn tick(&mut self) {
        let late: Vec<JobId> = self.s.jobs.iter().filter(|(_, it)| it.deadline <= self.now).map(|(job, _)| *job).collect();
        for job in late {
            let Some(it) = self.s.jobs.get(&job).cloned() else { continue };
            match it.what {
                What::Fetch => self.fetched(job, Err("the clone was not heard of again".to_owned())),
                What::Build => self.built(job, Err("the build was not heard of again".to_owned())),
                What::Open => self.opened(job, Err("the port could not be opened in time".to_owned())),
                What::Remove => {
                    self.s.jobs.remove(&job);
                    self.says(Level::Warn, &it.service, None, "a folder that is no longer needed could not be removed");
                }
            }
        }
        self.tick_runs();
        self.tick_cron();
        // Waits are told in seconds that run down; a service in trouble is looked at each time.
        let waiting: Vec<ServiceId> = self.s.runs.values().filter(|it| !it.alive()).map(|it| it.service.clone()).collect();
        self.look.extend(waiting);
    }

    fn opened(&mut self, job: JobId, result: Result<u16, String>) {
        let Some(it) = self.s.jobs.get(&job).filter(|it| it.what == What::Open).cloned() else { return };
        self.s.jobs.remove(&job);
        if !self.s.services.get(&it.service).is_some_and(|it| has_callers(&it.kind)) {
            // Removed meanwhile, or found to be of a kind that nobody calls: then no port of it was known.
            return self.do_job(Job::Close { service: it.service, port: result.ok() });
        }
        match result {
            Ok(port) => {
                self.show_address(&it.service, Some(&Clean::from(format!("http://127.0.0.1:{port}"))));
                let secret = self.s.secrets.entry(it.service.clone()).or_default();
                if let Some(old) = secret.port.replace(port).filter(|old| *old != port) {
                    self.says(
                        Level::Warn,
                        &it.service,
                        None,
                        format!("its port {old} is taken by another program; it is now reached on {port}"),
                    );
                }
                self.keep_secret(&it.service);
            }
            Err(why) => {
                self.says(Level::Error, &it.service, None, why.clone());
                self.s.notes.insert(it.service.clone(), why);
                self.touch_service(&it.service);
            }
        }
    }
}

//! Whether a watch is true: only what lasts counts, and where data is missing nothing is said. Pure: values and the time are given to it.

use crate::model::time::{Millis, Time};

/// Looked at less often than this, it is not known what was in between: the machine slept.
const BLINK: Millis = Millis::secs(10);

/// How a watch stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Data is missing, or it was not looked at for long enough.
    Unknown,
    True,
    False,
}

/// What turned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// It is true now, and was seen otherwise before.
    Came,
    /// It is true, and always was as far as was seen.
    Found,
    /// It is false again.
    Went,
}

/// The memory of a watch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Judge {
    /// What was found last, whether or not it can still be seen.
    found: Option<bool>,
    /// Since when what is shown is so.
    since: Time,
    /// It seems to be otherwise, since then.
    leans: Option<(bool, Time)>,
    /// Data is missing.
    gap: bool,
    looked: Option<Time>,
    /// It was seen not to hold, however shortly.
    otherwise: bool,
}

impl Judge {
    /// How it stands.
    pub const fn verdict(&self) -> Verdict {
        match (self.gap, self.found) {
            (true, _) | (_, None) => Verdict::Unknown,
            (false, Some(true)) => Verdict::True,
            (false, Some(false)) => Verdict::False,
        }
    }

    /// Since when it stands so.
    pub const fn since(&self) -> Time {
        self.since
    }

    /// Which way it seems to have turned, not for long enough yet, and since when.
    pub const fn leans(&self) -> Option<(bool, Time)> {
        self.leans
    }

    /// It does not look as if the condition held, though that is not known yet.
    pub const fn doubt(&mut self) {
        self.otherwise = true;
    }

    /// Takes in whether the condition holds at `now` (`None`: that cannot be told), and says what turned: it is true now, or, having been
    /// true, false again. What agrees with what was found before a gap goes on as if there had been none.
    pub fn weigh(&mut self, holds: Option<bool>, lasts: Millis, now: Time) -> Option<Turn> {
        let slept = self.looked.is_none_or(|at| now.since(at) > BLINK || now < at);
        if self.looked.is_none() {
            self.since = now;
        }
        self.looked = Some(now);
        let Some(holds) = holds else {
            if !self.gap && self.found.is_some() {
                self.since = now;
            }
            self.gap = true;
            self.leans = None;
            return None;
        };
        self.otherwise |= !holds;
        if self.found == Some(holds) {
            if self.gap {
                self.since = now;
            }
            self.gap = false;
            self.leans = None;
            return None;
        }
        let begun = match self.leans {
            Some((way, begun)) if way == holds && !slept => begun,
            _ => now,
        };
        self.leans = Some((holds, begun));
        if now.since(begun) < lasts {
            return None;
        }
        let was = self.found.replace(holds);
        (self.leans, self.gap, self.since) = (None, false, begun);
        match (holds, was) {
            (true, _) => Some(if self.otherwise { Turn::Came } else { Turn::Found }),
            (false, Some(true)) => Some(Turn::Went),
            (false, _) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LASTS: Millis = Millis::secs(30);

    fn run(story: &str) -> (Vec<(i64, Turn)>, Judge) {
        let mut it = Judge::default();
        let turns = story.chars().zip(0..).filter_map(|(c, n)| {
            let holds = match c {
                '+' => Some(true),
                '-' => Some(false),
                _ => None,
            };
            it.weigh(holds, LASTS, Time(n * 1000)).map(|way| (n, way))
        });
        (turns.collect(), it)
    }

    #[test]
    fn it_turns_after_it_lasted_and_back_after_the_same() {
        let story = format!("{}{}{}", "-".repeat(40), "+".repeat(40), "-".repeat(40));
        assert_eq!(run(&story).0, [(70, Turn::Came), (110, Turn::Went)]);
    }

    #[test]
    fn a_blip_turns_nothing_and_first_being_false_is_no_news() {
        let story = format!("{}{}{}", "-".repeat(40), "+".repeat(29), "-".repeat(40));
        let (turns, it) = run(&story);
        assert_eq!((turns, it.verdict()), (vec![], Verdict::False));
    }

    #[test]
    fn a_gap_is_unknown_and_what_agrees_after_it_goes_on_unsaid() {
        let story = format!("{}{}", "+".repeat(40), "?".repeat(50));
        let (turns, it) = run(&story);
        assert_eq!((turns, it.verdict()), (vec![(30, Turn::Found)], Verdict::Unknown));
        let (turns, it) = run(&format!("{story}+"));
        assert_eq!((turns.len(), it.verdict()), (1, Verdict::True));
        let (turns, it) = run(&format!("{story}{}", "-".repeat(20)));
        assert_eq!((turns.len(), it.verdict()), (1, Verdict::Unknown), "not long enough to be false");
    }

    #[test]
    fn what_was_true_from_the_first_is_found_and_one_look_at_the_contrary_makes_it_come() {
        assert_eq!(run(&format!("??{}", "+".repeat(40))).0, [(32, Turn::Found)]);
        assert_eq!(run(&format!("??-{}", "+".repeat(40))).0, [(33, Turn::Came)]);
        let story = format!("{}{}{}", "+".repeat(40), "-".repeat(40), "+".repeat(40));
        assert_eq!(run(&story).0, [(30, Turn::Found), (70, Turn::Went), (110, Turn::Came)]);
    }

    #[test]
    fn a_machine_that_slept_has_seen_nothing() {
        let mut it = Judge::default();
        it.weigh(Some(true), LASTS, Time(0));
        assert_eq!(it.weigh(Some(true), LASTS, Time(3_600_000)), None);
        assert_eq!(it.verdict(), Verdict::Unknown);
    }

    proptest! {
        #[test]
        fn turns_alternate_and_begin_with_true(story in "[+?-]{0,300}", repeat in 1_usize..20) {
            let long: String = story.chars().flat_map(|c| std::iter::repeat_n(c, repeat)).collect();
            let mut last = Turn::Went;
            for (n, (_, turn)) in run(&long).0.into_iter().enumerate() {
                prop_assert_ne!(turn == Turn::Went, last == Turn::Went);
                prop_assert!(turn != Turn::Found || n == 0);
                last = turn;
            }
        }
    }
}

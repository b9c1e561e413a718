//! Faults that a walkthrough or a test puts in the way of calls.

use super::World;
use crate::ports::Trouble;
use std::sync::PoisonError;

/// What happens to a call.
#[derive(Debug, Clone)]
pub enum Fault {
    /// It is refused, and nothing is done.
    Before(Trouble),
    /// It is done, and this is the answer: a connection that broke, say.
    After(Trouble),
}

impl World {
    /// Lets the next call of that name fail (`iam:CreateRole`, `kubernetes: create Secret`, `helm upgrade`).
    /// Several for one name come one after the other.
    /// A watch that runs (`kubernetes: watch Pod`) breaks with it, and stands again once more is going on.
    pub fn fail(&self, call: &str, fault: Fault) {
        self.shared.faults.lock().unwrap_or_else(PoisonError::into_inner).push((call.to_owned(), fault));
        self.stir();
    }

    /// Takes the fault that is meant for a call.
    pub(super) fn fault(&self, call: &str) -> Option<Fault> {
        let mut faults = self.shared.faults.lock().unwrap_or_else(PoisonError::into_inner);
        let place = faults.iter().position(|(name, _)| name == call)?;
        Some(faults.remove(place).1)
    }
}

//! The log player: makes steps while the commands of a log take effect at theirs. Window, figures, sessions, checks and commands
//! all repeat runs with it, so that a run ends the same way wherever it is repeated.

use std::ops::ControlFlow;

use super::run::{Divergence, Experiment};

impl Experiment {
    /// Makes steps until `steps` of them are made; commands that [`Self::schedule_log`] has scheduled take effect at their
    /// steps. `on_step` sees the run after each step and may stop it.
    ///
    /// # Errors
    /// If the loss explodes, the one after the last step included: the last sound state is then restored, and commands that
    /// were still to come are dropped.
    pub fn play_to(
        &mut self,
        steps: u64,
        mut on_step: impl FnMut(&Self) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, Divergence> {
        while self.state().step < steps {
            self.step()?;
            if on_step(self).is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        self.verify()?;
        Ok(ControlFlow::Continue(()))
    }
}

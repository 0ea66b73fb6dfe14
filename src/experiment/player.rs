//! Log player: makes steps while scheduled commands take effect. Window, figures, sessions, checks and commands all make
//! and repeat runs with it, so a run ends the same way everywhere.

use std::ops::ControlFlow;

use super::run::{Divergence, Experiment};

impl Experiment {
    /// Makes steps until there are `steps` in all. `on_step` sees the run after each step and may stop it.
    ///
    /// # Errors
    /// If the run diverges, which includes the loss after the last step: the run is back at its last sound state then, and
    /// scheduled commands are dropped.
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

    /// Makes `steps` more steps.
    ///
    /// # Errors
    /// As [`Self::play_to`].
    pub fn advance(&mut self, steps: u64) -> Result<(), Divergence> {
        self.play_to(self.state().step + steps, |_| ControlFlow::Continue(())).map(drop)
    }
}

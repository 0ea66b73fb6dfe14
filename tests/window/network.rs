//! Changes of the network, and the optimiser that suits it.

use unpick::experiment::Command;
use unpick::nn::OptimizerKind;
use unpick::viz::command::UiCommand;

use crate::harness::WindowTest;

/// L-BFGS trains linear models only: with hidden layers the run goes back to the default optimiser and starts.
#[test]
fn a_network_with_hidden_layers_leaves_the_optimiser_of_linear_models() {
    let mut test = WindowTest::paused_at("linear", 20);
    test.app().execute(UiCommand::Change(Command::Optimizer(OptimizerKind::Lbfgs)));
    test.until(|window| window.snapshot().is_some_and(|s| s.settings.optimizer.kind == OptimizerKind::Lbfgs));
    test.app().execute(UiCommand::Steps(5));
    test.until(|window| window.snapshot().is_some_and(|s| s.step == 25));
    let mut architecture = test.app().snapshot().unwrap().config.architecture.clone();
    architecture.latent_dim = 3;
    test.app().execute(UiCommand::SetNetwork(Box::new(architecture.clone())));
    test.until(|window| window.snapshot().is_some_and(|s| s.latent_dim() == 3));
    let kind = |test: &mut WindowTest| test.app().snapshot().unwrap().config.optimizer.kind;
    assert_eq!(kind(&mut test), OptimizerKind::Lbfgs, "still linear");
    architecture.hidden = vec![8];
    test.app().execute(UiCommand::SetNetwork(Box::new(architecture)));
    test.until(|window| window.snapshot().is_some_and(|s| s.config.architecture.hidden == [8]));
    assert_eq!(kind(&mut test), OptimizerKind::AdamEquivariant);
    test.steps(10);
}

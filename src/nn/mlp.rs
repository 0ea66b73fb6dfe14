//! A multilayer perceptron.

use rand::{Rng, RngExt as _};

use super::activation::Activation;
use super::dense::Dense;
use crate::linalg::{Matrix, Panel, Real};

/// The layers of a network. The model owns its parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Mlp {
    layers: Vec<Dense>,
}

/// Activations and gradients of a pass, reused from step to step.
#[derive(Clone, Debug, Default)]
pub struct Workspace<T> {
    /// The output of each layer, features × batch.
    outputs: Vec<Matrix<T>>,
    /// ∂loss/∂pre-activation of each layer.
    deltas: Vec<Matrix<T>>,
    panel: Panel<T>,
}

impl<T: Real> Workspace<T> {
    /// An empty workspace for `depth` layers.
    pub fn new(depth: usize) -> Self {
        Self {
            outputs: vec![Matrix::zeros(0, 0); depth],
            deltas: vec![Matrix::zeros(0, 0); depth],
            panel: Panel::new(),
        }
    }

    /// The output of the last forward pass.
    pub fn output(&self) -> &Matrix<T> {
        &self.outputs[self.outputs.len() - 1]
    }

    /// The output, and the place to write ∂loss/∂output.
    pub fn output_and_delta(&mut self) -> (&Matrix<T>, &mut Matrix<T>) {
        let last = self.outputs.len() - 1;
        let (output, delta) = (&self.outputs[last], &mut self.deltas[last]);
        delta.reshape(output.rows(), output.columns());
        (output, delta)
    }
}

impl Mlp {
    /// A network with `sizes[0]` inputs, hidden layers and `sizes.last()` linear outputs. Its parameters start at
    /// `offset`.
    pub fn new(sizes: &[usize], hidden: Activation, offset: usize) -> Self {
        let last = sizes.len() - 2;
        let layers = sizes.windows(2).enumerate().scan(offset, |offset, (i, pair)| {
            let activation = if i == last { Activation::Linear } else { hidden };
            let layer = Dense { inputs: pair[0], outputs: pair[1], activation, offset: *offset };
            *offset = layer.range().end;
            Some(layer)
        });
        Self { layers: layers.collect() }
    }

    /// The layers from input to output.
    pub fn layers(&self) -> &[Dense] {
        &self.layers
    }

    /// The index after the last parameter.
    pub fn end(&self) -> usize {
        self.layers[self.layers.len() - 1].range().end
    }

    /// Length of the output.
    pub fn outputs(&self) -> usize {
        self.layers[self.layers.len() - 1].outputs
    }

    /// Weights uniform in ±√(6 / (inputs + outputs)) (Glorot & Bengio 2010), biases zero.
    pub fn initialise<T: Real>(&self, parameters: &mut [T], rng: &mut impl Rng) {
        for layer in &self.layers {
            let bound = (6.0 / (layer.inputs + layer.outputs) as f64).sqrt();
            let (weight, bias) = layer.split_mut(parameters);
            weight.fill_with(|| T::from_f64(rng.random_range(-bound..bound)));
            bias.fill(T::ZERO);
        }
    }

    /// The output for a batch of inputs (features × B), in the workspace, with the activations that `backward` needs.
    pub fn forward<T: Real>(&self, parameters: &[T], x: &Matrix<T>, workspace: &mut Workspace<T>) {
        for (i, layer) in self.layers.iter().enumerate() {
            let (below, above) = workspace.outputs.split_at_mut(i);
            above[0].reshape(layer.outputs, x.columns());
            layer.forward(parameters, below.last().unwrap_or(x).into(), above[0].as_mut_slice(), &mut workspace.panel);
        }
    }

    /// Back-propagation, after `forward` on the same `x` and with ∂loss/∂output in place
    /// ([`Workspace::output_and_delta`]): writes this network's part of `gradient`, and ∂loss/∂x to `input_gradient` if
    /// given.
    pub fn backward<T: Real>(
        &self,
        parameters: &[T],
        x: &Matrix<T>,
        workspace: &mut Workspace<T>,
        gradient: &mut [T],
        input_gradient: Option<&mut Matrix<T>>,
    ) {
        let Workspace { outputs, deltas, panel } = workspace;
        for (i, layer) in self.layers.iter().enumerate().rev() {
            let (lower, upper) = deltas.split_at_mut(i);
            let input = if i == 0 { x } else { &outputs[i - 1] };
            layer.parameter_gradient(&upper[0], input, gradient, panel);
            if let Some(below) = lower.last_mut() {
                let activation = self.layers[i - 1].activation;
                layer.input_gradient(parameters, &upper[0], Some((input, activation)), below, panel);
            }
        }
        if let Some(input_gradient) = input_gradient {
            self.layers[0].input_gradient(parameters, &deltas[0], None, input_gradient, panel);
        }
    }
}

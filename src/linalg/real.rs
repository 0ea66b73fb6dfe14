//! The two kinds of number a model can be made of.

/// `f32` to train, `f64` to differentiate and measure.
pub trait Real: Copy + PartialOrd + Send + Sync + 'static {
    /// 0.
    const ZERO: Self;
}
impl Real for f32 {
    const ZERO: Self = 0.0;
}
impl Real for f64 {
    const ZERO: Self = 0.0;
}

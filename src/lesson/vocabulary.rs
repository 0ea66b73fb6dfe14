//! Names that lessons may use for what is drawn.

/// Tells what is wrong with a formula.
pub type FormulaCheck = fn(&str) -> Result<(), String>;

/// Names that lessons may use for what is drawn, which this module does not know.
#[derive(Clone, Debug, Default)]
pub struct Vocabulary {
    /// Names of views; `None`: any.
    pub views: Option<Vec<&'static str>>,
    /// Names of layers; `None`: any.
    pub layers: Option<Vec<&'static str>>,
    /// Checks formulas; `None`: none is.
    pub formula: Option<FormulaCheck>,
}

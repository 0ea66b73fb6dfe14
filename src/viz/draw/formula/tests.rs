//! Formulas as lessons use them, without a window.

use eframe::egui::{Color32, Event, Theme, Ui, pos2, vec2};

use super::typeset::{Typeset, check_formula};
use super::widget::{FormulaStyle, formula, formula_size};
use crate::paint::{Canvas, Format, Offscreen, encode_figure};
use crate::viz::theme::install_for_figures;

const FORMULAS: [&str; 44] = [
    r"J = U S V^\top",
    r"J = \frac{\partial f}{\partial z}(z)",
    r"J^\top J = V S^2 V^\top",
    r"\Sigma = \left(I + \frac{1}{b} J^\top J\right)^{-1}",
    r"\Sigma = (I + J^\top J/b)^{-1}",
    r"\|J_i\| = \sqrt{\sum_k J_{ki}^2}",
    r"\lVert J_i \rVert \ge 0",
    r"\tfrac12\sum_i\log\frac{\Lambda_{ii}}{\det \Lambda}",
    r"c_{\mathrm{IMA}} = \sum_i \log \|J_i\| - \tfrac12 \log\det J^\top J",
    r"\operatorname{diag}(\Sigma)",
    r"\mathbb{E}_{q(z\mid x)}\big[\log p(x\mid z)\big]",
    r"\mathcal{N}(0, I)",
    r"z \sim \mathcal{N}(\mu(x), \operatorname{diag}\sigma^2(x))",
    r"\Big(\sum_{i=1}^{n} x_i\Big)^2",
    r"\Bigg[\frac{a}{b}\Bigg]",
    r"\underbrace{\mathbb{E}_q \log p(x\mid z)}_{\text{reconstruction}} - \beta \underbrace{\mathrm{KL}(q\,\|\,p)}_{\text{rate}}",
    r"\overbrace{a+b+c}^{n}",
    r"\int_{-\infty}^{\infty} e^{-x^2/2}\,dx = \sqrt{2\pi}",
    r"\oint s_i\,dz_i = 0",
    r"\prod_{i} p(z_i)",
    r"p(x) = \int p(x\mid z)\,p(z)\,dz",
    r"\log p(x) - \mathrm{ELBO}(x) = \mathrm{KL}\big(q(z\mid x)\,\big\|\,p(z\mid x)\big)",
    r"\begin{pmatrix} \cos\theta & -\sin\theta \\ \sin\theta & \cos\theta \end{pmatrix}",
    r"\begin{bmatrix} s_1 & 0 \\ 0 & s_2 \end{bmatrix}",
    r"\begin{aligned} a &= b + c \\ &= d \end{aligned}",
    r"\begin{cases} 1 & x > 0 \\ 0 & \text{otherwise} \end{cases}",
    r"\mathbf{u}_i^\top \mathbf{u}_j = \delta_{ij}",
    r"\boldsymbol{\mu} \in \mathbb{R}^d",
    r"\hat{x}, \tilde{x}, \bar{x}, \widehat{xyz}",
    r"\nabla_\theta \mathcal{L}",
    r"\arg\max_\theta \; \mathcal{L}(\theta)",
    r"\lim_{\beta\sigma^2 \to 0}",
    r"a \le b \ne c \approx d \propto e \gg f",
    r"A \Rightarrow B \iff C",
    r"\partial_j \log s_i = 0 \quad (i \ne j)",
    r"\frac{\beta}{2}\Big(\sum_i \log\Lambda_{ii} - \log\det\Lambda\Big)",
    r"\det J^\top J \le \prod_i \|J_i\|^2",
    r"\dim \ker J",
    r"\sqrt[3]{\frac{a}{\sqrt{b}}}",
    r"\left\| \begin{matrix} a \\ b \\ c \\ d \end{matrix} \right\|",
    r"x \xrightarrow{\;f\;} y",
    r"f_* p = q, \quad f \circ g, \quad a \odot b, \quad u \perp v",
    r"\htmlClass{J}{J} = \htmlClass{U}{U}\,\htmlClass{s}{S}\,\htmlClass{V}{V}^\top",
    r"3{,}5\,\% \pm 0.1",
];

#[test]
fn formulas_of_lessons_have_a_size() {
    for tex in FORMULAS {
        check_formula(tex).unwrap_or_else(|reason| panic!("{tex}: {reason}"));
        for style in [FormulaStyle::inline(14.0), FormulaStyle::display(14.0)] {
            let size = formula_size(tex, style).unwrap();
            assert!(size.x > 5.0 && size.y > 5.0 && size.is_finite(), "{tex}: {size:?}");
        }
    }
}

#[test]
fn what_is_no_formula_has_a_reason() {
    for tex in [r"\frac{1}", r"\notacommand", "{", "", r"\left(x", r"\htmlClass{J}", r"\text{日本}", r"\mathfrak{g}"]
    {
        let reason = check_formula(tex).expect_err(tex);
        assert!(!reason.is_empty() && reason.len() < 200, "{tex}: {reason}");
    }
}

#[test]
fn a_large_text_has_large_formulas() {
    let size = |points| formula_size("J^2", FormulaStyle::inline(points)).unwrap();
    assert!((size(28.0) - 2.0 * size(14.0)).length() < 1e-3);
    assert_eq!(size(1.0), size(12.0), "no text is smaller than the smallest of the theme");
}

#[test]
fn a_mark_moves_nothing() {
    let width = |tex: &str| Typeset::of(tex, true).unwrap().width;
    let marked = r"\htmlClass{J}{J}^\top \htmlClass{J}{J} = \htmlClass{V}{V} + b";
    assert!((width(marked) - width(r"J^\top J = V + b")).abs() < 0.02);
    assert_eq!(Typeset::of(marked, true).unwrap().plain, r"J^\top J = V + b");
}

fn offscreen() -> Offscreen {
    Offscreen::new(1, install_for_figures)
}

#[test]
fn the_pointer_finds_a_symbol() {
    let canvas = Canvas::new(vec2(300.0, 100.0));
    let mut offscreen = offscreen();
    let tex = r"\htmlClass{J}{J} = \htmlClass{U}{U} + x";
    let mut hovered = |at| {
        let mut symbol = None;
        for events in [vec![], vec![Event::PointerMoved(at)], vec![]] {
            drop(offscreen.run(&canvas, 0.0, events, |ui| {
                symbol = formula(ui, tex, FormulaStyle::inline(20.0)).symbol;
            }));
        }
        symbol
    };
    let typeset = Typeset::of(tex, false).unwrap();
    // The formula starts in the left upper corner, its letters at half the height of the line.
    let at = |k: usize| pos2(24.0 * typeset.symbols[k].place.center().x, 14.0);
    assert_eq!(hovered(at(0)).as_deref(), Some("J"));
    assert_eq!(hovered(at(1)).as_deref(), Some("U"));
    assert_eq!(hovered(pos2(24.0 * typeset.width - 3.0, 14.0)), None);
}

fn page(ui: &mut Ui) {
    ui.horizontal_wrapped(|ui| {
        ui.label("In a line");
        formula(ui, FORMULAS[0], FormulaStyle::inline(13.5));
        ui.label("of text");
    });
    formula(ui, FORMULAS[7], FormulaStyle { emphasised: Some("J"), ..FormulaStyle::display(13.5) });
    formula(ui, FORMULAS[15], FormulaStyle::display(13.5));
}

#[test]
fn figures_hold_the_outlines_of_glyphs() {
    let canvas = Canvas { theme: Theme::Light, ..Canvas::new(vec2(400.0, 300.0)) };
    let mut offscreen = offscreen();
    let output = offscreen.settle(&canvas, 0.0, page);
    let svg = encode_figure(&offscreen, &canvas, &output, Format::Svg, None).unwrap();
    let svg = String::from_utf8(svg).unwrap();
    assert!(svg.matches("<path d=\"M").count() > 40, "a path for each glyph");
    assert!(
        svg.contains(">In a line</text>") && !svg.contains("KaTeX") && !svg.contains("outlined"),
        "text stays text"
    );
    assert!(!svg.contains("<image"), "nothing has to be painted");
    let pdf = encode_figure(&offscreen, &canvas, &output, Format::Pdf, None).unwrap();
    let text = String::from_utf8_lossy(&pdf);
    for font in ["KaTeX_Math-Italic", "KaTeX_Main-Regular", "KaTeX_Size"] {
        assert!(text.contains(font), "{font}");
    }
}

#[test]
fn a_source_that_is_no_formula_is_shown_and_painted_in_the_colour_of_alarm() {
    let canvas = Canvas::new(vec2(300.0, 60.0));
    let picture = |tex: &'static str| {
        let mut offscreen = offscreen();
        offscreen.picture(&canvas, 0.0, move |ui| {
            formula(ui, tex, FormulaStyle::inline(20.0));
        })
    };
    let orange = |c: &&Color32| c.r() > 140 && c.b() < 60;
    assert!(picture(r"\frac{1}").pixels.iter().any(|c| orange(&c)));
    assert!(!picture("J").pixels.iter().any(|c| orange(&c)));
}

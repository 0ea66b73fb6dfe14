//! Texts without a window.

use eframe::egui::{Event, PointerButton, Pos2, Rect, Shape, Ui, pos2, vec2};

use super::layout::RunContent;
use super::show::ProseStyle;
use super::text::Prose;
use crate::paint::{Canvas, Offscreen};
use crate::viz::theme::install_for_figures;

const PAGE: &str = r"# Why columns are orthogonal

A **diagonal** posterior pays for every column of $J = U S V^\top$ that is *not orthogonal* to the others: the price is
$\tfrac12\sum_i\log\frac{\Lambda_{ii}}{\det\Lambda}$ nats, and [below .035](<c_IMA of B below 0.035>) after 3,000 steps. Press `Ctrl + Z`.

$$\htmlClass{Sigma}{\Sigma} = \Big(I + \frac{1}{b}\,\htmlClass{J}{J}^\top \htmlClass{J}{J}\Big)^{-1}$$

1. Look at [the Jacobian](symbol:J) and at $\|J_i\| = \sqrt{\sum_k J_{ki}^2}$.
2. Turn it:
   - by $\theta$, with $\begin{pmatrix}\cos\theta & -\sin\theta\\ \sin\theta & \cos\theta\end{pmatrix}$ in a line;
   - or not at all.

> A quotation of $\mathbb{E}_{q}[\log p(x\mid z)]$ that is long enough to need a second line of text at least.

```
unpick train --scene linear
  --out runs/linear
```
See [the site](https://example.org/?a=1&b=2).";

fn offscreen() -> Offscreen {
    Offscreen::new(1, install_for_figures)
}

fn canvas(width: f32) -> Canvas {
    Canvas::new(vec2(width, 900.0))
}

#[test]
fn text_wraps_and_nothing_overlaps() {
    let prose = Prose::parse(PAGE);
    for (width, size) in [(420.0, 14.0), (640.0, 24.0), (160.0, 13.5), (260.0, 20.0)] {
        let mut offscreen = offscreen();
        let output = offscreen.settle(&canvas(width), 0.0, |ui| {
            prose.show(ui, ProseStyle::new(size));
        });
        let kept = prose.layout.lock().unwrap();
        let layout = kept.as_ref().unwrap();
        for lines in &layout.blocks {
            let place = |run: &super::layout::ProseRun| {
                Rect::from_min_max(
                    pos2(run.x, run.baseline - run.ascent),
                    pos2(run.x + run.width, run.baseline + run.descent),
                )
            };
            let places: Vec<Rect> = lines.runs.iter().map(place).collect();
            for (k, a) in places.iter().enumerate() {
                for b in &places[..k] {
                    assert!(!a.shrink(0.1).intersects(b.shrink(0.1)), "{a:?} {b:?} at {width}");
                }
                let is_text = matches!(lines.runs[k].content, RunContent::Text { .. });
                assert!(!is_text || a.right() <= width + 1.0, "{:?} at {width}", lines.runs[k]);
                assert!(a.bottom() <= lines.height + 0.1 && a.top() >= -0.1);
            }
        }
        // All words are there, in their order.
        let words: String = layout
            .blocks
            .iter()
            .flat_map(|lines| &lines.runs)
            .map(|run| match &run.content {
                RunContent::Text { text, .. } => text.as_str(),
                _ => "",
            })
            .collect();
        assert!(words.replace(' ', "").contains("thepriceisnats,andbelow.035after3,000steps.PressCtrl+Z."), "{words}");
        let texts = output.shapes.iter().filter(|shape| matches!(shape.shape, Shape::Text(_))).count();
        assert!(texts > 100, "{texts} galleys");
    }
}

#[test]
fn a_text_is_broken_anew_only_when_its_sheet_changes() {
    let prose = Prose::parse("Some words in a line.");
    let mut offscreen = offscreen();
    let mut layout_at = |width: f32| {
        drop(offscreen.settle(&canvas(width), 0.0, |ui| {
            prose.show(ui, ProseStyle::new(14.0));
        }));
        std::sync::Arc::as_ptr(prose.layout.lock().unwrap().as_ref().unwrap())
    };
    let first = layout_at(300.0);
    assert_eq!(layout_at(300.0), first);
    assert_ne!(layout_at(200.0), first);
}

/// The destination of the hovered and of the clicked link, and the symbol, when the pointer clicks at a point.
fn clicked(prose: &Prose, at: Pos2) -> [Option<String>; 3] {
    let mut offscreen = offscreen();
    let mut found = [const { None }; 3];
    let press = |pressed| Event::PointerButton {
        pos: at,
        button: PointerButton::Primary,
        pressed,
        modifiers: Default::default(),
    };
    let mut hovered = None;
    let events = [vec![], vec![Event::PointerMoved(at)], vec![], vec![press(true)], vec![press(false)]];
    for (k, events) in events.into_iter().enumerate() {
        drop(offscreen.run(&canvas(400.0), 0.1 * k as f64, events, |ui: &mut Ui| {
            let told = prose.show(ui, ProseStyle::new(14.0));
            hovered = told.hovered.map(|link| link.destination.to_owned()).or_else(|| hovered.take());
            found[1] = told.clicked.map(|link| link.destination.to_owned()).or_else(|| found[1].take());
            found[2] = told.symbol.or_else(|| found[2].take());
        }));
    }
    found[0] = hovered;
    found
}

#[test]
fn links_are_told_with_their_destinations() {
    let claim = Prose::parse("[below .035](<c_IMA of B below 0.035>) and more");
    let destination = Some("c_IMA of B below 0.035".to_owned());
    assert_eq!(clicked(&claim, pos2(30.0, 8.0)), [destination.clone(), destination, None]);
    assert_eq!(clicked(&claim, pos2(120.0, 8.0)), [None, None, None]);
    assert_eq!(claim.links().collect::<Vec<_>>(), ["c_IMA of B below 0.035"]);
    let [hovered, _, symbol] = clicked(&Prose::parse("[the Jacobian](symbol:J)"), pos2(30.0, 8.0));
    assert_eq!((hovered.as_deref(), symbol.as_deref()), (Some("symbol:J"), Some("J")));
    let [_, _, symbol] = clicked(&Prose::parse(r"$\htmlClass{Sigma}{\Sigma} = I$"), pos2(6.0, 10.0));
    assert_eq!(symbol.as_deref(), Some("Sigma"));
}

#[test]
fn formulas_are_listed() {
    let prose = Prose::parse(PAGE);
    assert_eq!(prose.formulas().count(), 7);
    assert_eq!(prose.formulas().next(), Some(r"J = U S V^\top"));
}

#[test]
fn html_is_escaped_and_holds_formulas_as_outlines() {
    let html = Prose::parse(PAGE).html();
    for expected in [
        "<h1>Why columns are orthogonal</h1>",
        "<strong>diagonal</strong>",
        "<em>not orthogonal</em>",
        "<span class=\"claim\" title=\"c_IMA of B below 0.035\">below .035</span>",
        "<span class=\"symbol\" title=\"J\">the Jacobian</span>",
        "<a href=\"https://example.org/?a=1&amp;b=2\">the site</a>",
        "<code>Ctrl + Z</code>",
        "aria-label=\"J = U S V^\\top\"",
        "<ol>",
        "<li>",
        "<blockquote>",
        "<pre>unpick train",
    ] {
        assert!(html.contains(expected), "{expected} in {html}");
    }
    assert_eq!(html.matches("<svg ").count(), 7);
    assert_eq!(html.matches('<').count(), html.matches('>').count());
    let hostile =
        Prose::parse("<script>a && b</script> [x](<\"><b>>) $\\text{\"}$ `<i>` [j](javascript:alert) $\\frac{<}$")
            .html();
    for forbidden in ["<script", "<b>", "<i>", "href=\"javascript"] {
        assert!(!hostile.contains(forbidden), "{forbidden} in {hostile}");
    }
    assert!(hostile.contains("a &amp;&amp; b"), "{hostile}");
}

#[test]
fn what_is_no_formula_is_shown() {
    let prose = Prose::parse(r"Words $\frac{1}$ and more");
    drop(offscreen().settle(&canvas(300.0), 0.0, |ui| {
        prose.show(ui, ProseStyle::new(14.0));
    }));
    let kept = prose.layout.lock().unwrap();
    let broken = kept.as_ref().unwrap().blocks[0].runs.iter().find_map(|run| match &run.content {
        RunContent::Broken { text, reason, .. } => Some((text.as_str(), reason.as_str())),
        _ => None,
    });
    assert!(broken.is_some_and(|(text, reason)| text == r"\frac{1}" && !reason.is_empty()));
}

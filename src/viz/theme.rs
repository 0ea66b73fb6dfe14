//! Every colour, size and font of the window and its figures.
//!
//! Blue means latent space, red means data space, green the ground truth; the dimension is told by label and dash pattern, never by
//! colour alone. Red and green differ in lightness, too, so all three and the ink stay apart for all common colour-vision deficiencies.

use std::sync::Arc;

use eframe::egui::{
    Color32, Context, CornerRadius, FontData, FontDefinitions, FontFamily, FontId, FontTweak, Stroke, Style, TextStyle,
    Theme, Visuals, vec2,
};

use crate::paint::{OUTLINED_FAMILY, system_font};
use crate::sentence::subscript;

/// The colours of the marks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Palette {
    /// Lines and densities of latent space.
    pub latent: Color32,
    /// Their images in data space.
    pub image: Color32,
    /// Observations and their codes.
    pub point: Color32,
    /// The ground truth of generated data.
    pub truth: Color32,
    /// The decoder's surface and grid: grey, since blue is the colour of latent space.
    pub surface: Color32,
    /// Text and handles.
    pub ink: Color32,
    /// Secondary text, axes.
    pub muted: Color32,
    /// Grid lines.
    pub rule: Color32,
    /// The background of plots.
    pub paper: Color32,
    /// Something went wrong.
    pub alarm: Color32,
    /// Something holds.
    pub lit: Color32,
    /// Something holds in part.
    pub partly: Color32,
    /// Positive values of signed maps.
    pub plus: Color32,
    /// Negative values of signed maps.
    pub minus: Color32,
    /// Lightness of the ends of [`Palette::scale`] in percent.
    lightness: [u8; 2],
}

const LIGHT: Palette = Palette {
    latent: Color32::from_rgb(0x0B, 0x5F, 0xA5),
    image: Color32::from_rgb(0xC8, 0x10, 0x2E),
    point: Color32::from_rgb(0x6B, 0x76, 0x84),
    truth: Color32::from_rgb(0x0E, 0x53, 0x34),
    surface: Color32::from_rgb(0xB7, 0xB7, 0xB7),
    ink: Color32::from_rgb(0x15, 0x18, 0x1C),
    muted: Color32::from_rgb(0x4E, 0x57, 0x63),
    rule: Color32::from_rgb(0xE2, 0xE5, 0xEA),
    paper: Color32::WHITE,
    alarm: Color32::from_rgb(0x9A, 0x34, 0x00),
    lit: Color32::from_rgb(0x0F, 0x7A, 0x38),
    partly: Color32::from_rgb(0xA3, 0x5A, 0x00),
    plus: Color32::from_rgb(0xB3, 0x58, 0x06),
    minus: Color32::from_rgb(0x54, 0x27, 0x88),
    lightness: [36, 78],
};

const DARK: Palette = Palette {
    latent: Color32::from_rgb(0x5A, 0xB0, 0xFF),
    image: Color32::from_rgb(0xFF, 0x6B, 0x5E),
    point: Color32::from_rgb(0x9A, 0xA5, 0xB4),
    truth: Color32::from_rgb(0x86, 0xF0, 0x7A),
    surface: Color32::from_rgb(0x6A, 0x6A, 0x6A),
    ink: Color32::from_rgb(0xF1, 0xF3, 0xF5),
    muted: Color32::from_rgb(0xB4, 0xBC, 0xC8),
    rule: Color32::from_rgb(0x32, 0x37, 0x3F),
    paper: Color32::from_rgb(0x17, 0x19, 0x1D),
    alarm: Color32::from_rgb(0xFF, 0xB4, 0x6B),
    lit: Color32::from_rgb(0x62, 0xD9, 0x86),
    partly: Color32::from_rgb(0xF5, 0xBE, 0x4A),
    plus: Color32::from_rgb(0xF2, 0xA9, 0x4E),
    minus: Color32::from_rgb(0xB9, 0x9C, 0xEA),
    lightness: [48, 90],
};

impl Palette {
    /// The colours for what is drawn on these visuals.
    pub fn of(visuals: &Visuals) -> &'static Self {
        if visuals.dark_mode { &DARK } else { &LIGHT }
    }

    /// The colours of a theme.
    pub fn of_theme(theme: Theme) -> &'static Self {
        match theme {
            Theme::Light => &LIGHT,
            Theme::Dark => &DARK,
        }
    }

    /// The colour of a signed value between −1 and 1: paper at 0, so that nothing looks like nothing. Neither end is the
    /// colour of a space. The sign has to be printed or marked beside it.
    pub(crate) fn signed(&self, value: f64) -> Color32 {
        let end = if value < 0.0 { self.minus } else { self.plus };
        self.paper.lerp_to_gamma(end, value.abs().min(1.0).powf(0.8) as f32)
    }

    /// The colour of text on [`Palette::signed`].
    pub(crate) fn on_signed(&self, value: f64) -> Color32 {
        let ground = self.signed(value).intensity();
        let apart = |color: Color32| (color.intensity() - ground).abs();
        if apart(self.paper) > apart(self.ink) { self.paper } else { self.ink }
    }

    /// The colour of a category: neighbours are far apart in hue (by the golden angle) and in lightness, by which colour-blind eyes
    /// tell them.
    pub(crate) fn category(&self, index: usize) -> Color32 {
        let [dark, light] = self.lightness.map(|l| f64::from(l) / 100.0);
        let lightness = dark + (light - dark) * [0.25, 0.75, 0.5][index % 3];
        oklch(lightness, 0.13, 255.0 + 137.508 * index as f64)
    }

    /// The colour of a value between 0 and 1: equal steps look equal, since lightness and hue grow evenly at constant
    /// chroma in Oklch (Ottosson 2020). From violet to yellow-green, which also differ for colour-blind eyes as dark and
    /// light.
    pub(crate) fn scale(&self, value: f64) -> Color32 {
        let value = value.clamp(0.0, 1.0);
        let [dark, light] = self.lightness.map(|l| f64::from(l) / 100.0);
        oklch(dark + (light - dark) * value, 0.09, 290.0 - 175.0 * value)
    }
}

/// Lightness, chroma and hue in degrees to sRGB.
fn oklch(lightness: f64, chroma: f64, hue: f64) -> Color32 {
    let (sin, cos) = hue.to_radians().sin_cos();
    let (a, b) = (chroma * cos, chroma * sin);
    let l = (lightness + 0.396_337_777_4 * a + 0.215_803_757_3 * b).powi(3);
    let m = (lightness - 0.105_561_345_8 * a - 0.063_854_172_8 * b).powi(3);
    let s = (lightness - 0.089_484_177_5 * a - 1.291_485_548_0 * b).powi(3);
    let linear = [
        4.076_741_662_1 * l - 3.307_711_591_3 * m + 0.230_969_929_2 * s,
        -1.268_438_004_6 * l + 2.609_757_401_1 * m - 0.341_319_396_5 * s,
        -0.004_196_086_3 * l - 0.703_418_614_7 * m + 1.707_614_701_0 * s,
    ];
    let [r, g, b] = linear.map(|x| {
        let encoded = if x <= 0.003_130_8 { 12.92 * x } else { 1.055 * x.powf(1.0 / 2.4) - 0.055 };
        (encoded.clamp(0.0, 1.0) * 255.0).round() as u8
    });
    Color32::from_rgb(r, g, b)
}

/// The blank screen of presenter mode, and the shade around its spotlight.
pub(crate) const BLANK: Color32 = Color32::BLACK;
pub(crate) const SHADE: Color32 = Color32::from_black_alpha(150);

/// The smallest text anywhere, in points.
pub(crate) const SMALLEST_TEXT: f32 = 12.0;

/// Width of curves and lines through z*, in points.
pub(crate) const CURVE_WIDTH: f32 = 2.2;

/// Width of the shafts of arrows, in points.
pub(crate) const ARROW_WIDTH: f32 = 3.2;

/// Radius of observations and codes, in points.
pub(crate) const POINT_RADIUS: f32 = 1.6;

/// Radius of the handle that is dragged, in points.
pub(crate) const HANDLE_RADIUS: f32 = 7.0;

/// The distance from a mark at which the pointer takes it, in points.
pub(crate) const REACH: f32 = 12.0;

/// Arrows and curves that are shorter on the screen have no name: the ring at z* covers them, and the name would seem that of another mark.
pub(crate) const LEAST_NAMED: f32 = 12.0;

/// Dash patterns of latents.
pub(crate) const DASH_PATTERNS: usize = 4;

/// The dash pattern that tells latent `i` in lines and curves: dash, gap, dash, gap … in points.
pub(crate) fn dashes(i: usize) -> &'static [f32] {
    const PATTERNS: [&[f32]; DASH_PATTERNS] = [&[9.0, 4.0], &[3.0, 3.0], &[9.0, 3.0, 2.0, 3.0], &[5.0, 7.0]];
    PATTERNS[i % PATTERNS.len()]
}

/// The dash pattern of the ground truth, which no latent has.
pub(crate) const TRUTH_DASHES: &[f32] = &[14.0, 3.0, 2.0, 3.0, 2.0, 3.0];

/// That of the ground truth at other values of the other factors.
pub(crate) const TRUTH_GHOST_DASHES: &[f32] = &[1.5, 2.5];

/// z₁, u₂ and so on.
pub(crate) fn indexed(letter: &str, i: usize) -> String {
    format!("{letter}{}", subscript(i + 1))
}

/// The height of the baseline in a line of text of this size below its top, and the height of the line.
pub(crate) fn text_metrics(ctx: &Context, size: f32) -> (f32, f32) {
    let galley =
        ctx.fonts_mut(|fonts| fonts.layout_no_wrap("x".to_owned(), FontId::proportional(size), Color32::PLACEHOLDER));
    let baseline = galley.rows.first().and_then(|row| Some(row.pos.y + row.row.glyphs.first()?.pos.y));
    (baseline.unwrap_or(size), galley.size().y)
}

/// A name of data as it is read: x1 as x₁; other names as they are.
pub(crate) fn subscripted(name: &str) -> String {
    let index = name.strip_prefix('x').and_then(|digits| digits.parse::<usize>().ok());
    index.filter(|i| *i > 0).map_or_else(|| name.to_owned(), |i| indexed("x", i - 1))
}

/// The font for labels inside plots.
pub(crate) fn label_font() -> FontId {
    FontId::proportional(SMALLEST_TEXT + 1.0)
}

/// The family of headings.
pub(crate) fn semibold() -> FontFamily {
    FontFamily::Name("semibold".into())
}

/// Gives a context the fonts and both themes.
pub fn install(ctx: &Context) {
    ctx.set_fonts(fonts());
    ctx.style_mut_of(Theme::Light, |style| dress(style, &LIGHT));
    ctx.style_mut_of(Theme::Dark, |style| dress(style, &DARK));
}

/// Gives the context of a figure the fonts and both themes, and fonts of the system for characters that those lack. (`eframe` adds
/// these to a window.)
pub fn install_for_figures(ctx: &Context) {
    install(ctx);
    ctx.add_font_provider(Arc::new(system_font));
}

/// The fonts of formulas, by the names that KaTeX gives them.
const FORMULA_FONTS: [(&str, &[u8]); 11] = [
    ("AMS-Regular", include_bytes!("../../assets/fonts/KaTeX_AMS-Regular.ttf")),
    ("Caligraphic-Regular", include_bytes!("../../assets/fonts/KaTeX_Caligraphic-Regular.ttf")),
    ("Main-Bold", include_bytes!("../../assets/fonts/KaTeX_Main-Bold.ttf")),
    ("Main-Italic", include_bytes!("../../assets/fonts/KaTeX_Main-Italic.ttf")),
    ("Main-Regular", include_bytes!("../../assets/fonts/KaTeX_Main-Regular.ttf")),
    ("Math-BoldItalic", include_bytes!("../../assets/fonts/KaTeX_Math-BoldItalic.ttf")),
    ("Math-Italic", include_bytes!("../../assets/fonts/KaTeX_Math-Italic.ttf")),
    ("Size1-Regular", include_bytes!("../../assets/fonts/KaTeX_Size1-Regular.ttf")),
    ("Size2-Regular", include_bytes!("../../assets/fonts/KaTeX_Size2-Regular.ttf")),
    ("Size3-Regular", include_bytes!("../../assets/fonts/KaTeX_Size3-Regular.ttf")),
    ("Size4-Regular", include_bytes!("../../assets/fonts/KaTeX_Size4-Regular.ttf")),
];

/// The font of formulas of this name, if the program has it.
pub(crate) fn formula_font(name: &str) -> Option<FontData> {
    let (_, bytes) = FORMULA_FONTS.iter().find(|(known, _)| *known == name)?;
    // Hinting would move the strokes of small signs away from those of their neighbours.
    Some(FontData::from_static(bytes).tweak(FontTweak { hinting: Some(false), ..FontTweak::default() }))
}

/// The family of a font of formulas.
pub(crate) fn formula_family(name: &str) -> FontFamily {
    FontFamily::Name(format!("{OUTLINED_FAMILY}{name}").into())
}

/// Inter for text, with DejaVu Sans for the mathematical signs that it lacks, and the fonts of formulas.
fn fonts() -> FontDefinitions {
    let mut fonts = FontDefinitions::default();
    let files: [(&str, &'static [u8]); 3] = [
        ("Inter", include_bytes!("../../assets/fonts/Inter-Regular.otf")),
        ("Inter SemiBold", include_bytes!("../../assets/fonts/Inter-SemiBold.otf")),
        ("DejaVu Sans", include_bytes!("../../assets/fonts/DejaVuSans.ttf")),
    ];
    for (name, bytes) in files {
        fonts.font_data.insert(name.to_owned(), Arc::new(FontData::from_static(bytes)));
    }
    let family = |first: &str| vec![first.to_owned(), "DejaVu Sans".to_owned()];
    fonts.families.insert(FontFamily::Proportional, family("Inter"));
    fonts.families.insert(semibold(), family("Inter SemiBold"));
    fonts.families.entry(FontFamily::Monospace).or_default().push("DejaVu Sans".to_owned());
    for (name, _) in FORMULA_FONTS {
        let Some(data) = formula_font(name) else { continue };
        let key = format!("KaTeX {name}");
        fonts.font_data.insert(key.clone(), Arc::new(data));
        fonts.families.insert(formula_family(name), vec![key]);
    }
    fonts
}

fn dress(style: &mut Style, palette: &Palette) {
    style.text_styles = [
        (TextStyle::Heading, FontId::new(15.0, semibold())),
        (TextStyle::Body, FontId::proportional(13.5)),
        (TextStyle::Button, FontId::proportional(13.5)),
        (TextStyle::Small, FontId::proportional(SMALLEST_TEXT)),
        (TextStyle::Monospace, FontId::monospace(SMALLEST_TEXT + 1.0)),
    ]
    .into();
    style.spacing.item_spacing = vec2(6.0, 4.0);
    style.spacing.slider_width = 118.0;
    style.spacing.interact_size.y = 20.0;
    let visuals = &mut style.visuals;
    visuals.override_text_color = Some(palette.ink);
    visuals.weak_text_color = Some(palette.muted);
    visuals.selection.bg_fill = palette.latent.gamma_multiply(0.35);
    visuals.selection.stroke = Stroke::new(1.0, palette.ink);
    visuals.extreme_bg_color = palette.paper;
    visuals.warn_fg_color = palette.alarm;
    visuals.widgets.noninteractive.bg_stroke = Stroke::new(1.0, palette.rule);
    visuals.slider_trailing_fill = true;
    if visuals.dark_mode {
        visuals.panel_fill = Color32::from_rgb(0x20, 0x23, 0x29);
    } else {
        visuals.panel_fill = Color32::from_rgb(0xF6, 0xF7, 0xF9);
        visuals.widgets.inactive.bg_fill = Color32::from_rgb(0xD3, 0xD8, 0xE0);
        visuals.widgets.inactive.weak_bg_fill = Color32::from_rgb(0xE4, 0xE8, 0xEE);
    }
    // Active is what has the keyboard, too.
    visuals.widgets.active.bg_stroke = Stroke::new(2.0, palette.ink);
    for widget in [&mut visuals.widgets.inactive, &mut visuals.widgets.hovered, &mut visuals.widgets.active] {
        widget.corner_radius = CornerRadius::same(4);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Relative luminance (WCAG 2).
    fn luminance(color: Color32) -> f64 {
        let channel = |c: u8| {
            let c = f64::from(c) / 255.0;
            if c <= 0.03928 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * channel(color.r()) + 0.7152 * channel(color.g()) + 0.0722 * channel(color.b())
    }

    #[test]
    fn marks_stand_out_from_the_paper() {
        for palette in [&LIGHT, &DARK] {
            let contrast = |color| {
                let [a, b] = [luminance(color), luminance(palette.paper)];
                (a.max(b) + 0.05) / (a.min(b) + 0.05)
            };
            // WCAG asks for 4.5 for text and 3 for graphics.
            for text in [palette.ink, palette.muted, palette.latent, palette.image, palette.alarm, palette.truth] {
                assert!(contrast(text) >= 4.5, "{text:?} has contrast {:.2}", contrast(text));
            }
            assert!(contrast(palette.point) >= 3.0);
        }
    }

    /// The difference of two colours in Oklab (Ottosson 2020) as a deuteranope sees them (Machado, Oliveira and Fernandes 2009, severity 1).
    fn deuteranopic_difference(a: Color32, b: Color32) -> f64 {
        const SEEN: [[f64; 3]; 3] =
            [[0.367_322, 0.860_646, -0.227_968], [0.280_085, 0.672_501, 0.047_413], [-0.011_820, 0.042_940, 0.968_881]];
        const TO_CONES: [[f64; 3]; 3] = [
            [0.412_221_470_8, 0.536_332_536_3, 0.051_445_992_9],
            [0.211_903_498_2, 0.680_699_545_1, 0.107_396_956_6],
            [0.088_302_461_9, 0.281_718_837_6, 0.629_978_700_5],
        ];
        const TO_LAB: [[f64; 3]; 3] = [
            [0.210_454_255_3, 0.793_617_785_0, -0.004_072_046_8],
            [1.977_998_495_1, -2.428_592_205_0, 0.450_593_709_9],
            [0.025_904_037_1, 0.782_771_766_2, -0.808_675_766_0],
        ];
        let times = |m: [[f64; 3]; 3], v: [f64; 3]| m.map(|row| row.iter().zip(v).map(|(m, v)| m * v).sum::<f64>());
        let linear = |c: u8| {
            let c = f64::from(c) / 255.0;
            if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        };
        let lab = |color: Color32| {
            let [r, g, b, _] = color.to_array();
            let seen = times(SEEN, [r, g, b].map(linear)).map(|x| x.clamp(0.0, 1.0));
            times(TO_LAB, times(TO_CONES, seen).map(f64::cbrt))
        };
        lab(a).iter().zip(lab(b)).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt()
    }

    #[test]
    fn marks_that_occur_together_stay_apart_for_deuteranopes_in_colour_and_dash() {
        for palette in [&LIGHT, &DARK] {
            let marks = [palette.latent, palette.image, palette.truth, palette.ink];
            for (k, a) in marks.iter().enumerate() {
                for b in &marks[..k] {
                    // Two hundredths can just be told side by side.
                    let difference = deuteranopic_difference(*a, *b);
                    assert!(difference > 0.14, "{a:?} and {b:?}: {difference:.3}");
                }
            }
            let points = [palette.image, palette.truth].map(|mark| deuteranopic_difference(mark, palette.point));
            assert!(points.iter().all(|difference| *difference > 0.1), "{points:?}");
        }
        let patterns = [dashes(0), dashes(1), dashes(2), dashes(3), TRUTH_DASHES, TRUTH_GHOST_DASHES, &[]];
        for (k, pattern) in patterns.iter().enumerate() {
            assert!(!patterns[..k].contains(pattern), "{pattern:?}");
        }
    }

    #[test]
    fn steps_of_the_scale_get_lighter_and_none_is_lost() {
        for palette in [&LIGHT, &DARK] {
            let steps: Vec<f64> = (0..=20).map(|k| luminance(palette.scale(f64::from(k) / 20.0))).collect();
            assert!(steps.windows(2).all(|w| w[0] < w[1]), "{steps:?}");
            let colors: std::collections::BTreeSet<_> =
                (0..=20).map(|k| palette.scale(f64::from(k) / 20.0).to_array()).collect();
            assert_eq!(colors.len(), 21);
        }
        let [r, g, b, _] = oklch(0.6, 0.0, 0.0).to_array();
        assert!(r.abs_diff(g) <= 1 && g.abs_diff(b) <= 1, "no chroma is grey");
    }

    #[test]
    fn text_on_signed_colours_can_be_read() {
        for palette in [&LIGHT, &DARK] {
            for k in -10..=10 {
                let value = f64::from(k) / 10.0;
                let [a, b] = [luminance(palette.signed(value)), luminance(palette.on_signed(value))];
                let contrast = (a.max(b) + 0.05) / (a.min(b) + 0.05);
                assert!(contrast >= 3.0, "{value}: {contrast:.2}");
            }
            assert_eq!(palette.signed(0.0), palette.paper);
        }
    }

    #[test]
    fn indices_are_subscripts() {
        assert_eq!((indexed("z", 0), indexed("u", 11)), ("z₁".to_owned(), "u₁₂".to_owned()));
        assert_eq!(["x3", "x12", "x0", "x", "width"].map(subscripted), ["x₃", "x₁₂", "x0", "x", "width"]);
    }
}

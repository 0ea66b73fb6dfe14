//! stub
use super::{Canvas, Offscreen};
#[derive(Default)]
pub struct SvgOptions {
    pub background: Option<eframe::egui::Color32>,
}
pub fn to_svg(_o: &Offscreen, _c: &Canvas, _out: &eframe::egui::FullOutput, _opt: &SvgOptions) -> String {
    String::new()
}

//! The hand of a monkey: a deed becomes events of one frame or several. It never opens the file dialog of the desktop.

use eframe::egui::{Event, Key, Modifiers, MouseWheelSource, MouseWheelUnit, PointerButton, Pos2, TouchPhase};
use egui_kittest::Node;
use egui_kittest::kittest::{NodeT as _, Queryable as _};

use crate::deed::Deed;
use crate::harness::WindowTest;

/// The button that asks the desktop for a path.
const BROWSE: &str = "Browse…";

impl WindowTest {
    /// Does a deed; the window has drawn its outcome afterwards.
    pub(crate) fn act(&mut self, deed: &Deed) {
        match deed {
            Deed::Move(to) => self.send(vec![Event::PointerMoved(*to)]),
            Deed::Click(at, button, times, modifiers) => self.click_at(*at, *button, *times, *modifiers),
            Deed::Drag(points, modifiers) => self.drag_along(points, *modifiers),
            Deed::Wheel(at, delta, modifiers) => {
                let (unit, phase) = (MouseWheelUnit::Point, TouchPhase::Move);
                let source = MouseWheelSource::Unknown;
                let wheel = Event::MouseWheel { unit, delta: *delta, phase, source, modifiers: *modifiers };
                self.send_with(*modifiers, vec![Event::PointerMoved(*at), wheel]);
            }
            Deed::Leave => self.send(vec![Event::PointerGone]),
            Deed::Key(key, modifiers) => self.press_key(*key, *modifiers),
            Deed::Write(text) => self.send(vec![Event::Text((*text).to_owned())]),
            Deed::Paste(text) => self.send(vec![Event::Paste((*text).to_owned())]),
            Deed::Press(share) => {
                let nodes = self.kittest.root().children_recursive();
                let placed = nodes.filter(|node| node.accesskit_node().bounding_box().is_some());
                let places: Vec<Pos2> = placed.map(|node| node.rect().center()).collect();
                if let Some(at) = places.get((share * places.len() as f64) as usize) {
                    self.click_at(*at, PointerButton::Primary, 1, Modifiers::NONE);
                }
            }
            Deed::Ask(command) => self.app().execute((**command).clone()),
            Deed::Resize(size) => self.resize(*size),
            Deed::Wait(seconds) => {
                let now = self.kittest.ctx.input(|i| i.time);
                self.kittest.input_mut().time = Some(now + seconds);
                self.kittest.step();
                self.kittest.input_mut().time = None;
            }
        }
        self.frames(1);
    }

    fn send(&mut self, events: Vec<Event>) {
        self.send_with(Modifiers::NONE, events);
    }

    /// Events of one frame.
    fn send_with(&mut self, modifiers: Modifiers, events: Vec<Event>) {
        let input = self.kittest.input_mut();
        input.events.push(Event::ModifiersChanged(modifiers));
        input.events.extend(events);
        self.kittest.step();
        if modifiers != Modifiers::NONE {
            self.kittest.input_mut().events.push(Event::ModifiersChanged(Modifiers::NONE));
        }
    }

    fn click_at(&mut self, at: Pos2, button: PointerButton, times: u8, modifiers: Modifiers) {
        self.send_with(modifiers, vec![Event::PointerMoved(at)]);
        for pressed in [true, false].repeat(times.into()) {
            if !self.is_browse(at) {
                self.send_with(modifiers, vec![Event::PointerButton { pos: at, button, pressed, modifiers }]);
            }
        }
    }

    fn drag_along(&mut self, points: &[Pos2], modifiers: Modifiers) {
        let (Some(first), Some(last)) = (points.first(), points.last()) else { return };
        if self.is_browse(*first) {
            return;
        }
        let button =
            |pos: Pos2, pressed| Event::PointerButton { pos, button: PointerButton::Primary, pressed, modifiers };
        self.send_with(modifiers, vec![Event::PointerMoved(*first)]);
        self.send_with(modifiers, vec![button(*first, true)]);
        for point in points {
            self.send_with(modifiers, vec![Event::PointerMoved(*point)]);
        }
        self.send_with(modifiers, vec![button(*last, false)]);
    }

    fn press_key(&mut self, key: Key, modifiers: Modifiers) {
        if matches!(key, Key::Enter | Key::Space) && self.browse().any(|node| node.is_focused()) {
            return;
        }
        let press = |pressed| Event::Key { key, physical_key: None, pressed, repeat: false, modifiers };
        self.send_with(modifiers, vec![press(true)]);
        self.send_with(modifiers, vec![press(false)]);
    }

    /// True where the file dialog of the desktop would open.
    fn is_browse(&self, at: Pos2) -> bool {
        self.browse().any(|node| node.accesskit_node().bounding_box().is_some() && node.rect().contains(at))
    }

    fn browse(&self) -> impl Iterator<Item = Node<'_>> {
        self.kittest.query_all_by_label(BROWSE)
    }
}

//! APNG: all colours, lossless.

use crate::io::program;
use crate::io::provenance::KEYWORD;
use std::sync::{Arc, Mutex, PoisonError};

/// Begins an APNG that repeats for ever. `session` is stored as text.
pub(super) fn begin_apng(
    out: SharedBuffer,
    [width, height]: [usize; 2],
    count: u32,
    rate: u16,
    session: Option<&str>,
) -> Result<png::Writer<SharedBuffer>, png::EncodingError> {
    let mut encoder = png::Encoder::new(out, width as u32, height as u32);
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_animated(count, 0)?;
    encoder.set_frame_delay(1, rate)?;
    encoder.add_itxt_chunk("Software".to_owned(), program())?;
    if let Some(session) = session {
        encoder.add_itxt_chunk(KEYWORD.to_owned(), session.to_owned())?;
    }
    encoder.write_header()
}

/// Bytes shared by a writer and the encoder that owns it.
#[derive(Clone, Debug, Default)]
pub(super) struct SharedBuffer(Arc<Mutex<Vec<u8>>>);

impl SharedBuffer {
    pub(super) fn take(&self) -> Vec<u8> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl std::io::Write for SharedBuffer {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

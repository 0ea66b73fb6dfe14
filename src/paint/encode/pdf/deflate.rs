//! Compression of PDF streams.

use flate2::Compression;
use flate2::write::ZlibEncoder;
use std::io::Write as _;

/// The zlib stream of some bytes, for the filter `FlateDecode`.
pub(super) fn deflated(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    // Writing to memory does not fail.
    encoder.write_all(bytes).and_then(|()| encoder.finish()).unwrap_or_default()
}

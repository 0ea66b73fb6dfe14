//! Provenance: the session that a figure carries.
//!
//! PNG and APNG carry it as international text (iTXt) with the keyword [`KEYWORD`], SVG in its `metadata`, GIF in a
//! comment, PDF as an attached file.

use std::fs::File;
use std::io::{Cursor, Read as _};
use std::path::{Path, PathBuf};

use super::parts::SESSION;
use super::session::{FORMAT, Session};
use crate::io::file_error::FileError;
use crate::io::picture_folder::holds_pictures;
use crate::io::text::read_bytes;

/// The keyword of the session in PNG and SVG files.
pub const KEYWORD: &str = "unpick:session";

/// Maximum size of a figure or session: 256 MiB, a long movie.
const MOST_BYTES: u64 = 256 << 20;

/// Reads the session of a session file or figure.
///
/// # Errors
/// If the file cannot be read, or its session is missing or damaged. The sentence ends with the path.
pub fn open_session(path: &Path) -> Result<Session, FileError> {
    // A folder was named, and not this file in it.
    if let Some(folder) = path.parent().filter(|_| path.ends_with(SESSION) && !path.exists())
        && std::fs::read_dir(folder).is_ok_and(|mut files| files.next().is_none())
    {
        return Err(FileError::new("the folder is empty: a run or pictures are wanted").at(folder));
    }
    let bytes = read_bytes(path, "the session", MOST_BYTES)?;
    session_in(&bytes).map_err(|e| e.at(path))
}

/// The file with the session, if `path` is a folder, unless it holds pictures and no session, or by its content a session or a figure.
/// A file called `.unpick` is a session, however damaged it is.
pub fn session_of(path: &Path) -> Option<PathBuf> {
    if path.is_dir() {
        let session = path.join(SESSION);
        return (session.is_file() || !holds_pictures(path)).then_some(session);
    }
    // A pipe would be waited for.
    if !path.is_file() {
        return None;
    }
    let mut beginning = Vec::new();
    File::open(path).ok()?.take(64).read_to_end(&mut beginning).ok()?;
    let text = without_mark(&beginning).trim_ascii_start();
    let known = [&b"\x89PNG"[..], b"GIF8", b"%PDF", b"<?xml", b"<svg", b"<!"];
    let is_known = path.extension().is_some_and(|e| e.eq_ignore_ascii_case("unpick"))
        || known.iter().any(|start| text.starts_with(start))
        // A table may begin so, too.
        || text.starts_with(b"{") && holds(path, format!("\"{FORMAT}\"").as_bytes()).unwrap_or(false);
    is_known.then(|| path.to_owned())
}

/// True if a file holds these bytes, at most as far as a session may reach.
fn holds(path: &Path, mark: &[u8]) -> std::io::Result<bool> {
    const PIECE: usize = 1 << 16;
    let mut file = File::open(path)?.take(MOST_BYTES);
    let mut seen = Vec::with_capacity(PIECE + mark.len());
    loop {
        // The mark may begin in one piece and end in the next.
        seen.drain(..seen.len().saturating_sub(mark.len() - 1));
        if file.by_ref().take(PIECE as u64).read_to_end(&mut seen)? == 0 {
            return Ok(false);
        }
        if seen.windows(mark.len()).any(|window| window == mark) {
            return Ok(true);
        }
    }
}

/// The session in the bytes of a session file or a figure, recognised by their content.
///
/// # Errors
/// If the session is missing or damaged.
pub fn session_in(bytes: &[u8]) -> Result<Session, FileError> {
    let text = match bytes {
        [0x89, b'P', b'N', b'G', ..] => in_png(bytes),
        [b'G', b'I', b'F', b'8', ..] => in_gif(bytes),
        [b'%', b'P', b'D', b'F', ..] => in_pdf(bytes),
        _ => match std::str::from_utf8(without_mark(bytes)) {
            Ok(text) if text.trim_start().starts_with('<') => in_svg(text),
            // A session that was cut to nothing is told as one that is not whole.
            Ok(text) if text.trim_start().starts_with('{') || text.trim().is_empty() => Some(text.to_owned()),
            _ => return Err(FileError::new("this is neither a session nor a figure (PNG, SVG, PDF or GIF)")),
        },
    };
    let text = text.ok_or_else(|| {
        FileError::new(
            "the figure is incomplete or does not carry its session; it may have been saved without it, or edited",
        )
    })?;
    Session::parse(&text)
}

/// The bytes without the mark that some editors set before UTF-8.
fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}

fn in_png(bytes: &[u8]) -> Option<String> {
    let mut reader = png::Decoder::new(Cursor::new(bytes)).read_info().ok()?;
    let found = |info: &png::Info<'_>| info.utf8_text.iter().find(|t| t.keyword == KEYWORD)?.get_text().ok();
    found(reader.info()).or_else(|| {
        // Image editors may move the text behind the pixels.
        reader.finish().ok()?;
        found(reader.info())
    })
}

/// The text of the metadata element.
fn in_svg(text: &str) -> Option<String> {
    let (_, rest) = text.split_once(&format!("keyword=\"{KEYWORD}\">"))?;
    let (escaped, _) = rest.split_once("</")?;
    Some(escaped.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&"))
}

/// The first comment that begins like a session.
fn in_gif(bytes: &[u8]) -> Option<String> {
    let table = |flags: u8| if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) };
    // Header and screen descriptor, then the global colour table.
    let mut place = 13 + table(*bytes.get(10)?);
    loop {
        match *bytes.get(place)? {
            // Extension: its label, then blocks.
            0x21 => {
                let (content, next) = blocks(bytes, place + 2)?;
                if bytes.get(place + 1) == Some(&0xfe) && content.starts_with(b"{") {
                    return String::from_utf8(content).ok();
                }
                place = next;
            }
            // Image: position and size, local colour table, code size, then blocks.
            0x2c => place = blocks(bytes, place + 11 + table(*bytes.get(place + 9)?))?.1,
            _ => return None,
        }
    }
}

/// The content of the blocks from `place` on, and their end. Each block begins with its length; an empty one is the
/// last.
fn blocks(bytes: &[u8], mut place: usize) -> Option<(Vec<u8>, usize)> {
    let mut content = Vec::new();
    loop {
        let length = usize::from(*bytes.get(place)?);
        content.extend(bytes.get(place + 1..=place + length)?);
        place += 1 + length;
        if length == 0 {
            return Some((content, place));
        }
    }
}

/// The attached file, which is not compressed: it begins like a session, and JSON marks its own end.
fn in_pdf(bytes: &[u8]) -> Option<String> {
    let start = b"{\"format\":\"unpick session\"";
    let place = bytes.windows(start.len()).position(|window| window == start)?;
    let mut values = serde_json::Deserializer::from_slice(&bytes[place..]).into_iter::<serde_json::Value>();
    Some(values.next()?.ok()?.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TEXT: &str = "{\"format\":\"unpick session\",\"schema\":9,\"program\":\"<β & \\\"σ\\\">\"}";

    /// True if the session is found: schema 9 is refused.
    fn is_found(bytes: &[u8]) -> bool {
        session_in(bytes).unwrap_err().to_string().contains("schema 9")
    }

    fn png(text: Option<&str>) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, 1, 1);
        if let Some(text) = text {
            encoder.add_itxt_chunk(KEYWORD.to_owned(), text.to_owned()).unwrap();
        }
        encoder.write_header().unwrap().write_image_data(&[9]).unwrap();
        bytes
    }

    fn svg(text: &str) -> String {
        let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
        format!(
            "<?xml version=\"1.0\"?>\n<svg><metadata><t:text keyword=\"{KEYWORD}\">{escaped}</t:text></metadata></svg>"
        )
    }

    /// A GIF of one pixel with a comment in blocks.
    fn gif(text: &str) -> Vec<u8> {
        let mut bytes = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff".to_vec();
        bytes.extend(b"\x21\xff\x0bNETSCAPE2.0\x03\x01\0\0\0\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0\x21\xfe");
        for block in text.as_bytes().chunks(20) {
            bytes.push(block.len() as u8);
            bytes.extend(block);
        }
        bytes.extend(b"\0\x3b");
        bytes
    }

    #[test]
    fn every_format_returns_its_session() {
        let pdf = format!("%PDF-1.7\n1 0 obj\nstream\n{TEXT}\nendstream");
        let marked = [TEXT, &svg(TEXT)].map(|text| format!("\u{feff}{text}").into_bytes());
        let plain = [png(Some(TEXT)), svg(TEXT).into_bytes(), gif(TEXT), pdf.into_bytes(), TEXT.as_bytes().to_vec()];
        for bytes in plain.into_iter().chain(marked) {
            assert!(is_found(&bytes), "{}", String::from_utf8_lossy(&bytes));
        }
    }

    #[test]
    fn files_are_recognised_by_their_content() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.csv");
        for (bytes, known) in [
            (png(None), true),
            (gif("x"), true),
            (svg("x").into_bytes(), true),
            (b"%PDF-1.7".to_vec(), true),
            (b"\xef\xbb\xbf\n { \"commands\": [], \"format\": \"unpick session\"".to_vec(), true),
            (
                format!("{{\"beside\": \"{}\", \"format\":\"unpick session\"}}", "x".repeat((1 << 16) - 30))
                    .into_bytes(),
                true,
            ),
            (b"{a},b\n1,2\n".to_vec(), false),
            (b"\n { }".to_vec(), false),
            (b"<x>,y\n1,2\n".to_vec(), false),
            (b"a,b\n1,2\n".to_vec(), false),
            (b"\x93NUMPY".to_vec(), false),
            (Vec::new(), false),
        ] {
            std::fs::write(&path, bytes).unwrap();
            assert_eq!(session_of(&path), known.then(|| path.clone()));
        }
        assert_eq!(session_of(directory.path()), Some(directory.path().join("session.unpick")));
        assert_eq!(session_of(&directory.path().join("nothing")), None);
        let damaged = directory.path().join("a.unpick");
        std::fs::write(&damaged, "{ \"comma").unwrap();
        assert_eq!(session_of(&damaged), Some(damaged));
    }

    #[test]
    fn a_figure_without_a_session_says_so() {
        for bytes in [png(None), b"<svg></svg>".to_vec(), gif("made by hand"), b"%PDF-1.4".to_vec(), b"GIF89a".to_vec()]
        {
            let sentence = session_in(&bytes).unwrap_err().to_string();
            assert!(sentence.contains("does not carry its session"), "{sentence}");
        }
        assert!(session_in(b"\xff\xd8\xff\xe0").unwrap_err().to_string().contains("neither a session nor a figure"));
    }

    proptest! {
        #[test]
        fn damaged_figures_never_panic(which in 0_usize..3, place in 0_usize..400, value in any::<u8>(), length in 0_usize..400) {
            let mut bytes = [png(Some(TEXT)), svg(TEXT).into_bytes(), gif(TEXT)][which].clone();
            if let Some(byte) = bytes.get_mut(place) {
                *byte = value;
            }
            bytes.truncate(length);
            drop(session_in(&bytes));
        }
    }
}

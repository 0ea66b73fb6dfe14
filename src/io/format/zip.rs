//! ZIP archives (APPNOTE 6.3), as far as NumPy writes them: stored and deflated members, with 64-bit sizes.

use std::io::{BufReader, Error, ErrorKind, Read, Result as Written, Seek, SeekFrom, Write};

use flate2::Compression;
use flate2::bufread::DeflateDecoder;
use flate2::write::DeflateEncoder;

use crate::io::file_error::FileError;

/// A file in an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::io) struct ZipMember {
    /// Name in the archive.
    pub name: String,
    /// Bytes in the archive.
    pub packed: u64,
    /// Bytes when unpacked.
    pub size: u64,
    crc: u32,
    method: u16,
    encrypted: bool,
    /// Where its local header begins.
    start: u64,
}

const STORED: u16 = 0;
const DEFLATED: u16 = 8;
/// The largest 32-bit number says that the true one stands in a 64-bit field.
const IN_64_BITS: u32 = u32::MAX;
/// Bytes of a directory; 600,000 members.
const MOST_DIRECTORY: u64 = 64 << 20;

/// Lists the members of an archive.
///
/// # Errors
/// If the directory at its end is missing or broken, as in an archive that was copied in part.
pub(in crate::io) fn zip_members(archive: &mut (impl Read + Seek)) -> Result<Vec<ZipMember>, FileError> {
    let length = archive.seek(SeekFrom::End(0)).map_err(damaged)?;
    directory(archive, length).map_err(damaged)?.ok_or_else(|| {
        FileError::new("the archive has no directory at its end, so it is not complete; copy the file again")
    })
}

/// The sentence of a damaged archive.
fn damaged(error: impl std::fmt::Display) -> FileError {
    FileError::new(format_args!("the archive is damaged ({error}); copy the file again"))
}

/// The members, or `None` if there is no directory.
fn directory(archive: &mut (impl Read + Seek), length: u64) -> Written<Option<Vec<ZipMember>>> {
    // 22 bytes and a comment of up to 65,535.
    let tail = read_at(archive, length.saturating_sub(22 + 65_535), length.min(22 + 65_535))?;
    let ends = |at: &usize| {
        tail[*at..].starts_with(b"PK\x05\x06")
            && tail.len() - at >= 22
            && half(&tail, at + 20) == Some(tail.len() - at - 22)
    };
    let Some(end) = (0..tail.len()).rev().find(ends) else { return Ok(None) };
    let (Some(mut size), Some(mut start)) = (word(&tail, end + 12), word(&tail, end + 16)) else { return Ok(None) };
    // A 64-bit end of directory, if there is a locator of one before.
    if let Some(at) = end.checked_sub(20)
        && tail[at..].starts_with(b"PK\x06\x07")
        && let Some(place) = long(&tail, at + 8)
    {
        let record = read_at(archive, place, 56)?;
        match (record.starts_with(b"PK\x06\x06"), long(&record, 40), long(&record, 48)) {
            (true, Some(size_64), Some(start_64)) => (size, start) = (size_64, start_64),
            _ => return Ok(None),
        }
    }
    if size > MOST_DIRECTORY || start.checked_add(size).is_none_or(|end| end > length) {
        return Ok(None);
    }
    let entries = read_at(archive, start, size)?;
    let (mut members, mut at) = (Vec::new(), 0);
    while at < entries.len() {
        let Some((member, next)) = entry(&entries, at) else { return Ok(None) };
        if member.start.checked_add(member.packed).is_none_or(|end| end > length) {
            return Ok(None);
        }
        members.push(member);
        at = next;
    }
    Ok(Some(members))
}

/// The entry of the directory at `at`, and the place of the next.
fn entry(entries: &[u8], at: usize) -> Option<(ZipMember, usize)> {
    if !entries.get(at..)?.starts_with(b"PK\x01\x02") {
        return None;
    }
    let name = at + 46..at + 46 + half(entries, at + 28)?;
    let extra = name.end..name.end + half(entries, at + 30)?;
    let next = extra.end + half(entries, at + 32)?;
    let (name, mut extra) = (entries.get(name)?, entries.get(extra)?);
    // The size, the packed size and the start; in 64 bits, in this order, those that do not fit into 32.
    let mut sizes = [word(entries, at + 24)?, word(entries, at + 20)?, word(entries, at + 42)?];
    while let (Some(kind), Some(length)) = (half(extra, 0), half(extra, 2)) {
        let field = extra.get(4..4 + length)?;
        if kind == 1 {
            let large = sizes.iter_mut().filter(|size| **size == u64::from(IN_64_BITS));
            for (i, size) in large.enumerate() {
                *size = long(field, 8 * i)?;
            }
        }
        extra = &extra[4 + length..];
    }
    let [size, packed, start] = sizes;
    let crc = word(entries, at + 16)? as u32;
    let (method, encrypted) = (half(entries, at + 10)? as u16, half(entries, at + 8)? & 1 == 1);
    let name = String::from_utf8_lossy(name).into_owned();
    Some((ZipMember { name, packed, size, crc, method, encrypted, start }, next))
}

/// The unpacked bytes of a member. At their end its size and checksum are compared.
///
/// # Errors
/// If the member is encrypted or packed otherwise, or its header is broken.
pub(in crate::io) fn open_zip_member<'a>(
    archive: &'a mut (impl Read + Seek),
    member: &ZipMember,
) -> Result<Box<dyn Read + 'a>, FileError> {
    let name = &member.name;
    let refuse = |how| {
        let again = "save it again with numpy.savez or numpy.savez_compressed";
        FileError::new(format_args!("'{name}' in the archive is {how}; {again}"))
    };
    let header = read_at(archive, member.start, 30).map_err(damaged)?;
    let (true, Some(name), Some(extra)) = (header.starts_with(b"PK\x03\x04"), half(&header, 26), half(&header, 28))
    else {
        return Err(damaged("a member is not where its directory says"));
    };
    archive.seek(SeekFrom::Start(member.start + 30 + (name + extra) as u64)).map_err(damaged)?;
    let packed = BufReader::with_capacity(1 << 16, archive.take(member.packed));
    let unpacked: Box<dyn Read + 'a> = match member.method {
        _ if member.encrypted => return Err(refuse("encrypted")),
        STORED => Box::new(packed),
        DEFLATED => Box::new(DeflateDecoder::new(packed)),
        _ => return Err(refuse("packed in a way that cannot be read")),
    };
    Ok(Box::new(Checked { unpacked, crc: crc32fast::Hasher::new(), size: 0, expected: (member.crc, member.size) }))
}

/// Compares checksum and size at the end.
struct Checked<'a> {
    unpacked: Box<dyn Read + 'a>,
    crc: crc32fast::Hasher,
    size: u64,
    expected: (u32, u64),
}

impl Read for Checked<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> Written<usize> {
        let count = self.unpacked.read(buffer)?;
        self.crc.update(&buffer[..count]);
        self.size += count as u64;
        let (crc, size) = self.expected;
        if self.size > size
            || count == 0 && !buffer.is_empty() && (self.crc.clone().finalize(), self.size) != (crc, size)
        {
            return Err(Error::new(ErrorKind::InvalidData, "its checksum differs"));
        }
        Ok(count)
    }
}

/// Writes an archive member by member. The same members give the same bytes.
pub(in crate::io) struct ZipWriter<W: Write + Seek> {
    archive: W,
    directory: Vec<u8>,
    members: u64,
}

impl<W: Write + Seek> ZipWriter<W> {
    /// An archive that begins where `archive` does.
    pub(in crate::io) fn new(archive: W) -> Self {
        Self { archive, directory: Vec::new(), members: 0 }
    }

    /// Adds a member of `size` bytes, which `write` writes, packed if `deflated`.
    ///
    /// # Errors
    /// If the archive cannot be written, or `write` fails or writes another number of bytes.
    pub(in crate::io) fn add(
        &mut self,
        name: &str,
        size: u64,
        deflated: bool,
        write: impl FnOnce(&mut dyn Write) -> Written<()>,
    ) -> Written<()> {
        let start = self.archive.stream_position()?;
        let method = if deflated { DEFLATED } else { STORED };
        let mut entry = MemberHead { name, method, crc: 0, packed: 0, size, start };
        self.archive.write_all(&entry.local())?;
        let begin = self.archive.stream_position()?;
        let (crc, written) = fill(&mut self.archive, deflated, write)?;
        if written != size {
            let what = format!("'{name}' has {written} bytes instead of {size}");
            return Err(Error::new(ErrorKind::InvalidInput, what));
        }
        let end = self.archive.stream_position()?;
        (entry.crc, entry.packed) = (crc, end - begin);
        self.archive.seek(SeekFrom::Start(start))?;
        self.archive.write_all(&entry.local())?;
        self.archive.seek(SeekFrom::Start(end))?;
        self.directory.extend(entry.central());
        self.members += 1;
        Ok(())
    }

    /// Writes the directory.
    ///
    /// # Errors
    /// If the archive cannot be written.
    pub(in crate::io) fn finish(mut self) -> Written<W> {
        let start = self.archive.stream_position()?;
        let size = self.directory.len() as u64;
        self.archive.write_all(&self.directory)?;
        let count = u16::try_from(self.members).unwrap_or(u16::MAX);
        if count == u16::MAX || start >= u64::from(IN_64_BITS) {
            // Version 4.5, first disk; then its locator.
            let mut record = b"PK\x06\x06".to_vec();
            record.extend(44_u64.to_le_bytes());
            record.extend([45, 0, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
            record.extend([self.members, self.members, size, start].iter().flat_map(|x| x.to_le_bytes()));
            record.extend(b"PK\x06\x07\0\0\0\0");
            record.extend((start + size).to_le_bytes());
            record.extend(1_u32.to_le_bytes());
            self.archive.write_all(&record)?;
        }
        let mut end = b"PK\x05\x06\0\0\0\0".to_vec();
        end.extend([count, count].iter().flat_map(|x| x.to_le_bytes()));
        end.extend([size, start].iter().flat_map(|x| in_32_bits(*x).to_le_bytes()));
        end.extend([0, 0]);
        self.archive.write_all(&end)?;
        Ok(self.archive)
    }
}

/// Writes the content of a member. Gives its checksum and size.
fn fill(
    archive: &mut impl Write,
    deflated: bool,
    write: impl FnOnce(&mut dyn Write) -> Written<()>,
) -> Written<(u32, u64)> {
    let to = if deflated {
        Packing::Deflated(DeflateEncoder::new(archive, Compression::default()))
    } else {
        Packing::Stored(archive)
    };
    let mut content = MemberContent { to, crc: crc32fast::Hasher::new(), size: 0 };
    write(&mut content)?;
    if let Packing::Deflated(deflate) = content.to {
        deflate.finish()?;
    }
    Ok((content.crc.finalize(), content.size))
}

/// The headers of a member.
struct MemberHead<'a> {
    name: &'a str,
    method: u16,
    crc: u32,
    packed: u64,
    size: u64,
    start: u64,
}

impl MemberHead<'_> {
    /// True if the sizes need 64 bits. Deflate makes what it cannot pack longer by 5 bytes in 16,383 at most.
    fn is_large(&self) -> bool {
        self.size + self.size / 3000 + 64 >= u64::from(IN_64_BITS)
    }

    /// From the version to the length of the name, as both headers have it.
    fn common(&self) -> Vec<u8> {
        let version: u16 = if self.is_large() || self.start >= u64::from(IN_64_BITS) { 45 } else { 20 };
        // Flags, method, time and date (1 January 1980), checksum, sizes.
        let mut bytes: Vec<u8> = [version, 0, self.method, 0, 0x21].iter().flat_map(|x| x.to_le_bytes()).collect();
        bytes.extend(self.crc.to_le_bytes());
        let sizes = [self.packed, self.size].map(|size| if self.is_large() { IN_64_BITS } else { size as u32 });
        bytes.extend(sizes.iter().flat_map(|x| x.to_le_bytes()));
        bytes.extend((self.name.len() as u16).to_le_bytes());
        bytes
    }

    fn local(&self) -> Vec<u8> {
        let extra = if self.is_large() { in_64_bits(&[self.size, self.packed]) } else { Vec::new() };
        let length = (extra.len() as u16).to_le_bytes();
        [b"PK\x03\x04", self.common().as_slice(), &length, self.name.as_bytes(), &extra].concat()
    }

    fn central(&self) -> Vec<u8> {
        let large = if self.is_large() { vec![self.size, self.packed] } else { Vec::new() };
        let far = (self.start >= u64::from(IN_64_BITS)).then_some(self.start);
        let long: Vec<u64> = large.into_iter().chain(far).collect();
        let extra = if long.is_empty() { Vec::new() } else { in_64_bits(&long) };
        let length = (extra.len() as u16).to_le_bytes();
        let start = in_32_bits(self.start).to_le_bytes();
        // Made by version 2.0; no comment, first disk, no attributes.
        let made = b"PK\x01\x02\x14\x00".as_slice();
        [made, &self.common(), &length, &[0; 10], &start, self.name.as_bytes(), &extra].concat()
    }
}

fn in_32_bits(x: u64) -> u32 {
    u32::try_from(x).unwrap_or(IN_64_BITS)
}

/// The extra field of sizes in 64 bits.
fn in_64_bits(sizes: &[u64]) -> Vec<u8> {
    let length = (8 * sizes.len() as u16).to_le_bytes();
    [[1, 0].as_slice(), &length, &sizes.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<_>>()].concat()
}

/// The content of a member on its way into the archive.
struct MemberContent<'a, W: Write> {
    to: Packing<'a, W>,
    crc: crc32fast::Hasher,
    size: u64,
}

enum Packing<'a, W: Write> {
    Stored(&'a mut W),
    Deflated(DeflateEncoder<&'a mut W>),
}

impl<W: Write> Write for MemberContent<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> Written<usize> {
        let count = match &mut self.to {
            Packing::Stored(to) => to.write(bytes)?,
            Packing::Deflated(to) => to.write(bytes)?,
        };
        self.crc.update(&bytes[..count]);
        self.size += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> Written<()> {
        Ok(())
    }
}

/// `length` bytes from `start`, fewer at the end of the archive.
fn read_at(archive: &mut (impl Read + Seek), start: u64, length: u64) -> Written<Vec<u8>> {
    archive.seek(SeekFrom::Start(start))?;
    let mut bytes = Vec::new();
    archive.take(length).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn half(bytes: &[u8], at: usize) -> Option<usize> {
    Some(usize::from(u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?)))
}

fn word(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?)))
}

fn long(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::Cursor;

    fn archive() -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        let content = [7_u8; 5000];
        writer.add("packed", 5000, true, |to| content.chunks(999).try_for_each(|part| to.write_all(part))).unwrap();
        writer.add("stored", 3, false, |to| to.write_all(b"abc")).unwrap();
        writer.finish().unwrap().into_inner()
    }

    fn unpack(bytes: &[u8]) -> Result<Vec<(String, Vec<u8>)>, FileError> {
        let mut archive = Cursor::new(bytes);
        let read = |member: &ZipMember| {
            let mut content = Vec::new();
            open_zip_member(&mut archive, member)?.read_to_end(&mut content).map_err(damaged)?;
            Ok((member.name.clone(), content))
        };
        zip_members(&mut Cursor::new(bytes))?.iter().map(read).collect()
    }

    #[test]
    fn members_come_back() {
        let bytes = archive();
        assert!(bytes.len() < 400);
        let expected = [("packed".to_owned(), vec![7; 5000]), ("stored".to_owned(), b"abc".to_vec())];
        assert_eq!(unpack(&bytes).unwrap(), expected);
        // A comment at the end, as tools may add.
        let mut commented = bytes;
        let at = commented.len() - 2;
        commented[at] = 5;
        commented.extend(b"hello");
        assert_eq!(unpack(&commented).unwrap(), expected);
    }

    /// A directory in 64 bits, as Python's zipfile writes it beyond 4 GiB.
    #[test]
    fn sizes_in_64_bits_are_read() {
        let narrow = archive();
        let (mut entry, start) = {
            let mut wide = Vec::new();
            let directory = narrow.windows(4).position(|w| w == b"PK\x01\x02").unwrap();
            wide.extend(&narrow[directory..directory + 46 + 6]);
            (wide, directory)
        };
        let sizes = [24, 20, 42].map(|at| word(&entry, at).unwrap());
        for at in [24, 20, 42] {
            entry[at..at + 4].copy_from_slice(&IN_64_BITS.to_le_bytes());
        }
        entry[30] = 28;
        entry.extend(in_64_bits(&sizes));
        let mut bytes = [&narrow[..start], &entry].concat();
        let end = ZipWriter { archive: Cursor::new(Vec::new()), directory: entry, members: 70_000 };
        let mut tail = end.finish().unwrap().into_inner();
        let length = tail.len();
        let directory = length - 22 - 20 - 56;
        tail.drain(..directory);
        tail[48..56].copy_from_slice(&(start as u64).to_le_bytes());
        tail[56 + 8..56 + 16].copy_from_slice(&(bytes.len() as u64).to_le_bytes());
        bytes.extend(tail);
        assert_eq!(unpack(&bytes).unwrap(), [("packed".to_owned(), vec![7; 5000])]);
    }

    #[test]
    fn a_large_member_says_so_in_64_bits() {
        let entry = MemberHead { name: "x", method: 8, crc: 1, packed: 5, size: 5 << 30, start: 6 << 30 };
        let (read, next) = super::entry(&entry.central(), 0).unwrap();
        assert_eq!((read.size, read.packed, read.start, next), (5 << 30, 5, 6 << 30, entry.central().len()));
        let local = entry.local();
        assert_eq!((half(&local, 28), long(&local, 35), long(&local, 43)), (Some(20), Some(5 << 30), Some(5)));
    }

    #[test]
    fn every_damage_has_a_sentence() {
        let bytes = archive();
        for length in 0..bytes.len() {
            let sentence = unpack(&bytes[..length]).unwrap_err().to_string();
            assert!(sentence.contains("archive") && !sentence.contains('\n'), "{sentence}");
        }
        // MemberContent, checksums, sizes: everything but what no one needs (versions, times, attributes, names).
        let content = bytes.windows(6).position(|w| w == b"packed").unwrap() + 6;
        for at in content..content + 10 {
            for bit in 0..8 {
                let mut flipped = bytes.clone();
                flipped[at] ^= 1 << bit;
                let sentence = unpack(&flipped).unwrap_err().to_string();
                assert!(sentence.contains("damaged"), "{at} {bit}: {sentence}");
            }
        }
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        assert!(writer.add("short", 4, true, |to| to.write_all(b"abc")).unwrap_err().to_string().contains("3 bytes"));
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), flips in prop::collection::vec((0..400_usize, any::<u8>()), 0..6)) {
            let mut damaged = archive();
            for (at, byte) in flips {
                let at = at % damaged.len();
                damaged[at] = byte;
            }
            let _outcomes = (unpack(&damaged), unpack(&bytes), unpack(&[&bytes, archive().as_slice()].concat()));
        }
    }
}

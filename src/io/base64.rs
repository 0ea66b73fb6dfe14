//! Bytes as text (RFC 4648).

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Appends bytes in base 64.
pub fn encode_base64(out: &mut String, bytes: &[u8]) {
    out.reserve(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let group = chunk.iter().fold(0, |group, byte| group << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for k in 0..4 {
            let digit = DIGITS[(group >> (18 - 6 * k) & 63) as usize];
            out.push(if k <= chunk.len() { char::from(digit) } else { '=' });
        }
    }
}

/// The bytes of a text in base 64; `None` if it is something else.
pub fn decode_base64(text: &str) -> Option<Vec<u8>> {
    let value = |c: u8| match c {
        b'A'..=b'Z' => Some(c - b'A'),
        b'a'..=b'z' => Some(c - b'a' + 26),
        b'0'..=b'9' => Some(c - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    };
    let (groups, []) = text.as_bytes().as_chunks::<4>() else { return None };
    let mut bytes = Vec::with_capacity(3 * groups.len());
    for (k, group) in groups.iter().enumerate() {
        let digits = group.iter().take_while(|c| **c != b'=').count();
        let padded = group[digits..].iter().all(|c| *c == b'=') && (digits == 4 || k + 1 == groups.len());
        if digits < 2 || !padded {
            return None;
        }
        let bits = group[..digits].iter().try_fold(0, |bits, c| Some(bits << 6 | u32::from(value(*c)?)))?;
        let bits = bits << (6 * (4 - digits));
        bytes.extend(bits.to_be_bytes().iter().skip(1).take(digits - 1));
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_examples_of_the_rfc_hold_in_both_directions() {
        for (bytes, text) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("foobar", "Zm9vYmFy")]
        {
            let mut out = String::new();
            encode_base64(&mut out, bytes.as_bytes());
            assert_eq!(out, text);
            assert_eq!(decode_base64(text).unwrap(), bytes.as_bytes());
        }
        for wrong in ["Zg", "Zg=", "Z===", "Zg==Zg==", "Z=g=", "Zm9v\n", "Zm 9"] {
            assert_eq!(decode_base64(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn bytes_survive(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
            let mut text = String::new();
            encode_base64(&mut text, &bytes);
            prop_assert_eq!(decode_base64(&text), Some(bytes));
        }
    }
}

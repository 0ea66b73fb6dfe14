//! Hashes that identify files and weights.

use sha2::{Digest as _, Sha256};

use crate::vae::Vae;

/// SHA-256 in hexadecimal digits.
pub fn sha256(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}

/// Bytes in hexadecimal digits.
pub(in crate::io) fn hexadecimal(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.filter_map(|digit| char::from_digit(u32::from(digit), 16)).collect()
}

/// SHA-256 of all parameters as little-endian float32, equal for models that agree to the last bit.
pub fn hash_of_weights(vae: &Vae<f32>) -> String {
    hash_of_parameters(&vae.parameters)
}

/// The same of parameters alone.
pub(in crate::io) fn hash_of_parameters(parameters: &[f32]) -> String {
    let bytes: Vec<u8> = parameters.iter().flat_map(|p| p.to_le_bytes()).collect();
    sha256(&bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_of_no_bytes_is_the_published_one() {
        assert_eq!(sha256(b""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }
}

//! Checksums of object data, as S3 takes them in headers and trailers.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html>

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use crc_fast::CrcAlgorithm;
use http::HeaderName;
use sha2::Digest;

use crate::error::{Error, ErrorKind};

/// The checksums that S3 knows.
///
/// ```
/// use sigv4_core::body::ChecksumAlgorithm;
///
/// let algorithm: ChecksumAlgorithm = "CRC32C".parse()?;
/// assert_eq!(algorithm.header(), "x-amz-checksum-crc32c");
/// assert_eq!(algorithm.checksum(b"123456789"), "4waSgw==");
/// # Ok::<(), sigv4_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ChecksumAlgorithm {
    /// CRC-32 as in Ethernet and zip.
    Crc32,
    /// CRC-32 with Castagnoli's polynomial.
    Crc32c,
    /// CRC-64 of the NVMe specification: the fastest, and what S3 itself computes when it is told nothing.
    Crc64Nvme,
    /// SHA-1. Finds damage, no longer forgery.
    Sha1,
    /// SHA-256.
    Sha256,
}

impl ChecksumAlgorithm {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Crc32, Self::Crc32c, Self::Crc64Nvme, Self::Sha1, Self::Sha256];

    /// The name in lower case, as the header's name ends: `crc64nvme`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Crc32 => "crc32",
            Self::Crc32c => "crc32c",
            Self::Crc64Nvme => "crc64nvme",
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
        }
    }

    /// The header, or trailer, that carries the checksum.
    pub const fn header(self) -> HeaderName {
        HeaderName::from_static(match self {
            Self::Crc32 => "x-amz-checksum-crc32",
            Self::Crc32c => "x-amz-checksum-crc32c",
            Self::Crc64Nvme => "x-amz-checksum-crc64nvme",
            Self::Sha1 => "x-amz-checksum-sha1",
            Self::Sha256 => "x-amz-checksum-sha256",
        })
    }

    /// The algorithm that a header of this name (in lower case) carries.
    pub fn of_header(name: &str) -> Option<Self> {
        let name = name.strip_prefix("x-amz-checksum-")?;
        Self::ALL.into_iter().find(|algorithm| algorithm.name() == name)
    }

    /// The length of a checksum, raw, in bytes.
    pub const fn raw_len(self) -> usize {
        match self {
            Self::Crc32 | Self::Crc32c => 4,
            Self::Crc64Nvme => 8,
            Self::Sha1 => 20,
            Self::Sha256 => 32,
        }
    }

    /// The length of a checksum in base64.
    pub const fn encoded_len(self) -> usize {
        self.raw_len().div_ceil(3) * 4
    }

    /// The checksum of bytes in memory, in base64.
    pub fn checksum(self, bytes: &[u8]) -> String {
        let mut checksum = Checksum::new(self);
        checksum.update(bytes);
        checksum.finish()
    }

    /// Refuses what cannot be a value of this checksum. An error of kind `Option`.
    pub(crate) fn check_value(self, value: &str) -> Result<(), Error> {
        match BASE64_STANDARD.decode(value) {
            Ok(raw) if raw.len() == self.raw_len() => Ok(()),
            _ => Err(Error::new(
                ErrorKind::Option,
                format!(
                    "the value for {} is not the base64 of {} bytes: encode the raw checksum, high byte first",
                    self.header(),
                    self.raw_len()
                ),
            )),
        }
    }
}

impl fmt::Display for ChecksumAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for ChecksumAlgorithm {
    type Err = Error;

    /// Reads a name in any case. An error of kind `Option` for one that is not known.
    fn from_str(text: &str) -> Result<Self, Error> {
        Self::ALL.into_iter().find(|algorithm| algorithm.name().eq_ignore_ascii_case(text)).ok_or_else(|| {
            Error::new(
                ErrorKind::Option,
                format!("{text:?} is no checksum known here: crc32, crc32c, crc64nvme, sha1 and sha256 are"),
            )
        })
    }
}

/// A checksum in the making, over data that comes in pieces.
///
/// ```
/// use sigv4_core::body::{Checksum, ChecksumAlgorithm};
///
/// let mut checksum = Checksum::new(ChecksumAlgorithm::Crc64Nvme);
/// checksum.update(b"12345");
/// checksum.update(b"6789");
/// assert_eq!(checksum.finish(), "rosUhgp5mIg=");
/// ```
#[derive(Clone)]
pub struct Checksum {
    algorithm: ChecksumAlgorithm,
    state: State,
}

#[derive(Clone)]
enum State {
    Crc(crc_fast::Digest),
    Sha1(sha1::Sha1),
    Sha256(sha2::Sha256),
}

impl Checksum {
    /// The checksum of nothing yet.
    pub fn new(algorithm: ChecksumAlgorithm) -> Self {
        let crc = |parameters| State::Crc(crc_fast::Digest::new(parameters));
        let state = match algorithm {
            ChecksumAlgorithm::Crc32 => crc(CrcAlgorithm::Crc32IsoHdlc),
            ChecksumAlgorithm::Crc32c => crc(CrcAlgorithm::Crc32Iscsi),
            ChecksumAlgorithm::Crc64Nvme => crc(CrcAlgorithm::Crc64Nvme),
            ChecksumAlgorithm::Sha1 => State::Sha1(sha1::Sha1::new()),
            ChecksumAlgorithm::Sha256 => State::Sha256(sha2::Sha256::new()),
        };
        Self { algorithm, state }
    }

    /// Which one it is.
    pub fn algorithm(&self) -> ChecksumAlgorithm {
        self.algorithm
    }

    /// Takes the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        match &mut self.state {
            State::Crc(state) => state.update(bytes),
            State::Sha1(state) => state.update(bytes),
            State::Sha256(state) => state.update(bytes),
        }
    }

    /// The checksum in base64, the high byte first.
    pub fn finish(self) -> String {
        match self.state {
            State::Crc(state) => {
                let raw = state.finalize().to_be_bytes();
                BASE64_STANDARD.encode(&raw[raw.len() - self.algorithm.raw_len()..])
            }
            State::Sha1(state) => BASE64_STANDARD.encode(state.finalize()),
            State::Sha256(state) => BASE64_STANDARD.encode(state.finalize()),
        }
    }
}

impl fmt::Debug for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Checksum").field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The check values of the catalogue of CRCs and of FIPS 180, over the digits 1 to 9.
    #[test]
    fn known_values() {
        for (name, hex) in [
            ("crc32", "cbf43926"),
            ("crc32c", "e3069283"),
            ("crc64nvme", "ae8b14860a799888"),
            ("sha1", "f7c3bc1d808e04732adf679965ccc34ca7ae3441"),
            ("sha256", "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225"),
        ] {
            let algorithm: ChecksumAlgorithm = name.parse().unwrap();
            let value = algorithm.checksum(b"123456789");
            let mut raw = vec![0; algorithm.raw_len()];
            hex::decode_to_slice(hex, &mut raw).unwrap();
            assert_eq!(BASE64_STANDARD.decode(&value).unwrap(), raw, "{name}");
            assert_eq!(value.len(), algorithm.encoded_len(), "{name}");
            assert_eq!(ChecksumAlgorithm::of_header(algorithm.header().as_str()), Some(algorithm));
            assert!(algorithm.check_value(&value).is_ok());
            assert!(algorithm.check_value(&value[..4]).is_err());
        }
    }

    #[test]
    fn names_what_it_does_not_know() {
        let message = "md5".parse::<ChecksumAlgorithm>().unwrap_err().to_string();
        assert!(message.contains("\"md5\"") && message.contains("crc64nvme"), "{message}");
        assert_eq!(ChecksumAlgorithm::of_header("x-amz-checksum-type"), None);
    }
}

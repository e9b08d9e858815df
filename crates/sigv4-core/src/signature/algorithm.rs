//! Which algorithm of the AWS4 family signs, and for which regions.

use std::fmt;

use http::HeaderValue;

use super::ALGORITHM;
use crate::error::{Error, ErrorKind};

/// The name of SigV4a's algorithm, the first line of its string to sign.
pub const ALGORITHM_V4A: &str = "AWS4-ECDSA-P256-SHA256";

/// How the string to sign is signed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Algorithm<'a> {
    /// SigV4: an HMAC, good in the one region of its scope.
    #[default]
    V4,
    /// SigV4a: an ECDSA P-256 signature, good in a set of regions. Needs the feature `sigv4a`: without it,
    /// signing is an error of kind `Feature`.
    V4a {
        /// Where the signature is good.
        region_set: &'a RegionSet,
    },
}

impl<'a> Algorithm<'a> {
    /// The name, as it stands in the string to sign and in `Authorization`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::V4 => ALGORITHM,
            Self::V4a { .. } => ALGORITHM_V4A,
        }
    }

    /// The length of a signature in hex; of SigV4a's, which vary, the longest.
    pub(crate) const fn signature_len(self) -> usize {
        match self {
            Self::V4 => 64,
            Self::V4a { .. } => 144,
        }
    }

    /// The region set that travels with the signature.
    pub(crate) const fn region_set(self) -> Option<&'a RegionSet> {
        match self {
            Self::V4 => None,
            Self::V4a { region_set } => Some(region_set),
        }
    }
}

/// The regions in which a SigV4a signature is good: the value of `x-amz-region-set`.
///
/// ```
/// use sigv4_core::signature::RegionSet;
///
/// assert_eq!(RegionSet::new(["us-east-1", "eu-*"])?.as_str(), "us-east-1,eu-*");
/// assert_eq!(RegionSet::all().as_str(), "*");
/// # Ok::<(), sigv4_core::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct RegionSet(HeaderValue);

impl RegionSet {
    /// Every region of the partition: `*`.
    pub const fn all() -> Self {
        Self(HeaderValue::from_static("*"))
    }

    /// These regions. One can be a pattern with a wildcard: `eu-*`.
    ///
    /// An error of kind `Option` when there is none, or when one is empty or holds something that is not a letter, a
    /// digit, `-` or `*`.
    pub fn new<I>(regions: I) -> Result<Self, Error>
    where
        I: IntoIterator<Item: AsRef<str>>,
    {
        let mut text = String::new();
        for region in regions {
            let region = region.as_ref();
            if region.is_empty() || !region.bytes().all(|b| b.is_ascii_alphanumeric() || b"-*".contains(&b)) {
                return Err(Error::new(
                    ErrorKind::Option,
                    format!(
                        "the region set holds {region:?}: give regions as in \"us-east-1\", \"eu-*\" or \"*\""
                    ),
                ));
            }
            if !text.is_empty() {
                text.push(',');
            }
            text.push_str(region);
        }
        if text.is_empty() {
            return Err(Error::new(
                ErrorKind::Option,
                "the region set is empty: name a region, or \"*\" for all of them",
            ));
        }
        HeaderValue::try_from(text).map(Self).map_err(|_| {
            Error::new(ErrorKind::Option, "the region set holds a byte that no header can carry")
        })
    }

    /// Reads the form with commas, as in `us-east-1,eu-*`; white space around a region does not count.
    /// Errors as [`new`](Self::new).
    pub fn parse(text: &str) -> Result<Self, Error> {
        if text.trim().is_empty() {
            return Self::new([""; 0]);
        }
        Self::new(text.split(',').map(str::trim))
    }

    /// The regions, joined by commas.
    pub fn as_str(&self) -> &str {
        // Checked to be ASCII when it was made.
        self.0.to_str().unwrap_or_default()
    }

    /// Whether the set holds this region, wildcards heeded.
    pub fn contains(&self, region: &str) -> bool {
        self.as_str().split(',').any(|pattern| matches(pattern.as_bytes(), region.as_bytes()))
    }

    pub(crate) fn header_value(&self) -> &HeaderValue {
        &self.0
    }
}

/// Whether `text` is of the form `pattern`, in which each `*` stands for any bytes.
fn matches(pattern: &[u8], text: &[u8]) -> bool {
    let mut pieces = pattern.split(|&byte| byte == b'*');
    let Some(mut rest) = pieces.next().and_then(|start| text.strip_prefix(start)) else { return false };
    let Some(end) = pieces.next_back() else { return rest.is_empty() };
    for piece in pieces.filter(|piece| !piece.is_empty()) {
        match rest.windows(piece.len()).position(|window| window == piece) {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
    }
    rest.ends_with(end)
}

impl fmt::Display for RegionSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for RegionSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RegionSet({self})")
    }
}

impl std::str::FromStr for RegionSet {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_is_no_region_set() {
        for (text, word) in [
            ("", "is empty"),
            ("  ", "is empty"),
            ("a,,b", "holds \"\""),
            ("a,b\r\nc", "holds"),
            ("eu/*", "eu/*"),
        ] {
            let error = RegionSet::parse(text).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Option, "{text:?}");
            assert!(error.to_string().contains(word), "{text:?}: {error}");
        }
    }

    #[test]
    fn wildcards_stand_for_any_bytes() {
        let set = RegionSet::parse("us-east-1, eu-*,a*-south-*").unwrap();
        assert_eq!(set.as_str(), "us-east-1,eu-*,a*-south-*");
        for (region, inside) in [
            ("us-east-1", true),
            ("us-east-11", false),
            ("us-east", false),
            ("eu-west-3", true),
            ("eu", false),
            ("ap-south-1", true),
            ("ap-southeast-1", false),
        ] {
            assert_eq!(set.contains(region), inside, "{region}");
            assert!(RegionSet::all().contains(region));
        }
        // A prefix and a suffix may not share bytes.
        assert!(!RegionSet::parse("aba*ba").unwrap().contains("aba"));
    }

    #[cfg(not(feature = "sigv4a"))]
    #[test]
    fn without_the_feature_an_error_names_it() {
        use crate::{Credentials, Payload, SignOptions, Signer};

        let signer =
            |service: &str| Signer::new(service, "us-east-1", Credentials::new("AKID", "secret").unwrap());
        for (service, uri, options) in [
            ("s3", "https://abc.mrap.accesspoint.s3-global.amazonaws.com/key", SignOptions::new()),
            ("cloudfront-keyvaluestore", "https://1.cloudfront-kvs.global.api.aws/", SignOptions::new()),
            ("events", "https://example.com/", SignOptions::new().region_set(RegionSet::all())),
        ] {
            let mut request = http::Request::get(uri).body(()).unwrap();
            request.extensions_mut().insert(options);
            let error = signer(service).sign(&mut request, Payload::EMPTY).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Feature, "{uri}");
            assert!(error.to_string().contains("the feature `sigv4a` of sigv4-core"), "{error}");
            assert!(request.headers().is_empty(), "{request:?}");
        }
    }
}

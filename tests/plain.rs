//! Plain readings of what signers write, none of which uses the project's own code.

use std::fmt::Write;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

/// The pairs of a query string, decoded, in an order that does not depend on the signer.
pub fn query_pairs(query: &str) -> Vec<(String, String)> {
    let decoded = |text: &str| {
        let bytes: Vec<u8> = percent_encoding::percent_decode_str(text).collect();
        String::from_utf8_lossy(&bytes).into_owned()
    };
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let mut pairs: Vec<_> = pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(key, value)| (decoded(key), decoded(value)))
        .collect();
    pairs.sort();
    pairs
}

/// Headers with their names in lower case, in an order that does not depend on the signer.
pub fn sorted_headers<N: AsRef<str>, V: AsRef<[u8]>>(
    headers: impl IntoIterator<Item = (N, V)>,
) -> Vec<(String, String)> {
    let mut headers: Vec<_> = headers
        .into_iter()
        .map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_ref()).into_owned();
            (name.as_ref().to_ascii_lowercase(), value)
        })
        .collect();
    headers.sort();
    headers
}

/// Lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

/// A request, to be signed by the letter of AWS's description: slow, and any bytes will do.
#[derive(Debug, Clone, Copy)]
pub struct ByTheLetter<'a> {
    /// The method.
    pub method: &'a str,
    /// The path, as sent.
    pub path: &'a str,
    /// The query string, as sent.
    pub query: &'a str,
    /// The headers that are signed; names in lower case.
    pub headers: &'a [(String, Vec<u8>)],
    /// The last line of the canonical request.
    pub payload_hash: &'a str,
    /// The secret access key.
    pub secret_access_key: &'a str,
    /// `YYYYMMDDTHHMMSSZ`.
    pub date: &'a str,
    /// The region of the scope.
    pub region: &'a str,
    /// The service of the scope; `s3` and `s3express` have paths of their own.
    pub service: &'a str,
}

impl ByTheLetter<'_> {
    /// The signature, in hex.
    pub fn signature(&self) -> String {
        let scope = format!("{}/{}/{}/aws4_request", &self.date[..8], self.region, self.service);
        let digest = hex(&Sha256::digest(self.canonical_request()));
        let string_to_sign = format!("AWS4-HMAC-SHA256\n{}\n{scope}\n{digest}", self.date);
        let mut key = format!("AWS4{}", self.secret_access_key).into_bytes();
        for part in [&self.date[..8], self.region, self.service, "aws4_request", &string_to_sign] {
            let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("HMAC takes any key");
            mac.update(part.as_bytes());
            key = mac.finalize().into_bytes().to_vec();
        }
        hex(&key)
    }

    /// The canonical request.
    pub fn canonical_request(&self) -> Vec<u8> {
        let mut headers = self.headers.to_vec();
        headers.sort_by(|(a, _), (b, _)| a.cmp(b));
        let mut names: Vec<&str> = headers.iter().map(|(name, _)| name.as_str()).collect();
        names.dedup();
        let mut request = format!("{}\n{}\n{}\n", self.method, self.path(), self.query()).into_bytes();
        for name in &names {
            let values = headers.iter().filter(|(header, _)| header == name);
            let values: Vec<Vec<u8>> = values.map(|(_, value)| folded(value)).collect();
            request.extend_from_slice(name.as_bytes());
            request.push(b':');
            request.extend_from_slice(&values.join(&b','));
            request.push(b'\n');
        }
        request.extend_from_slice(format!("\n{}\n{}", names.join(";"), self.payload_hash).as_bytes());
        request
    }

    fn path(&self) -> String {
        if matches!(self.service, "s3" | "s3express") {
            return self.path.to_owned();
        }
        let mut segments: Vec<&str> = Vec::new();
        for segment in self.path.split('/') {
            match segment {
                "" | "." => {}
                ".." => drop(segments.pop()),
                segment => segments.push(segment),
            }
        }
        let mut path: String =
            segments.iter().map(|segment| format!("/{}", encoded(segment.as_bytes()))).collect();
        if path.is_empty() || self.path.ends_with('/') {
            path.push('/');
        }
        path
    }

    fn query(&self) -> String {
        let anew = |text: &str| encoded(&percent_encoding::percent_decode_str(text).collect::<Vec<u8>>());
        let pairs = self.query.split('&').filter(|pair| !pair.is_empty());
        let mut pairs: Vec<_> = pairs
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
            .map(|(key, value)| (anew(key), anew(value)))
            .collect();
        pairs.sort();
        pairs.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join("&")
    }
}

/// All but letters, digits and `-_.~` as `%XX`.
fn encoded(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut out, &byte| {
        let _ = match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                write!(out, "{}", byte as char)
            }
            _ => write!(out, "%{byte:02X}"),
        };
        out
    })
}

/// Runs of white space as one space, and none at the ends.
fn folded(value: &[u8]) -> Vec<u8> {
    let words = value.split(|&byte| byte == b' ' || byte == b'\t').filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(&b' ')
}

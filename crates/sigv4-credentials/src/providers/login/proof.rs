//! The proof that a request comes from whoever logged in: a DPoP token, signed with the session's own key.
//!
//! <https://www.rfc-editor.org/rfc/rfc9449#section-4>

use std::hash::{BuildHasher, RandomState};
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use http::{HeaderValue, Uri};
use p256::SecretKey;
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use serde_json::json;
use sigv4_core::Error;
use zeroize::Zeroizing;

use crate::http::fail;

/// The key of a session. Wiped from memory when dropped.
pub(super) struct ProofKey(SigningKey);

impl ProofKey {
    /// The key in the PEM of SEC 1 (`EC PRIVATE KEY`); `None` when it is none. Line breaks may be written `\n`.
    pub(super) fn from_pem(pem: &str) -> Option<Self> {
        let pem = Zeroizing::new(pem.replace("\\n", "\n"));
        let lines = pem
            .trim()
            .strip_prefix("-----BEGIN EC PRIVATE KEY-----")?
            .strip_suffix("-----END EC PRIVATE KEY-----")?;
        // Room for everything, so that no copy of the key is left behind by a growing buffer.
        let mut text = Zeroizing::new(String::with_capacity(lines.len()));
        text.extend(lines.split_ascii_whitespace());
        let der = Zeroizing::new(STANDARD.decode(text.as_bytes()).ok()?);
        SecretKey::from_sec1_der(&der).ok().map(|key| Self(key.into()))
    }

    /// The value of the `DPoP` header for one POST to this address at this time. No two are alike.
    pub(super) fn prove(&self, uri: &Uri, now: SystemTime) -> Result<HeaderValue, Error> {
        let seconds = now.duration_since(UNIX_EPOCH).map(|since| since.as_secs()).unwrap_or_default();
        let claims = json!({"jti": identifier(), "htm": "POST", "htu": uri.to_string(), "iat": seconds});
        let mut token = URL_SAFE_NO_PAD.encode(self.header().to_string());
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(claims.to_string(), &mut token);
        let signature: Signature = self.0.sign(token.as_bytes());
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature.to_bytes(), &mut token);
        let mut value = HeaderValue::try_from(token)
            .map_err(|error| fail("no proof for the login session can be made").with_source(error))?;
        value.set_sensitive(true);
        Ok(value)
    }

    /// Says how the proof is signed, and with which key.
    fn header(&self) -> serde_json::Value {
        let point = self.0.verifying_key().to_sec1_point(false);
        let coordinate = |bytes: Option<&p256::FieldBytes>| {
            bytes.map(|bytes| URL_SAFE_NO_PAD.encode(bytes)).unwrap_or_default()
        };
        let key =
            json!({"kty": "EC", "crv": "P-256", "x": coordinate(point.x()), "y": coordinate(point.y())});
        json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": key})
    }
}

/// A random UUID. It has to be new, not secret: the random keys of two hashers do.
fn identifier() -> String {
    let half = || u128::from(RandomState::new().hash_one(0u8));
    // Version 4, in the variant of RFC 9562.
    let random = (half() << 64 | half()) & !(0xf << 76 | 0b11 << 62) | 4 << 76 | 0b10 << 62;
    let hex = format!("{random:032x}");
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_uuids_and_differ() {
        let (one, two) = (identifier(), identifier());
        assert_ne!(one, two);
        for id in [one, two] {
            assert_eq!((id.len(), &id[14..15]), (36, "4"), "{id}");
            assert!("89ab".contains(&id[19..20]), "{id}");
        }
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let end = "-----END EC PRIVATE KEY-----";
        for pem in ["", "hush", end, &format!("-----BEGIN EC PRIVATE KEY-----\nMHcC\n{end}")] {
            assert!(ProofKey::from_pem(pem).is_none(), "{pem}");
        }
    }
}

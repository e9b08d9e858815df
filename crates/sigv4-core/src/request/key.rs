//! What signs a request: a key, and the scope that it is for.

use super::SigningParams;
use crate::clock::AmzDate;
use crate::error::Error;
use crate::signature::signing_key::Remembered;
#[cfg(feature = "sigv4a")]
use crate::signature::sigv4a::KeyPair;
use crate::signature::{ALGORITHM, Algorithm, Hex, Signature, StringToSign};

/// A key of either algorithm.
pub(super) enum Key {
    V4(Remembered),
    /// The key pair is the credentials' own, whatever the scope.
    #[cfg(feature = "sigv4a")]
    V4a {
        scope: String,
        pair: Box<KeyPair>,
    },
}

impl SigningParams<'_> {
    /// The key that signs, after a [`check`](Self::check). What that has to say of region and service is remembered with the key.
    pub(super) fn key(&self) -> Result<Key, Error> {
        if self.algorithm != Algorithm::V4 || self.rules.sigv4a_only {
            self.check()?;
            #[cfg(feature = "sigv4a")]
            return Ok(Key::V4a {
                scope: self.scope().to_string(),
                pair: Box::new(self.credentials.key_pair()?.clone()),
            });
        }
        self.check_expiry()?;
        let secret = self.credentials.secret_access_key();
        let key = self.credentials.keys().get(secret, self.date, self.region, self.service);
        if !key.is_sound() {
            self.check()?;
        }
        Ok(Key::V4(key))
    }
}

impl Key {
    /// The credential scope.
    pub(super) fn scope(&self) -> &str {
        match self {
            Self::V4(key) => key.scope(),
            #[cfg(feature = "sigv4a")]
            Self::V4a { scope, .. } => scope,
        }
    }

    /// The signature of a canonical request, of which `digest` is the SHA-256. `room` is some memory to write in.
    #[inline(always)]
    pub(super) fn sign(&self, date: &AmzDate, digest: &[u8; 32], room: &mut [u8]) -> Signature {
        let mut long = Vec::new();
        match self {
            Self::V4(key) => {
                let bytes = StringToSign::write(ALGORITHM, date, key.scope(), digest, room, &mut long);
                Signature::V4(Hex::of(&key.sign(bytes)))
            }
            #[cfg(feature = "sigv4a")]
            Self::V4a { scope, pair } => {
                let algorithm = crate::signature::ALGORITHM_V4A;
                let bytes = StringToSign::write(algorithm, date, scope, digest, room, &mut long);
                Signature::V4a(pair.sign(bytes).into())
            }
        }
    }
}

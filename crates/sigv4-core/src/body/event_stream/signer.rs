//! The chain of signatures over the messages of one stream.

use std::fmt;
use std::time::SystemTime;

use bytes::Bytes;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use percent_encoding::percent_decode_str;

use super::message::{Message, frame, put_headers};
use super::value::Value;
use crate::clock::AmzDate;
use crate::credentials::Credentials;
use crate::error::{Error, ErrorKind};
use crate::request::{Authorization, SigningParams};
use crate::signature::{ALGORITHM, Algorithm, CredentialScope, Hex, sha256};

/// Signs message after message: each signature covers the one before it, the first covers the request's own.
///
/// Each message carries the time at which it was signed. See the [module](super) for an example.
#[derive(Clone)]
pub struct EventSigner {
    credentials: Credentials,
    region: String,
    service: String,
    /// The signature before, in hex.
    previous: String,
}

impl EventSigner {
    /// A chain that begins at `seed`, the signature in hex of a request made with the same parameters.
    ///
    /// Errors as [`sign`](crate::request::sign) with those parameters; kind `Option` for SigV4a, in which no service
    /// takes event streams.
    pub fn new(params: &SigningParams<'_>, seed: &str) -> Result<Self, Error> {
        params.check()?;
        if params.algorithm != Algorithm::V4 {
            return Err(no_sigv4a());
        }
        Ok(Self {
            credentials: params.credentials.clone(),
            region: params.region.to_owned(),
            service: params.service.to_owned(),
            previous: seed.to_owned(),
        })
    }

    /// A chain that begins at the signature in a request's headers, which these credentials made.
    ///
    /// Errors: kind `Header` (not signed, or not readable), `Credentials` (signed with others), `Option` (SigV4a).
    pub fn of_request(credentials: &Credentials, headers: &HeaderMap) -> Result<Self, Error> {
        let unsigned =
            || Error::new(ErrorKind::Header, "the request that opens an event stream has to be signed first");
        let value = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).ok_or_else(unsigned)?;
        let parts = Authorization::parse(value)
            .map_err(|error| Error::new(ErrorKind::Header, error.to_string()).with_source(error))?;
        Self::after(credentials, parts.algorithm, parts.access_key_id, parts.scope, parts.signature)
    }

    /// A chain that begins at the signature of a presigned URL, such as that of a WebSocket. Errors as
    /// [`of_request`](Self::of_request), with kind `Request` where the URL is not signed.
    pub fn of_presigned(credentials: &Credentials, url: &str) -> Result<Self, Error> {
        let (_, query) = url.split_once('?').unwrap_or_default();
        let parameter = |name: &str| {
            let found =
                query.split('&').filter_map(|pair| pair.split_once('=')).find(|(key, _)| *key == name);
            found.map(|(_, value)| decoded(value)).ok_or_else(|| {
                Error::new(
                    ErrorKind::Request,
                    format!("the URL that opens an event stream has no {name}: presign it"),
                )
            })
        };
        let credential = parameter("X-Amz-Credential")?;
        let (access_key_id, scope) = credential.split_once('/').unwrap_or((&credential, ""));
        let (algorithm, signature) = (parameter("X-Amz-Algorithm")?, parameter("X-Amz-Signature")?);
        Self::after(credentials, &algorithm, access_key_id, scope, &signature)
    }

    fn after(
        credentials: &Credentials,
        algorithm: &str,
        access_key_id: &str,
        scope: &str,
        signature: &str,
    ) -> Result<Self, Error> {
        if algorithm != ALGORITHM {
            return Err(no_sigv4a());
        }
        if access_key_id != credentials.access_key_id() {
            return Err(Error::new(
                ErrorKind::Credentials,
                "the request that opens the event stream was signed with other credentials: pass the same",
            ));
        }
        let scope = CredentialScope::parse(scope)?;
        Ok(Self {
            credentials: credentials.clone(),
            region: scope.region.unwrap_or_default().to_owned(),
            service: scope.service.to_owned(),
            previous: signature.to_owned(),
        })
    }

    /// The next message, inside a signed one, as it goes on the wire.
    ///
    /// An error of kind `Payload` when it is over its limit; the chain stands where it stood then.
    pub fn sign(&mut self, message: &Message, now: SystemTime) -> Result<Bytes, Error> {
        self.sign_encoded(&message.encode()?, now)
    }

    /// As [`sign`](Self::sign), for a message that is encoded already.
    pub fn sign_encoded(&mut self, message: &[u8], now: SystemTime) -> Result<Bytes, Error> {
        let date = AmzDate::new(now)?;
        let mut date_header = Vec::with_capacity(16);
        put_headers(&[(":date".into(), Value::Timestamp(date.time()))], &mut date_header)?;
        let signature = self.signature(&date, &date_header, message);
        let mut headers = Vec::with_capacity(96);
        put_headers(&[(":chunk-signature".into(), Value::Bytes(signature.to_vec().into()))], &mut headers)?;
        headers.extend_from_slice(&date_header);
        let signed = frame(&headers, message)?;
        Hex::of(&signature).as_str().clone_into(&mut self.previous);
        Ok(signed)
    }

    /// The last message: signed, with nothing inside.
    pub fn finish(mut self, now: SystemTime) -> Result<Bytes, Error> {
        self.sign_encoded(&[], now)
    }

    /// The signature of the last message, or that of the request before the first, in hex.
    pub fn previous_signature(&self) -> &str {
        &self.previous
    }

    fn signature(&self, date: &AmzDate, date_header: &[u8], message: &[u8]) -> [u8; 32] {
        let scope = CredentialScope::new(date, &self.region, &self.service);
        let text = format!(
            "{ALGORITHM}-PAYLOAD\n{date}\n{scope}\n{}\n{}\n{}",
            self.previous,
            Hex::of(&sha256(date_header)),
            Hex::of(&sha256(message)),
        );
        let secret = self.credentials.secret_access_key();
        self.credentials.keys().get(secret, date, &self.region, &self.service).sign(text.as_bytes())
    }
}

fn decoded(value: &str) -> String {
    let bytes: Vec<u8> = percent_decode_str(value).collect();
    String::from_utf8_lossy(&bytes).into_owned()
}

fn no_sigv4a() -> Error {
    Error::new(
        ErrorKind::Option,
        "event streams are signed with SigV4: sign their request for one region, without a region set",
    )
}

impl fmt::Debug for EventSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventSigner")
            .field("region", &self.region)
            .field("service", &self.service)
            .finish_non_exhaustive()
    }
}

//! A signature taken apart into its steps, so that each can be taken in a wrong way.

use std::rc::Rc;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use sigv4_core::canonical::{CanonicalHeaders, CanonicalRequest};
use sigv4_core::flow::wire_path;
use sigv4_core::service::{PresignPayload, ServiceRules, TokenPlacement};
use sigv4_core::signature::{EMPTY_SHA256, Hex, sha256};

use crate::claim::Claim;
use crate::wire::Request;

/// 32 raw bytes to whatever the next step is given.
pub type Form = Rc<dyn Fn(&[u8; 32]) -> Vec<u8>>;

/// All that goes into a signature. The right one comes from [`Recipe::right`]; faults change parts of it.
#[derive(Clone)]
pub struct Recipe {
    pub method: String,
    pub path: String,
    pub query: String,
    /// Canonical headers: name and value, sorted.
    pub headers: Vec<(String, String)>,
    /// What stands between the last canonical header and the signed headers.
    pub after_headers: &'static str,
    pub signed_headers: String,
    pub payload_hash: String,
    /// What stands behind the canonical request.
    pub canonical_end: &'static str,
    pub line_break: &'static str,
    /// From the digest of the canonical request to the last line of the string to sign.
    pub digest: Form,
    /// Whether the canonical request itself is the last line, without being hashed.
    pub unhashed: bool,
    pub algorithm: String,
    /// Whether the string to sign begins with the algorithm.
    pub algorithm_line: bool,
    pub date: String,
    pub scope: String,
    /// What stands behind the string to sign.
    pub to_sign_end: &'static str,
    pub prefix: &'static str,
    pub secret: Vec<u8>,
    /// What the key is derived by: date, region, service, terminator.
    pub steps: Vec<String>,
    /// From each digest of the derivation to the next key, but for the last.
    pub between: Form,
    /// From the last digest of the derivation to the signing key.
    pub signing_key: Form,
    /// Whether each step of the derivation takes the message for the key and the key for the message.
    pub exchanged: bool,
    pub last: Last,
    /// From the last digest to the signature.
    pub signature: Form,
}

/// The last step.
#[derive(Clone, Copy)]
pub enum Last {
    /// The HMAC of the string to sign by the signing key.
    Hmac,
    /// The HMAC of the signing key by the string to sign.
    Exchanged,
    /// The SHA-256 of the string to sign.
    HashAlone,
}

pub fn raw(digest: &[u8; 32]) -> Vec<u8> {
    digest.to_vec()
}

pub fn hex(digest: &[u8; 32]) -> Vec<u8> {
    Hex::of(digest).as_str().as_bytes().to_vec()
}

impl Recipe {
    /// What the request has to be signed by.
    pub fn right(request: &Request, claim: &Claim, secret: &str) -> Self {
        let text = canonical(request, claim, &payload_hash(request, claim));
        // Method, path and query are one line each; headers end with an empty line.
        let mut lines = text.split('\n');
        let mut next = || lines.next().unwrap_or_default().to_owned();
        let (method, path, query) = (next(), next(), next());
        let headers = lines
            .by_ref()
            .take_while(|line| !line.is_empty())
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let mut next = || lines.next().unwrap_or_default().to_owned();
        Self {
            method,
            path,
            query,
            headers,
            after_headers: "\n",
            signed_headers: next(),
            payload_hash: next(),
            canonical_end: "",
            line_break: "\n",
            digest: Rc::new(hex),
            unhashed: false,
            algorithm: claim.algorithm.clone(),
            algorithm_line: true,
            date: claim.amz_date.clone(),
            scope: claim.scope(),
            to_sign_end: "",
            prefix: "AWS4",
            secret: secret.as_bytes().to_vec(),
            steps: vec![
                claim.scope_date.clone(),
                claim.region.clone(),
                claim.service.clone(),
                claim.terminator.clone(),
            ],
            between: Rc::new(raw),
            signing_key: Rc::new(raw),
            exchanged: false,
            last: Last::Hmac,
            signature: Rc::new(hex),
        }
    }

    pub fn canonical_request(&self) -> String {
        let headers: String = self.headers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
        let Self { method, path, query, after_headers, signed_headers, payload_hash, canonical_end, .. } =
            self;
        let text = format!(
            "{method}\n{path}\n{query}\n{headers}{after_headers}{signed_headers}\n{payload_hash}{canonical_end}"
        );
        text.replace('\n', self.line_break)
    }

    pub fn string_to_sign(&self) -> Vec<u8> {
        let canonical = self.canonical_request().into_bytes();
        let last = if self.unhashed { canonical } else { (self.digest)(&sha256(&canonical)) };
        let Self { algorithm, date, scope, .. } = self;
        let lines = [algorithm, date, scope].map(|line| format!("{line}{}", self.line_break));
        let lines = lines[usize::from(!self.algorithm_line)..].concat();
        [lines.as_bytes(), &last, self.to_sign_end.as_bytes()].concat()
    }

    /// The key that signs.
    pub fn key(&self) -> Vec<u8> {
        let mut key = [self.prefix.as_bytes(), &self.secret].concat();
        for (at, step) in self.steps.iter().enumerate() {
            let digest =
                if self.exchanged { hmac(step.as_bytes(), &key) } else { hmac(&key, step.as_bytes()) };
            key = if at + 1 == self.steps.len() {
                (self.signing_key)(&digest)
            } else {
                (self.between)(&digest)
            };
        }
        key
    }

    /// The signature of a string by a key, as it would stand in the request.
    pub fn finish(&self, key: &[u8], string_to_sign: &[u8]) -> Vec<u8> {
        (self.signature)(&match self.last {
            Last::Hmac => hmac(key, string_to_sign),
            Last::Exchanged => hmac(string_to_sign, key),
            Last::HashAlone => sha256(string_to_sign),
        })
    }
}

pub fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    // HMAC takes keys of any length: the error cannot come.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return Sha256::digest(message).into() };
    mac.update(message);
    mac.finalize().into_bytes().into()
}

/// The last line of the canonical request: from the header that says so, else by the service's rule.
pub fn payload_hash(request: &Request, claim: &Claim) -> String {
    if let Some(header) = request
        .header("x-amz-content-sha256")
        .or_else(|| request.parameter("X-Amz-Content-Sha256").filter(|_| claim.presigned).map(Into::into))
    {
        return header.into_owned();
    }
    let rules = ServiceRules::for_service(&claim.service);
    if claim.presigned && rules.presign_payload == PresignPayload::Unsigned {
        return "UNSIGNED-PAYLOAD".to_owned();
    }
    if request.body.is_empty() {
        return EMPTY_SHA256.to_owned();
    }
    Hex::of(&sha256(&request.body)).as_str().to_owned()
}

/// The canonical request as this workspace makes it, of the headers that the request lists as signed.
fn canonical(request: &Request, claim: &Claim, payload_hash: &str) -> String {
    let rules = ServiceRules::for_service(&claim.service);
    // What the service makes of the path that it was sent.
    let path = wire_path(&request.path, &rules);
    let names: Vec<String> = claim.names().map(str::to_ascii_lowercase).collect();
    let mut query =
        if claim.presigned { without(&request.query, "X-Amz-Signature") } else { request.query.clone() };
    if claim.presigned && rules.token == TokenPlacement::AppendedAfterSigning {
        query = without(&query, "X-Amz-Security-Token");
    }
    let mut headers = CanonicalHeaders::default();
    for name in &names {
        let mut found = false;
        for (_, value) in request.headers.iter().filter(|(other, _)| other.eq_ignore_ascii_case(name)) {
            headers.push(name, value.as_bytes());
            found = true;
        }
        if !found {
            headers.push(name, b"");
        }
    }
    headers.sort();
    CanonicalRequest {
        method: &request.method,
        path: path.as_deref().unwrap_or(&request.path),
        query: query.as_str().into(),
        normalize_path: rules.normalize_path,
        double_encode: rules.double_encode,
        headers: &headers,
        payload_hash,
    }
    .to_text()
}

/// A query string without the pairs of one name.
pub fn without(query: &str, name: &str) -> String {
    let other = |pair: &&str| !pair.split('=').next().unwrap_or_default().eq_ignore_ascii_case(name);
    query.split('&').filter(other).collect::<Vec<_>>().join("&")
}

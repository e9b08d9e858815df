//! A request's claim to be signed, from its head to its body.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::arrived::{Arrived, signed_names};
use super::carried::{self, Carried, Parameters};
use super::payload::PayloadClaim;
use super::rejection::{Reason, Rejection, Told, Wording};
use super::scope::{Credential, Served};
use super::verified::{Form, Inner, StreamSeed, Verified};
use super::verifier::Config;
use super::wire_form::check_method;
use crate::body::Payload;
use crate::canonical::{CanonicalRequest, HashSink, Sink};
use crate::clock::AmzDate;
use crate::credentials::Credentials;
use crate::error::{Error, ErrorKind};
use crate::request::{HeaderView, RequestView};
use crate::signature::{ALGORITHM, CredentialScope, Hex, SigningKey, StringToSign, sha256};

/// A request whose head is in order, by somebody who claims to hold a key. Nothing about the key is verified yet.
///
/// It borrows nothing from the request. From [`Verifier::read`](super::Verifier::read).
#[must_use = "a claim is not verified"]
pub struct Claim {
    config: Arc<Config>,
    /// The one reading of the clock.
    now: SystemTime,
    form: Form,
    access_key_id: String,
    served: Served,
    date: AmzDate,
    lifetime: Option<Duration>,
    signature: [u8; 32],
    token: Option<zeroize::Zeroizing<Vec<u8>>>,
    signed_headers: Vec<String>,
    payload: PayloadClaim,
    /// The canonical request but for its last line: hashed, and as text where it may be told.
    hashed: HashSink,
    text: Option<Vec<u8>>,
}

/// Reads a request's head, up to the point where the secret is needed.
pub(super) fn read<H: HeaderView + ?Sized>(
    config: &Arc<Config>,
    request: &RequestView<'_, H>,
) -> Result<Claim, Rejection> {
    let query = Parameters::look(request.query);
    let refuse = |form| move |reason| Rejection::new(reason, Wording { dialect: config.dialect(None), form });
    let likely = if query.is_signed() { Form::Presigned } else { Form::Header };
    let headers = Arrived::look(request.headers).map_err(refuse(likely))?;
    let form = carried::form(&headers, &query).map_err(refuse(likely))?;
    read_form(config, request, form, &headers, &query).map_err(refuse(form))
}

fn read_form<H: ?Sized>(
    config: &Arc<Config>,
    request: &RequestView<'_, H>,
    form: Form,
    headers: &Arrived<'_>,
    parameters: &Parameters<'_>,
) -> Result<Claim, Reason> {
    check_method(request.method)?;
    let carried = match form {
        Form::Header => Carried::in_headers(headers)?,
        Form::Presigned => Carried::in_query(headers, parameters)?,
    };
    if carried.algorithm != ALGORITHM {
        return Err(Reason::Algorithm(carried.algorithm.into_owned()));
    }
    let date = AmzDate::parse(&carried.date).map_err(|_| Reason::DateFormat(carried.date.to_string()))?;
    let credential = Credential::parse(&carried.credential)?;
    let served = credential.scope(&config.served, &date)?;
    let rules = config.rules(&served.service);
    let window = config.window();
    let lifetime = match (form, &carried.expires) {
        (Form::Presigned, Some(expires)) => Some(window.check_presigned(&date, expires)?),
        _ => window.check_header(&date).map(|()| None)?,
    };
    let signature = signature(&carried.signature)?;
    let payload = PayloadClaim::read(carried.content_sha256.as_deref(), form, &rules, config.payload)?;

    let wire_form = config.wire_form;
    wire_form.check_path(request.path, rules.normalize_path)?;
    wire_form.check_query(request.query)?;
    let query = match form {
        Form::Header => request.query.to_owned(),
        Form::Presigned => parameters.signed(rules.token),
    };
    wire_form.check_canonical_query(&query)?;
    let names = signed_names(&carried.signed_headers)?;
    let demanded = |name: &str| config.demanded.iter().any(|demanded| demanded == name);
    let view = RequestView { sign_host: config.host.as_deref().or(request.sign_host), ..*request };
    let host = headers.host(&view)?;
    let signed = headers.signed(&names, host, demanded, wire_form)?;

    let canonical = CanonicalRequest {
        method: request.method,
        path: request.path,
        query: &query,
        normalize_path: rules.normalize_path,
        double_encode: rules.double_encode,
        headers: signed,
        payload_hash: "",
    };
    let mut hashed = HashSink::new();
    canonical.put(&mut hashed);
    let text = config.details.then(|| {
        let mut text = Vec::with_capacity(512);
        canonical.put(&mut text);
        text
    });
    Ok(Claim {
        config: Arc::clone(config),
        now: window.now,
        form,
        access_key_id: credential.access_key_id.to_owned(),
        served: served.clone(),
        date,
        lifetime,
        signature,
        token: carried.token.map(|token| zeroize::Zeroizing::new(token.into_owned())),
        signed_headers: names.iter().map(|name| (*name).to_owned()).collect(),
        payload,
        hashed,
        text,
    })
}

/// 64 lower-case hex digits: one signature is written one way. Anything else is a wrong signature.
fn signature(text: &str) -> Result<[u8; 32], Reason> {
    let mut bytes = [0; 32];
    match hex::decode_to_slice(text, &mut bytes) {
        Ok(()) if Hex::of(&bytes).as_str() == text => Ok(bytes),
        _ => Err(Reason::SignatureForm),
    }
}

impl Claim {
    /// Whose key the request claims to be signed with.
    pub fn access_key_id(&self) -> &str {
        &self.access_key_id
    }

    /// What it claims of its body.
    pub fn payload(&self) -> &PayloadClaim {
        &self.payload
    }

    /// Checks the claim against the credentials of its access key id, or `None` if there are none: expiry, session
    /// token, and the signature, unless that waits for the body ([`PayloadClaim::Body`]).
    pub fn check_key(self, credentials: Option<&Credentials>) -> Result<SignedHead, Rejection> {
        match self.key(credentials) {
            Ok(key) => SignedHead::new(self, key),
            Err(reason) => Err(self.refuse(reason)),
        }
    }

    fn key(&self, credentials: Option<&Credentials>) -> Result<SigningKey, Reason> {
        let credentials = credentials.ok_or_else(|| Reason::UnknownKey(self.access_key_id.clone()))?;
        if credentials.access_key_id() != self.access_key_id {
            return Err(Reason::Internal(Error::new(
                ErrorKind::Credentials,
                "find_credentials returned the credentials of another access key id",
            )));
        }
        if credentials.is_expired(self.now) {
            return Err(Reason::ExpiredToken);
        }
        let Served { service, region } = &self.served;
        let secret = credentials.secret_access_key();
        let key = credentials.keys().get(secret, &self.date, region, service).clone();
        let token_fits = match (credentials.session_token(), &self.token) {
            (None, None) => true,
            // A MAC of each, so that the comparison takes the same time wherever they differ.
            (Some(expected), Some(given)) => key.verify(given, &key.sign(expected.as_bytes())),
            _ => false,
        };
        if token_fits { Ok(key) } else { Err(Reason::InvalidToken) }
    }

    fn scope(&self) -> CredentialScope<'_> {
        CredentialScope::new(&self.date, &self.served.region, &self.served.service)
    }

    fn string_to_sign(&self, digest: [u8; 32]) -> StringToSign<'_> {
        StringToSign { algorithm: ALGORITHM, date: &self.date, scope: self.scope(), digest }
    }

    pub(super) fn refuse(&self, reason: Reason) -> Rejection {
        let dialect = self.config.dialect(Some(&self.served.service));
        Rejection::new(reason, Wording { dialect, form: self.form })
    }

    /// The canonical request that ends in `last_line`, and its string to sign, where these may be told.
    fn told(&self, last_line: &str) -> Option<Box<Told>> {
        let mut canonical_request = self.text.clone()?;
        canonical_request.put(last_line.as_bytes());
        let string_to_sign = self.string_to_sign(sha256(&canonical_request)).to_text();
        Some(Box::new(Told {
            canonical_request,
            string_to_sign,
            access_key_id: self.access_key_id.clone(),
            signature: Hex::of(&self.signature),
        }))
    }
}

impl fmt::Debug for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claim")
            .field("access_key_id", &self.access_key_id)
            .field("scope", &self.scope().to_string())
            .field("form", &self.form)
            .field("payload", &self.payload)
            .finish_non_exhaustive()
    }
}

/// A request whose head is verified, or that has to show its body first. What is left to check is the body.
#[must_use = "the body is not verified"]
pub struct SignedHead {
    claim: Claim,
    key: SigningKey,
}

impl SignedHead {
    fn new(mut claim: Claim, key: SigningKey) -> Result<Self, Rejection> {
        if let Some(line) = claim.payload.line() {
            check_signature(&mut claim, &key, &line)?;
        }
        Ok(Self { claim, key })
    }

    /// What the request says of its body: whether it has to be read whole.
    pub fn payload(&self) -> &PayloadClaim {
        &self.claim.payload
    }

    /// Checks the body: that of [`Payload::bytes`], or its hash as [`Payload::precomputed`]. Where the signature
    /// does not cover the body (see [`PayloadClaim::needs_body`]) `payload` is not looked at.
    pub fn check_body(mut self, payload: Payload<'_>) -> Result<Verified, Rejection> {
        if self.claim.payload.needs_body() {
            if !payload.is_plain_hash() {
                let error = Error::new(
                    ErrorKind::Payload,
                    "a verifier needs the body or its SHA-256: give Payload::bytes or Payload::precomputed",
                );
                return Err(self.refuse(Reason::Internal(error)));
            }
            let computed = match payload.hash() {
                Ok(hash) => hash.as_str().to_owned(),
                Err(error) => return Err(self.refuse(Reason::Internal(error))),
            };
            match self.claim.payload.line() {
                None => check_signature(&mut self.claim, &self.key, &computed)?,
                Some(claimed) if claimed != computed => {
                    let told = self.claim.told(&computed);
                    return Err(self.refuse(Reason::BodyMismatch { claimed, computed, told }));
                }
                Some(_) => {}
            }
        }
        Ok(self.verified())
    }

    pub(super) fn refuse(&self, reason: Reason) -> Rejection {
        self.claim.refuse(reason)
    }

    fn verified(self) -> Verified {
        let Self { claim, key } = self;
        let Served { service, region } = claim.served;
        let stream = matches!(claim.payload, PayloadClaim::Streaming(_)).then(|| StreamSeed {
            signature: Hex::of(&claim.signature),
            key,
            date: claim.date,
            service: service.clone(),
            region: region.clone(),
        });
        Verified(Arc::new(Inner {
            access_key_id: claim.access_key_id,
            service,
            region,
            date: claim.date,
            form: claim.form,
            lifetime: claim.lifetime,
            signed_headers: claim.signed_headers,
            payload: claim.payload,
            stream,
        }))
    }
}

impl fmt::Debug for SignedHead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SignedHead").field(&self.claim).finish()
    }
}

/// Checks the signature, in constant time, over the canonical request that ends in `last_line`.
fn check_signature(claim: &mut Claim, key: &SigningKey, last_line: &str) -> Result<(), Rejection> {
    let mut hashed = std::mem::replace(&mut claim.hashed, HashSink::new());
    hashed.put(last_line.as_bytes());
    let string_to_sign = claim.string_to_sign(hashed.finish()).bytes();
    if key.verify(&string_to_sign, &claim.signature) {
        Ok(())
    } else {
        Err(claim.refuse(Reason::SignatureMismatch(claim.told(last_line))))
    }
}

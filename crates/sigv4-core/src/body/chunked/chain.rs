//! The strings to sign of one body: each holds the signature before it.

use crate::clock::AmzDate;
use crate::signature::{CredentialScope, EMPTY_SHA256, Hex};

/// What a string to sign is about: the end of its first line. Both are of one length.
const PAYLOAD: &[u8; 7] = b"PAYLOAD";
const TRAILER: &[u8; 7] = b"TRAILER";

/// Strings to sign, one after the other, in one buffer.
#[derive(Clone)]
pub(super) struct Chain {
    /// The lines that all of them begin with, and the rest of the last one.
    text: Vec<u8>,
    fixed: usize,
    /// Where in `text` the word [`PAYLOAD`] or [`TRAILER`] stands.
    about: usize,
    /// The signature before, in hex, without padding.
    previous: String,
}

impl Chain {
    /// `algorithm` is the name of the request's own, `date` and `scope` those of the request, `seed` its signature.
    pub(super) fn new(algorithm: &str, date: &AmzDate, scope: CredentialScope<'_>, seed: &str) -> Self {
        let mut text = Vec::with_capacity(384);
        text.extend_from_slice(algorithm.as_bytes());
        text.push(b'-');
        text.extend_from_slice(PAYLOAD);
        text.push(b'\n');
        text.extend_from_slice(date.as_str().as_bytes());
        text.push(b'\n');
        scope.write(|part| text.extend_from_slice(part.as_bytes()));
        text.push(b'\n');
        Self { fixed: text.len(), text, about: algorithm.len() + 1, previous: seed.to_owned() }
    }

    /// The string to sign of the next chunk, given the SHA-256 of its data.
    pub(super) fn chunk(&mut self, sha256: &[u8; 32]) -> &[u8] {
        self.begin(PAYLOAD);
        self.text.extend_from_slice(EMPTY_SHA256.as_bytes());
        self.text.push(b'\n');
        self.end(sha256)
    }

    /// The string to sign of the trailers, given the SHA-256 of their canonical form.
    pub(super) fn trailer(&mut self, sha256: &[u8; 32]) -> &[u8] {
        self.begin(TRAILER);
        self.end(sha256)
    }

    /// Goes on to the next string to sign.
    pub(super) fn follow(&mut self, signature: &str) {
        self.previous.clear();
        self.previous.push_str(signature);
    }

    fn begin(&mut self, about: &[u8; 7]) {
        self.text.truncate(self.fixed);
        self.text[self.about..self.about + about.len()].copy_from_slice(about);
        self.text.extend_from_slice(self.previous.as_bytes());
        self.text.push(b'\n');
    }

    fn end(&mut self, sha256: &[u8; 32]) -> &[u8] {
        self.text.extend_from_slice(Hex::of(sha256).as_str().as_bytes());
        &self.text
    }
}

//! The credential scope: what a signing key is good for.

use std::fmt;

use crate::canonical::encode::are_unreserved;
use crate::clock::AmzDate;
use crate::error::{Error, ErrorKind};

/// The last part of every credential scope.
pub(crate) const TERMINATOR: &str = "aws4_request";

/// Date, region and service that a signature is good for, written `20150830/us-east-1/iam/aws4_request`.
///
/// SigV4a leaves the region out (its region set travels in a header): `20150830/iam/aws4_request`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CredentialScope<'a> {
    /// `YYYYMMDD`.
    pub date: &'a str,
    /// The region, absent in SigV4a.
    pub region: Option<&'a str>,
    /// The service's signing name.
    pub service: &'a str,
}

impl<'a> CredentialScope<'a> {
    /// The scope of SigV4.
    pub fn new(date: &'a AmzDate, region: &'a str, service: &'a str) -> Self {
        Self { date: date.date(), region: Some(region), service }
    }

    /// The scope of SigV4a.
    pub fn without_region(date: &'a AmzDate, service: &'a str) -> Self {
        Self { date: date.date(), region: None, service }
    }

    /// Reads a scope with a region. An error of kind `Verification` for anything else.
    pub fn parse(text: &'a str) -> Result<Self, Error> {
        let mut parts = text.split('/');
        match (parts.next(), parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some(date), Some(region), Some(service), Some(TERMINATOR), None)
                if date.len() == 8 && date.bytes().all(|b| b.is_ascii_digit()) =>
            {
                Ok(Self { date, region: Some(region), service })
            }
            _ => Err(Error::new(
                ErrorKind::Verification,
                "the credential scope is not of the form YYYYMMDD/region/service/aws4_request",
            )),
        }
    }

    /// Hands the parts and the slashes between them to `put`, in order.
    pub(crate) fn write(&self, mut put: impl FnMut(&str)) {
        put(self.date);
        put("/");
        if let Some(region) = self.region {
            put(region);
            put("/");
        }
        put(self.service);
        put("/");
        put(TERMINATOR);
    }
}

impl fmt::Display for CredentialScope<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut result = Ok(());
        self.write(|part| result = result.and_then(|()| f.write_str(part)));
        result
    }
}

/// Refuses a region or service that would break the scope or a header, and names it.
pub(crate) fn check_part(name: &str, value: &str) -> Result<(), Error> {
    // All that are known hold nothing else.
    if !value.is_empty() && are_unreserved(value.as_bytes()) {
        return Ok(());
    }
    let problem = if value.is_empty() {
        "is empty"
    } else if value.contains(['/', ',']) {
        "holds '/' or ','"
    } else if value.chars().any(|c| c.is_whitespace() || c.is_control()) {
        "holds white space or a line break"
    } else if !value.is_ascii() {
        "holds a character outside ASCII"
    } else {
        return Ok(());
    };
    Err(Error::new(
        ErrorKind::Option,
        format!("the {name} {value:?} {problem}: give it as in \"us-east-1\" or \"s3\""),
    ))
}

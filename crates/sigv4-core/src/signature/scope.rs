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
    let is_swapped = name == SERVICE && is_like_a_region(value);
    // All that are known hold nothing else.
    if !value.is_empty() && are_unreserved(value.as_bytes()) && !is_swapped {
        return Ok(());
    }
    let problem = if value.is_empty() {
        "is empty"
    } else if is_swapped {
        "looks like a region, which comes after the service"
    } else if value.contains(['/', ',']) {
        "holds '/' or ','"
    } else if value.chars().any(|c| c.is_whitespace() || c.is_control()) {
        "holds white space or a line break"
    } else if !value.is_ascii() {
        "holds a character outside ASCII"
    } else {
        return Ok(());
    };
    let example = if name == SERVICE {
        "its signing name, as in \"s3\" or \"execute-api\""
    } else {
        "it as in \"us-east-1\""
    };
    Err(Error::new(ErrorKind::Option, format!("the {name} {value:?} {problem}: give {example}")))
}

/// What [`check_part`] calls the service.
const SERVICE: &str = "service";

/// `us-east-1`, `us-gov-west-1`: no service has such a name.
fn is_like_a_region(value: &str) -> bool {
    let is_word = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase());
    let mut parts = value.split('-');
    let (first, last) = (parts.next().unwrap_or_default(), parts.next_back().unwrap_or_default());
    let words = parts.clone().count();
    first.len() == 2
        && is_word(first)
        && (1..=2).contains(&words)
        && parts.all(is_word)
        && matches!(last.as_bytes(), [digit] if digit.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_is_no_service() {
        for region in ["us-east-1", "eu-central-2", "us-gov-west-1", "us-iso-east-1", "ap-southeast-5"] {
            let error = check_part("service", region).unwrap_err();
            assert!(error.to_string().contains("looks like a region"), "{error}");
            check_part("region", region).unwrap();
        }
        for service in [
            "s3",
            "execute-api",
            "vpc-lattice-svcs",
            "s3-outposts",
            "es",
            "a4b",
            "ec2-1",
            "my-own-1b",
            "x-east-1",
        ] {
            check_part("service", service).unwrap();
        }
        let error = check_part("region", "").unwrap_err().to_string();
        assert_eq!(error, "the region \"\" is empty: give it as in \"us-east-1\"");
    }
}

//! Region and service, read from a host.

use std::borrow::Cow;

use super::zone::Zone;
use super::{aws, compatible, host};

/// What a host says about the scope that its requests must be signed for.
///
/// ```
/// use sigv4_core::service::{Operator, infer};
///
/// let scope = infer("photos.s3.eu-central-1.amazonaws.com", "/cat.jpg").unwrap();
/// assert_eq!((scope.service, &*scope.region), ("s3", "eu-central-1"));
/// assert_eq!(scope.operator, Operator::Aws);
/// assert!(!scope.sigv4a);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct InferredScope<'a> {
    /// The service's signing name.
    pub service: &'static str,
    /// The region, in lower case; the region set, if [`sigv4a`](Self::sigv4a) is set.
    pub region: Cow<'a, str>,
    /// Whether the host takes SigV4a signatures only. The region is then the set to sign for, `*`.
    pub sigv4a: bool,
    /// Who runs the service, and so who would be handed the session token.
    pub operator: Operator,
}

/// Who runs a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Operator {
    /// Amazon Web Services, in any of its partitions.
    Aws,
    /// Backblaze B2.
    Backblaze,
    /// Cloudflare R2.
    Cloudflare,
    /// DigitalOcean Spaces.
    DigitalOcean,
    /// Google Cloud Storage, through its XML API and HMAC keys.
    Google,
    /// Scaleway Object Storage.
    Scaleway,
    /// Wasabi.
    Wasabi,
}

impl<'a> InferredScope<'a> {
    pub(super) fn new(service: &'static str, region: &'a str, operator: Operator) -> Self {
        Self { service, region: Cow::Borrowed(region), sigv4a: false, operator }
    }

    /// Any region, signed with SigV4a.
    pub(super) fn everywhere(service: &'static str) -> Self {
        Self { service, region: Cow::Borrowed("*"), sigv4a: true, operator: Operator::Aws }
    }

    /// The same scope, borrowing nothing.
    #[must_use]
    pub fn into_owned(self) -> InferredScope<'static> {
        InferredScope {
            service: self.service,
            region: Cow::Owned(self.region.into_owned()),
            sigv4a: self.sigv4a,
            operator: self.operator,
        }
    }
}

/// Reads service and region from the host that a request goes to, as it stands in the URL or the `host`
/// header: a port, upper case and the root's dot are taken as they come. `path` is the raw path of the
/// request; on a few AWS IoT and Location hosts it decides between two services.
///
/// `None` for every host that is not exactly of a known form. That goes for addresses, internationalised
/// names, hosts that only resemble AWS's, AWS hosts that take no signature (S3 websites, ECR registries) and
/// those that do not tell the region (S3 Transfer Acceleration).
///
/// A scope says what to sign for, not whom to trust: anyone can own a bucket, an API or a function, and most
/// of them see the headers that they are sent. Allow the services that are meant, and no other.
///
/// Source: the endpoint rules of the AWS SDKs and the services' own documentation.
///
/// ```
/// use sigv4_core::service::infer;
///
/// let found = |host| infer(host, "/").map(|scope| (scope.service, scope.region.into_owned()));
///
/// assert_eq!(found("email.eu-west-1.amazonaws.com"), Some(("ses", "eu-west-1".to_owned())));
/// assert_eq!(found("a1b2c3.execute-api.us-east-2.amazonaws.com:443"), Some(("execute-api", "us-east-2".to_owned())));
/// // The bucket is called `us-west-2`, and that says nothing about where it is.
/// assert_eq!(found("us-west-2.s3.eu-north-1.amazonaws.com"), Some(("s3", "eu-north-1".to_owned())));
///
/// assert_eq!(found("s3.amazonaws.com.example.net"), None);
/// assert_eq!(found("photos.s3-website.eu-central-1.amazonaws.com"), None);
/// ```
#[must_use]
pub fn infer<'a>(host: &'a str, path: &str) -> Option<InferredScope<'a>> {
    match host::name(host)? {
        Cow::Borrowed(host) => from_name(host, path),
        Cow::Owned(host) => from_name(&host, path).map(InferredScope::into_owned),
    }
}

fn from_name<'a>(host: &'a str, path: &str) -> Option<InferredScope<'a>> {
    match Zone::of(host) {
        Some((zone, name)) => aws::scope(zone, name, path),
        None => compatible::scope(host),
    }
}

//! `rusty-s3`, which presigns.

use std::time::Duration;

use rusty_s3::{Bucket, Credentials, S3Action, UrlStyle};

use super::in_query;
use crate::compare::workload::{ACCESS_KEY_ID, Cover, REGION, SECRET_ACCESS_KEY, Sample, Workload};

/// Its bucket and credentials.
pub struct RustyS3 {
    bucket: Bucket,
    credentials: Credentials,
    expires: Duration,
}

impl super::Signer for RustyS3 {
    const NAME: &'static str = "rusty-s3";

    /// A key, and the URL that comes of it.
    type Input = (String, Option<url::Url>);

    fn new(workload: &Workload) -> Option<Self> {
        let Cover::Presigned(expires) = workload.cover else { return None };
        let (name, host) = workload.host.split_once('.')?;
        let endpoint = format!("https://{host}").parse().ok()?;
        let bucket = Bucket::new(endpoint, UrlStyle::VirtualHost, name.to_owned(), REGION).ok()?;
        let credentials = match &workload.session_token {
            Some(token) => Credentials::new_with_token(ACCESS_KEY_ID, SECRET_ACCESS_KEY, token.clone()),
            None => Credentials::new(ACCESS_KEY_ID, SECRET_ACCESS_KEY),
        };
        Some(Self { bucket, credentials, expires })
    }

    fn input(&self, sample: &Sample) -> Self::Input {
        (sample.path.trim_start_matches('/').to_owned(), None)
    }

    fn sign(&self, (key, url): &mut Self::Input) {
        *url = Some(self.bucket.get_object(Some(&self.credentials), key).sign(self.expires));
    }

    fn signed(&self, (_, url): &Self::Input) -> (String, String) {
        url.as_ref().map(|url| in_query(url.as_str())).unwrap_or_default()
    }
}

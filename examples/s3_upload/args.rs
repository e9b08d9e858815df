//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use http::Uri;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sigv4_core::body::ChecksumAlgorithm;
use sigv4_examples::Failure;

pub const USAGE: &str = "usage: s3_upload [FILE s3://BUCKET/KEY] [--endpoint-url URL] [--region REGION]
                 [--checksum crc32|crc32c|crc64nvme|sha1|sha256] [--expires SECONDS]
Without FILE, a file of zeros goes to a server inside this program.";

/// What stays as it is in the path of an object.
const KEY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

#[derive(Debug)]
pub struct Args {
    /// What to upload, and where to; `None` for the embedded server.
    pub upload: Option<(PathBuf, Object)>,
    pub endpoint: Option<String>,
    pub region: Option<String>,
    pub checksum: ChecksumAlgorithm,
    /// How long the link is good for.
    pub expires: Duration,
}

/// Where an object lies.
#[derive(Debug, Clone, PartialEq)]
pub struct Object {
    pub bucket: String,
    pub key: String,
}

impl Args {
    /// `None` where help was asked for.
    pub fn parse(mut parser: lexopt::Parser) -> Result<Option<Self>, Failure> {
        use lexopt::prelude::*;

        let (mut file, mut object) = (None, None);
        let mut args = Self {
            upload: None,
            endpoint: None,
            region: None,
            checksum: ChecksumAlgorithm::Crc64Nvme,
            expires: Duration::from_secs(3600),
        };
        while let Some(argument) = parser.next()? {
            match argument {
                Long("endpoint-url") => args.endpoint = Some(endpoint(parser.value()?.string()?)?),
                Long("region") => args.region = Some(parser.value()?.string()?),
                Long("checksum") => args.checksum = parser.value()?.string()?.parse()?,
                Long("expires") => args.expires = lifetime(parser.value()?.parse()?)?,
                Short('h') | Long("help") => return Ok(None),
                Value(value) if file.is_none() => file = Some(PathBuf::from(value)),
                Value(value) if object.is_none() => object = Some(Object::parse(&value.string()?)?),
                other => return Err(other.unexpected().into()),
            }
        }
        args.upload = match (file, object) {
            (Some(file), Some(object)) => Some((file, object)),
            (None, _) if args.endpoint.is_none() => None,
            (None, _) => return Err("FILE is missing: say what to upload to the endpoint".into()),
            (Some(_), None) => {
                return Err("s3://BUCKET/KEY is missing: say where to upload the file to".into());
            }
        };
        Ok(Some(args))
    }
}

fn endpoint(url: String) -> Result<String, Failure> {
    if url.starts_with("http://") || url.starts_with("https://") {
        Ok(url)
    } else {
        Err(format!("--endpoint-url {url:?}: write it as http://HOST:PORT or https://HOST").into())
    }
}

/// As long as a link can be good for, in seconds: to be told before a large file is on its way.
fn lifetime(seconds: u64) -> Result<Duration, Failure> {
    match seconds {
        1..=604_800 => Ok(Duration::from_secs(seconds)),
        _ => Err(format!("--expires {seconds}: a link is good for 1 to 604800 seconds, a week").into()),
    }
}

/// Whether a name is made of what S3 has in names of buckets: nothing that means something else in a host or a path.
fn is_bucket(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte))
}

impl Object {
    fn parse(url: &str) -> Result<Self, Failure> {
        match url.strip_prefix("s3://").and_then(|rest| rest.split_once('/')) {
            Some((bucket, key)) if is_bucket(bucket) && !key.is_empty() => {
                // reqwest would leave them out, and store another object than the one named.
                if key.split('/').any(|segment| matches!(segment, "." | "..")) {
                    return Err(
                        format!("the key {key:?} has a segment . or .., which reqwest cannot send").into()
                    );
                }
                Ok(Self { bucket: bucket.to_owned(), key: key.to_owned() })
            }
            _ => Err(format!("{url:?} is not of the form s3://BUCKET/KEY").into()),
        }
    }

    /// Its URL: below the endpoint if one is given, else on a host of its bucket, which TLS allows for names without dots.
    pub fn url(&self, endpoint: Option<&str>, region: &str) -> Result<Uri, Failure> {
        let Self { bucket, key } = self;
        let key = utf8_percent_encode(key, KEY);
        let url = match endpoint {
            Some(endpoint) => format!("{}/{bucket}/{key}", endpoint.trim_end_matches('/')),
            None if bucket.contains('.') => format!("https://s3.{region}.amazonaws.com/{bucket}/{key}"),
            None => format!("https://{bucket}.s3.{region}.amazonaws.com/{key}"),
        };
        url.parse().map_err(|error| format!("the URL {url}: {error}").into())
    }
}

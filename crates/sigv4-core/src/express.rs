//! S3 Express One Zone: which requests are signed with a session of their bucket, and the sessions kept for them.
//!
//! A directory bucket hands out sessions of 5 minutes (`CreateSession`, signed with IAM credentials), so that it need not
//! check IAM for each object. [`Signer::with_express_sessions`](crate::Signer::with_express_sessions) turns this on.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-express-create-session.html>

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use async_trait::async_trait;
use http::{HeaderMap, Method, Uri};

use crate::credentials::{CredentialCache, Credentials, ProvideCredentials};
use crate::error::{Error, ErrorKind};
use crate::signer::Location;

/// The signing name of S3 Express.
pub(crate) const SERVICE: &str = "s3express";

/// Makes sessions with directory buckets, over some HTTP client. `sigv4-credentials` has one over the user's own.
#[async_trait]
pub trait CreateSession: Send + Sync {
    /// Sends `GET uri`, signed with `identity` for the service `s3express` in `region`, and returns the credentials in
    /// the answer, with their token and expiry. They are kept and renewed by the caller.
    ///
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateSession.html>
    async fn create_session(
        &self,
        uri: &Uri,
        region: &str,
        identity: &Credentials,
    ) -> Result<Credentials, Error>;
}

/// The sessions of one signer: a cache for each bucket and the IAM credentials that it was opened with.
#[derive(Clone)]
pub(crate) struct ExpressSessions {
    create: Arc<dyn CreateSession>,
    /// Newest first.
    kept: Arc<Sessions>,
}

#[derive(Default)]
struct Sessions {
    list: ArcSwap<Vec<Arc<Entry>>>,
    /// Held while one is added, so that a bucket gets one cache, and with it one `CreateSession` at a time.
    adding: Mutex<()>,
}

/// Past this many buckets the one added first is forgotten, and would be asked for a new session.
const KEPT: usize = 64;

struct Entry {
    bucket: Bucket,
    region: String,
    identity: CredentialCache,
    cache: CredentialCache,
}

impl ExpressSessions {
    pub(crate) fn new(create: impl CreateSession + 'static) -> Self {
        Self { create: Arc::new(create), kept: Arc::default() }
    }

    /// The session of a bucket, kept with the settings of `identity`, whose credentials open it.
    pub(crate) fn cache(&self, bucket: Bucket, region: &str, identity: &CredentialCache) -> CredentialCache {
        let wanted = |entry: &Arc<Entry>| {
            entry.bucket == bucket && entry.region == region && entry.identity.is_like(identity)
        };
        let find =
            || self.kept.list.load().iter().find(|entry| wanted(entry)).map(|entry| entry.cache.clone());
        if let Some(found) = find() {
            return found;
        }
        let _adding = self.kept.adding.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = find() {
            return found;
        }
        let session = Session {
            create: Arc::clone(&self.create),
            uri: bucket.session_uri(),
            region: region.to_owned(),
            identity: identity.clone(),
        };
        let cache = identity.around(session);
        let entry =
            Entry { bucket, region: region.to_owned(), identity: identity.clone(), cache: cache.clone() };
        let kept = self.kept.list.load();
        let list = [Arc::new(entry)].into_iter().chain(kept.iter().take(KEPT - 1).cloned()).collect();
        self.kept.list.store(Arc::new(list));
        cache
    }
}

impl fmt::Debug for ExpressSessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let buckets: Vec<_> = self.kept.list.load().iter().map(|entry| entry.bucket.clone()).collect();
        f.debug_struct("ExpressSessions").field("buckets", &buckets).finish_non_exhaustive()
    }
}

/// Opens the sessions of one bucket.
struct Session {
    create: Arc<dyn CreateSession>,
    uri: Result<Uri, Error>,
    region: String,
    identity: CredentialCache,
}

#[async_trait]
impl ProvideCredentials for Session {
    async fn provide_credentials(&self) -> Result<Credentials, Error> {
        let uri = self.uri.as_ref().map_err(Clone::clone)?;
        let identity = self.identity.provide_credentials().await?;
        let session = self.create.create_session(uri, &self.region, &identity).await?;
        if session.session_token().is_none() || session.expiry().is_none() {
            return Err(Error::new(
                ErrorKind::Credentials,
                "CreateSession gave credentials without a token or an expiry, which are no session",
            ));
        }
        Ok(session.with_source("S3 Express session").into_s3_session())
    }
}

/// A directory bucket, as it is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bucket {
    scheme: Box<str>,
    host: Box<str>,
    /// Its name, where that is the first segment of the path: at endpoints of one's own.
    in_path: Option<Box<str>>,
}

impl Bucket {
    /// The bucket that a request goes to, if it is one that a session is for. CreateSession, HeadBucket, CopyObject and
    /// UploadPartCopy are signed with IAM credentials, and so is all that goes to the control endpoint.
    pub(crate) fn of(method: &Method, location: &Location<'_>, headers: &HeaderMap) -> Option<Self> {
        let host = location.host?;
        let (bucket, key) = if is_bucket_host(host) {
            (None, location.path.strip_prefix('/').unwrap_or(location.path))
        } else {
            let path = location.path.strip_prefix('/')?;
            let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
            (Some(is_bucket(bucket).then_some(bucket)?), key)
        };
        let creates = location.query.split('&').any(|pair| pair == "session" || pair.starts_with("session="));
        let needs_iam = (key.is_empty() && (creates || method == Method::HEAD))
            || headers.contains_key("x-amz-copy-source")
            || host.starts_with("s3express-control.");
        (!needs_iam).then(|| Self {
            scheme: location.scheme.into(),
            host: host.into(),
            in_path: bucket.map(Into::into),
        })
    }

    /// Where a session is created.
    fn session_uri(&self) -> Result<Uri, Error> {
        let Self { scheme, host, in_path } = self;
        let scheme = if scheme.is_empty() { "https" } else { scheme };
        let bucket = in_path.as_deref().unwrap_or_default();
        format!("{scheme}://{host}/{bucket}?session").parse().map_err(|error: http::uri::InvalidUri| {
            Error::new(
                ErrorKind::Request,
                format!("the host {host:?} is not one that a session can be asked of"),
            )
            .with_source(error)
        })
    }
}

/// Whether a host is that of one directory bucket: `bucket--zone--x-s3.s3express-zone.region.amazonaws.com`.
fn is_bucket_host(host: &str) -> bool {
    host.split_once('.').is_some_and(|(bucket, rest)| is_bucket(bucket) && rest.starts_with("s3express-"))
}

/// Whether a name is that of a directory bucket, or of an access point to one.
fn is_bucket(name: &str) -> bool {
    name.ends_with("--x-s3") || name.ends_with("--xa-s3")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bucket(method: Method, uri: &str, copies: bool) -> Option<String> {
        let uri: Uri = uri.parse().unwrap();
        let mut headers = HeaderMap::new();
        if copies {
            headers.insert("x-amz-copy-source", http::HeaderValue::from_static("/other/key"));
        }
        let bucket = Bucket::of(&method, &Location::of(&uri).unwrap(), &headers)?;
        Some(bucket.session_uri().unwrap().to_string())
    }

    #[test]
    fn a_session_is_for_the_objects_of_a_directory_bucket() {
        const HOST: &str = "https://b--usw2-az1--x-s3.s3express-usw2-az1.us-west-2.amazonaws.com";
        let session = Some(format!("{HOST}/?session"));
        let (get, put, head) = (Method::GET, Method::PUT, Method::HEAD);
        for (method, path, copies, expected) in [
            (&get, "/key", false, &session),
            (&put, "/a/b?partNumber=1", false, &session),
            (&head, "/key", false, &session),
            (&get, "/?list-type=2", false, &session),
            (&get, "/key?sessions", false, &session),
            (&get, "/?session", false, &None),
            (&head, "/", false, &None),
            (&put, "/key", true, &None),
        ] {
            assert_eq!(
                &bucket(method.clone(), &format!("{HOST}{path}"), copies),
                expected,
                "{method} {path}"
            );
        }
    }

    #[test]
    fn endpoints_of_ones_own_have_the_bucket_in_the_path() {
        let at = |path: &str| bucket(Method::GET, &format!("http://127.0.0.1:9000{path}"), false);
        assert_eq!(at("/b--z--x-s3/key").as_deref(), Some("http://127.0.0.1:9000/b--z--x-s3?session"));
        assert_eq!(at("/bucket/key"), None);
        assert_eq!(at("/b--z--x-s3?session"), None);
        let control = "https://s3express-control.us-west-2.amazonaws.com/b--usw2-az1--x-s3";
        assert_eq!(bucket(Method::PUT, control, false), None);
    }
}

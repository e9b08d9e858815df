//! What a request waits for before it is signed: each step within the request's deadline, each failure told to the outcome hook.

use bytes::Bytes;
use http::HeaderMap;
use http_body::Body;

use super::{Outcome, Signer};
use crate::error::Error;
use crate::flow::{self, Collect, Deadline, Step, sha256};

impl Signer {
    /// Reads a body that is to be hashed. For adapters; errors as for [`Collect::bytes`], and `Timeout`.
    pub async fn read_body<B>(
        &self,
        deadline: &mut Deadline,
        body: &mut Collect<B>,
        limit: u64,
    ) -> Result<Bytes, Error>
    where
        B: Body<Data = Bytes> + Unpin,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let read = deadline.hold(Step::Body, body.bytes(limit)).await;
        read.and_then(|read| read).inspect_err(|error| self.given_up(error, Step::Body))
    }

    /// Holds a body that was read to the `content-length` that the caller gave, if any. For adapters; an error of kind `Header`.
    pub fn check_length(&self, headers: &HeaderMap, body: &[u8]) -> Result<(), Error> {
        flow::check_content_length(headers, body.len() as u64)
            .inspect_err(|error| self.given_up(error, Step::Body))
    }

    /// Hashes a body. For adapters; an error of kind `Timeout` past the deadline.
    pub async fn hash_body(&self, deadline: &mut Deadline, body: &[u8]) -> Result<[u8; 32], Error> {
        let hashed = deadline.hold(Step::Hashing, sha256(body)).await;
        hashed.inspect_err(|error| self.given_up(error, Step::Hashing))
    }

    /// Signs, by a future that may wait for credentials and tells the hook of its own errors: [`sign_async`](Self::sign_async) and
    /// its like. For adapters; errors as theirs, and `Timeout`.
    pub async fn sign_within<T>(
        &self,
        deadline: &mut Deadline,
        signing: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        match deadline.hold(Step::Credentials, signing).await {
            Ok(signed) => signed,
            Err(error) => {
                self.given_up(&error, Step::Credentials);
                Err(error)
            }
        }
    }

    fn given_up(&self, error: &Error, step: Step) {
        let Some(hook) = &self.0.hook else { return };
        hook(match step {
            Step::Credentials => Outcome::NoCredentials(error),
            _ => Outcome::Failed(error),
        });
    }
}

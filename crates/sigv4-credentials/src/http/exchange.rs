//! One call as the providers make it: within its limits, repeated where that helps.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode, Uri};
use sigv4_core::{Error, ErrorKind};

use super::HttpLimits;
use crate::context::Context;

/// How a call is made.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Exchange {
    /// Names the source in errors: `STS`, `instance metadata`.
    pub(crate) what: &'static str,
    pub(crate) limits: HttpLimits,
    /// How often it is tried at most.
    pub(crate) attempts: u32,
}

const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// Pauses double up to here: somebody waits for the answer.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

impl Exchange {
    pub(crate) fn new(what: &'static str) -> Self {
        Self { what, limits: HttpLimits::default(), attempts: 3 }
    }

    /// Where there is another way when it fails: one attempt, which leaves time for that.
    pub(crate) fn hurried(self) -> Self {
        let timeout = Duration::from_secs(3);
        Self { limits: HttpLimits { timeout, ..self.limits }, attempts: 1, ..self }
    }

    /// Instance metadata is a hop away or not there at all: one second to connect, two attempts.
    pub(crate) fn link_local(what: &'static str) -> Self {
        let (connect_timeout, timeout) = (Duration::from_secs(1), Duration::from_secs(2));
        Self { what, limits: HttpLimits { connect_timeout, timeout, ..HttpLimits::default() }, attempts: 2 }
    }

    /// Sends what `request` makes, anew for each attempt. A failed connection, status 429 and 5xx, and whatever else
    /// `again` finds in the answer, is tried again; after the last attempt the answer is returned as it came.
    pub(crate) async fn send(
        &self,
        context: &Context,
        mut request: impl FnMut() -> Result<Request<Bytes>, Error>,
        again: impl Fn(&Response<Bytes>) -> bool,
    ) -> Result<Response<Bytes>, Error> {
        let mut pause = FIRST_PAUSE;
        for _ in 1..self.attempts {
            match self.once(context, request()?).await {
                Ok(answer) if !is_passing(answer.status()) && !again(&answer) => return Ok(answer),
                Err(error) if !error.is_retryable() => return Err(error),
                _ => context.timer().pause(pause).await,
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        self.once(context, request()?).await
    }

    async fn once(&self, context: &Context, request: Request<Bytes>) -> Result<Response<Bytes>, Error> {
        let Self { what, limits, .. } = *self;
        let http = context.http().ok_or_else(|| {
            fail(format_args!(
                "{what} needs an HTTP client: enable feature `hyper` or `reqwest`, or give one with `with_http`"
            ))
        })?;
        let host = host_of(request.uri());
        let answer = context
            .timer()
            .within(limits.timeout, http.send(request, limits))
            .await
            .ok_or_else(|| {
                let message = format!("{what} at {host} gave no whole answer within {:?}", limits.timeout);
                Error::new(ErrorKind::Timeout, message)
            })?
            .map_err(|error| {
                Error::new(error.kind(), format!("{what} at {host}: {error}"))
                    .with_retryable(error.is_retryable())
                    .with_source(error)
            })?;
        if answer.body().len() > limits.max_body {
            return Err(fail(format_args!(
                "{what} at {host} answered with more than {} bytes",
                limits.max_body
            )));
        }
        Ok(answer)
    }
}

fn is_passing(status: StatusCode) -> bool {
    status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS
}

/// Host and port, for messages: never the path or query, which may hold a secret.
pub(crate) fn host_of(uri: &Uri) -> String {
    let Some(host) = uri.host() else { return "an address without a host".to_owned() };
    uri.port_u16().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// The error of an answer that is no success: worth another try where the status says so.
pub(crate) fn refused(status: StatusCode, message: impl std::fmt::Display) -> Error {
    fail(message).with_retryable(is_passing(status))
}

pub(crate) fn fail(message: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::Credentials, message.to_string())
}

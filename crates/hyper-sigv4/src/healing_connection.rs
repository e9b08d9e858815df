//! The raw connection that explains refusals and heals them.

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use hyper::body::Incoming;
use sigv4_core::body::BodyError;
use sigv4_core::flow::{Peeked, Step};
use tower_sigv4::sign::Attempt;
use tower_sigv4::{BoxError, Wrap};

use crate::SigV4Connection;
use crate::sender::Sender;

/// Signs every request, sends it over one connection, explains refusals, and heals those that can be healed. Made by
/// [`SigV4Connection::healing`].
///
/// A refused request comes back with a [`sigv4_core::refusal::Explanation`] among the response's extensions. It was signed
/// anew and sent once more before, if the refusal proves that it was not executed, its cause can be mended, its body was in
/// memory, and the connection takes another request: what a server closes after a refusal comes back as it is, and the next
/// connection of the same signer is right from the start. So does a refusal where no other credentials are to be had. Once the second request is on its way, what comes back is what became
/// of that one, also where its answer is lost: it may have been executed.
#[derive(Debug, Clone)]
pub struct HealingConnection<T> {
    connection: SigV4Connection<T>,
    replay: bool,
}

impl<T> HealingConnection<T> {
    pub(crate) fn new(connection: SigV4Connection<T>) -> Self {
        Self { connection, replay: true }
    }

    /// Whether a refused request is signed anew and sent once more where that heals it. On unless turned off: then refusals are
    /// explained, and what they teach serves the next request.
    #[must_use]
    pub fn with_replay(self, on: bool) -> Self {
        Self { replay: on, ..self }
    }

    /// The connection, which no longer explains anything.
    pub fn into_inner(self) -> SigV4Connection<T> {
        self.connection
    }

    /// Signs a request and sends it. An error of this crate is a [`sigv4_core::Error`]: nothing was sent then, but for kind `Body`
    /// where a body in chunks failed on its way, and for a `Timeout` that says so.
    pub async fn send_request<B>(
        &mut self,
        request: Request<B>,
    ) -> Result<Response<Peeked<Incoming>>, BoxError>
    where
        T: Sender<B>,
        B: Body<Data = Bytes> + Unpin + Send + 'static,
        B::Error: Into<BoxError>,
    {
        let mut deadline = self.connection.limit.begin();
        let request = self.connection.addressed(request)?;
        let signer = self.connection.signer.clone();
        let (request, body_error, attempt) = Attempt::sign(&signer, Wrap, request, &mut deadline).await?;
        let response = self.connection.send(request, &body_error, &mut deadline).await?;
        let (response, again) = deadline.hold(Step::Sending, attempt.read(&signer, response)).await?;
        let Some(again) = again.filter(|_| self.replay && response.body().is_read()) else {
            return Ok(response);
        };

        // Where no other credentials are to be had, nothing more is sent: the refusal is what there is to tell.
        let again = Attempt::sign_again(&signer, &Wrap, again, &mut deadline).await;
        let Ok((again, attempt)) = again else { return Ok(response) };
        // A bucket at another host is not reached from here.
        let Ok(again) = self.connection.addressed(again) else { return Ok(response) };
        match self.connection.send(again, &BodyError::default(), &mut deadline).await {
            Ok(healed) => Ok(deadline.hold(Step::Sending, attempt.read(&signer, healed)).await?.0),
            // A server may close the connection behind a refusal.
            Err(error) if was_not_sent(&error) => Ok(response),
            // From here on it may have been executed, which a refusal would deny.
            Err(error) => Err(error),
        }
    }
}

/// Whether the connection was closed before anything of the request was written.
fn was_not_sent(error: &BoxError) -> bool {
    error.downcast_ref::<hyper::Error>().is_some_and(|error| error.is_closed() || error.is_canceled())
}

//! Requests that wait in line, by tokio's clock, which is paused: signed before the wait or after it?

use std::convert::Infallible;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use sigv4_core::Signer;
use sigv4_core::clock::{AmzDate, Clock};
use sigv4_core::verify::{CredentialMap, Verified, Verifier};
use tokio::time::{Instant, sleep};
use tower::util::BoxCloneService;
use tower::{Service, ServiceBuilder, ServiceExt, service_fn};
use tower_sigv4::{BoxError, SignLayer, VerifiedBody, VerifyLayer};

use crate::{PLAIN, SCOPE, TOO_LONG, credentials};

type Body = Full<Bytes>;

/// tokio's clock as that of the calendar.
#[derive(Clone)]
struct Calendar(Instant);

impl Clock for Calendar {
    fn now(&self) -> SystemTime {
        AmzDate::parse("20261121T120000Z").unwrap().time() + self.0.elapsed()
    }
}

/// A server without a socket, which takes `takes` for each request that verifies.
fn server(calendar: &Calendar, takes: Duration) -> BoxCloneService<Request<Body>, Response<()>, BoxError> {
    let known: CredentialMap = [credentials()].into_iter().collect();
    let verifier = Verifier::new(SCOPE.0, SCOPE.1, known).with_clock(calendar.clone());
    let builder = ServiceBuilder::new()
        .boxed_clone()
        .map_request(|request: Request<Body>| request)
        .map_err(BoxError::from)
        .map_response(|response: Response<_>| response.map(drop));
    builder.layer(VerifyLayer::new(verifier)).service(service_fn(
        move |request: Request<VerifiedBody>| async move {
            assert!(request.extensions().get::<Verified>().is_some());
            sleep(takes).await;
            Ok::<_, Infallible>(Response::new(Full::<Bytes>::default()))
        },
    ))
}

fn sign(calendar: &Calendar) -> SignLayer {
    let signer = Signer::new(SCOPE.0, SCOPE.1, credentials()).with_clock(calendar.clone());
    SignLayer::new(signer.with_clock_correction(false))
}

/// Sends four requests at once.
async fn statuses<S, Rs>(stack: S) -> Vec<StatusCode>
where
    S: Service<Request<Body>, Response = Response<Rs>> + Clone + Send + 'static,
    S::Error: Into<BoxError> + Send + std::fmt::Debug,
    S::Future: Send,
    Rs: Send + 'static,
{
    let request = || Request::post("http://localhost/").body(Full::from(PLAIN)).unwrap();
    let sent: Vec<_> = (0..4).map(|_| tokio::spawn(stack.clone().oneshot(request()))).collect();
    let mut statuses = Vec::new();
    for one in sent {
        statuses.push(one.await.unwrap().unwrap().status());
    }
    statuses
}

#[tokio::test(start_paused = true)]
async fn a_concurrency_limit_on_either_side() {
    let calendar = Calendar(Instant::now());
    for above in [true, false] {
        // One at a time, each longer than a signature is good for.
        let server = server(&calendar, TOO_LONG);
        let began = Instant::now();
        let builder = ServiceBuilder::new();
        let statuses = if above {
            statuses(builder.concurrency_limit(1).layer(sign(&calendar)).service(server)).await
        } else {
            statuses(builder.layer(sign(&calendar)).concurrency_limit(1).service(server)).await
        };
        assert_eq!(statuses, [StatusCode::OK; 4], "above: {above}");
        assert!(began.elapsed() >= 4 * TOO_LONG);
    }
}

/// A rate limit cannot be cloned, so that a buffer stands above it, which a signer would have to be below.
#[tokio::test(start_paused = true)]
async fn a_rate_limit_above() {
    let calendar = Calendar(Instant::now());
    let began = Instant::now();
    let stack = ServiceBuilder::new()
        .buffer(8)
        .rate_limit(1, TOO_LONG)
        .layer(sign(&calendar))
        .service(server(&calendar, Duration::ZERO));
    assert_eq!(statuses(stack).await, [StatusCode::OK; 4]);
    assert!(began.elapsed() >= 3 * TOO_LONG);
}

/// A buffer takes requests in before their turn: below the signer they are signed too early, and are refused.
#[tokio::test(start_paused = true)]
async fn a_buffer_belongs_above() {
    let calendar = Calendar(Instant::now());
    let right = ServiceBuilder::new()
        .buffer(8)
        .concurrency_limit(1)
        .layer(sign(&calendar))
        .service(server(&calendar, TOO_LONG));
    assert_eq!(statuses(right).await, [StatusCode::OK; 4]);

    let wrong = ServiceBuilder::new()
        .layer(sign(&calendar))
        .buffer(8)
        .rate_limit(1, TOO_LONG)
        .service(server(&calendar, Duration::ZERO));
    let mut statuses = statuses(wrong).await;
    statuses.sort();
    assert_eq!(
        statuses,
        [StatusCode::OK, StatusCode::FORBIDDEN, StatusCode::FORBIDDEN, StatusCode::FORBIDDEN]
    );
}

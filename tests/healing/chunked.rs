//! Streams that go out in chunks: nothing is sent twice, all else is as for other bodies.

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::Full;
use hyper_sigv4::SigV4Client;
use hyper_util::rt::TokioExecutor;
use sigv4_core::body::chunked::{ChunkedMode, ChunkedOptions};
use sigv4_core::refusal::{Cause, Explanation};
use sigv4_core::verify::{CredentialMap, Verifier};
use sigv4_core::{Credentials, PayloadMode, Signer};

use crate::server::{Ahead, credentials, serve};

fn verifier() -> Verifier {
    let known: CredentialMap = [credentials()].into_iter().collect();
    Verifier::new("s3", "us-east-2", known).with_streaming(true).with_details(true)
}

fn signer(credentials: Credentials, mode: ChunkedMode) -> Signer {
    let payload = PayloadMode::Chunked(ChunkedOptions::new(mode));
    Signer::new("s3", "us-east-2", credentials).with_payload(payload).with_clock_correction(true)
}

const MODES: [ChunkedMode; 3] =
    [ChunkedMode::Signed, ChunkedMode::SignedTrailer, ChunkedMode::UnsignedTrailer];

#[tokio::test]
async fn the_clock_is_learnt_from_a_refused_upload() {
    for mode in MODES {
        for ahead in [1200, -1200] {
            let (address, counts) = serve(verifier(), Ahead(ahead)).await;
            let below = hyper_util::client::legacy::Client::builder(TokioExecutor::new()).build_http();
            let client = SigV4Client::new(signer(credentials(), mode), below).healing();
            let request =
                || Request::put(format!("http://{address}/b/k")).body(Full::<Bytes>::from("hello")).unwrap();
            let refused = client.request(request()).await.unwrap();
            assert_eq!(refused.status(), StatusCode::FORBIDDEN, "{mode:?}");
            let cause = if ahead > 0 { Cause::ClockBehind } else { Cause::ClockAhead };
            assert_eq!(refused.extensions().get::<Explanation>().unwrap().cause(), cause, "{mode:?}");
            assert_eq!(client.request(request()).await.unwrap().status(), StatusCode::OK, "{mode:?}");
            assert_eq!((counts.refused(), counts.accepted()), (1, 1), "{mode:?}");
        }
    }
}

#[tokio::test]
async fn a_wrong_secret_is_named() {
    for mode in MODES {
        let (address, _) = serve(verifier(), Ahead(0)).await;
        let wrong = Credentials::new("AKIDEXAMPLE", "another").unwrap();
        let below = hyper_util::client::legacy::Client::builder(TokioExecutor::new()).build_http();
        let client = SigV4Client::new(signer(wrong, mode), below).healing();
        let request =
            Request::put(format!("http://{address}/b/k")).body(Full::<Bytes>::from("hello")).unwrap();
        let refused = client.request(request).await.unwrap();
        let explanation = refused.extensions().get::<Explanation>().unwrap();
        assert_eq!(explanation.cause(), Cause::SecretOrToken, "{mode:?}: {explanation}");
        assert!(explanation.differing_lines().is_empty(), "{mode:?}: {explanation}");
    }
}

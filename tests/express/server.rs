//! A server for directory buckets, by the book: sessions of 5 minutes, and a signature checked on every request.

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use sigv4_core::clock::{AmzDate, Clock, ManualClock};
use sigv4_core::request::RequestView;
use sigv4_core::verify::{CredentialMap, Verifier};
use sigv4_core::{Credentials, Payload};
use tokio::net::TcpListener;

const LIFETIME: Duration = Duration::from_secs(300);

#[derive(Clone)]
pub struct Server {
    pub address: SocketAddr,
    clock: Arc<ManualClock>,
    iam: CredentialMap,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// Sessions by access key id, each with its bucket.
    sessions: HashMap<String, (Credentials, String)>,
    buckets: HashMap<String, Bucket>,
    opening: HashMap<String, usize>,
    refusal: Option<&'static str>,
    last_headers: HeaderMap,
}

/// What was seen of a bucket.
#[derive(Debug, Clone, Copy, Default)]
pub struct Bucket {
    /// How many sessions were opened.
    pub created: usize,
    /// How many calls of CreateSession were there at one time.
    pub most_at_once: usize,
}

type Refusal = (StatusCode, String);

impl Server {
    pub async fn start(clock: Arc<ManualClock>, iam: impl IntoIterator<Item = Credentials>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = Self { address, clock, iam: iam.into_iter().collect(), state: Arc::default() };
        let accepting = server.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let server = accepting.clone();
                let service = service_fn(move |request| {
                    let server = server.clone();
                    async move { Ok::<_, Infallible>(server.answer(request).await) }
                });
                tokio::spawn(
                    hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service),
                );
            }
        });
        server
    }

    pub fn bucket(&self, name: &str) -> Bucket {
        self.state().buckets.get(name).copied().unwrap_or_default()
    }

    /// Answers CreateSession with this: a status, a space, a body.
    pub fn refuse_sessions(&self, refusal: Option<&'static str>) {
        self.state().refusal = refusal;
    }

    pub fn last_headers(&self) -> HeaderMap {
        self.state().last_headers.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let (parts, body) = request.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let answered = self.answered(&parts, &body).await;
        let (status, text) = answered.map_or_else(|refusal| refusal, |text| (StatusCode::OK, text));
        let mut response = Response::new(Full::from(text));
        *response.status_mut() = status;
        response
    }

    async fn answered(&self, parts: &http::request::Parts, body: &[u8]) -> Result<String, Refusal> {
        let path = parts.uri.path().trim_start_matches('/');
        let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
        let refused = |why: &str| Err((StatusCode::FORBIDDEN, why.to_owned()));
        let creates = parts.uri.query() == Some("session");
        let needs_iam = creates
            || (parts.method == Method::HEAD && key.is_empty())
            || parts.headers.contains_key("x-amz-copy-source");
        let has_session_token = parts.headers.contains_key("x-amz-s3session-token");
        if needs_iam == has_session_token {
            return refused("the token is in the wrong header");
        }
        let known = if needs_iam {
            self.iam.clone()
        } else {
            self.state().sessions.values().map(|(session, _)| session.clone()).collect()
        };
        let verifier = Verifier::new("s3express", "us-west-2", known).with_clock(Arc::clone(&self.clock));
        let view = RequestView::received(&parts.method, &parts.uri, &parts.headers);
        let verified = verifier.verify(&view, Payload::bytes(body)).await;
        let verified = verified.map_err(|rejection| (StatusCode::FORBIDDEN, format!("{rejection}")))?;
        self.state().last_headers = parts.headers.clone();
        if creates {
            return self.create(bucket).await;
        }
        match self.state().sessions.get(verified.access_key_id()) {
            Some((_, theirs)) if theirs != bucket => refused("a session of another bucket"),
            _ => Ok("object".to_owned()),
        }
    }

    async fn create(&self, bucket: &str) -> Result<String, Refusal> {
        {
            let mut state = self.state();
            let opening = state.opening.entry(bucket.to_owned()).or_default();
            *opening += 1;
            let opening = *opening;
            let seen = state.buckets.entry(bucket.to_owned()).or_default();
            seen.most_at_once = seen.most_at_once.max(opening);
        }
        // Room for others to come at the same time.
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
        let mut state = self.state();
        *state.opening.entry(bucket.to_owned()).or_default() -= 1;
        if let Some(refusal) = state.refusal {
            let (status, body) = refusal.split_once(' ').unwrap();
            return Err((status.parse().unwrap(), body.to_owned()));
        }
        let number = state.sessions.len();
        let (id, secret, token) =
            (format!("SESSION{number}"), format!("secret/{number}+"), format!("session-token-{number}"));
        let expiry = self.clock.now() + LIFETIME;
        let session =
            Credentials::new(&id, &secret).unwrap().with_session_token(&token).unwrap().with_expiry(expiry);
        state.sessions.insert(id.clone(), (session, bucket.to_owned()));
        state.buckets.entry(bucket.to_owned()).or_default().created += 1;
        let date = AmzDate::new(expiry).unwrap();
        let text = date.as_str();
        let expiration =
            format!("{}-{}-{}:{}:{}", &text[..4], &text[4..6], &text[6..11], &text[11..13], &text[13..]);
        Ok(format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<CreateSessionResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
             <Credentials><SessionToken>{token}</SessionToken><SecretAccessKey>{secret}</SecretAccessKey>\
             <AccessKeyId>{id}</AccessKeyId><Expiration>{expiration}</Expiration></Credentials></CreateSessionResult>"
        ))
    }
}

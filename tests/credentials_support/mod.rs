//! A scripted network, a clock that stands still and a timer that fires at once, shared by the credential tests.
#![allow(dead_code, reason = "each test binary uses a part of it")]

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use sigv4_core::clock::ManualClock;
use sigv4_core::credentials::Sleep;
use sigv4_core::{Error, ErrorKind};
use sigv4_credentials::context::{Context, Folder};
use sigv4_credentials::http::{HttpClient, HttpLimits};

/// What the network does with one request.
#[derive(Clone)]
pub enum Reply {
    Answer(u16, String),
    Refused,
    /// No answer, ever.
    Hangs,
}

pub fn ok(body: impl Into<String>) -> Reply {
    Reply::Answer(200, body.into())
}

pub fn status(status: u16, body: impl Into<String>) -> Reply {
    Reply::Answer(status, body.into())
}

/// A request as it was sent.
#[derive(Clone, Debug)]
pub struct Sent {
    pub method: String,
    pub uri: String,
    pub headers: http::HeaderMap,
    pub body: String,
}

impl Sent {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

/// Answers the requests one after the other, and keeps them.
#[derive(Clone, Default)]
pub struct Network {
    replies: Arc<Mutex<VecDeque<Reply>>>,
    sent: Arc<Mutex<Vec<Sent>>>,
}

impl Network {
    pub fn new(replies: impl IntoIterator<Item = Reply>) -> Self {
        let network = Self::default();
        network.then(replies);
        network
    }

    pub fn then(&self, replies: impl IntoIterator<Item = Reply>) {
        self.replies.lock().unwrap().extend(replies);
    }

    /// The requests since the last call.
    pub fn sent(&self) -> Vec<Sent> {
        std::mem::take(&mut self.sent.lock().unwrap())
    }

    pub fn is_used_up(&self) -> bool {
        self.replies.lock().unwrap().is_empty()
    }
}

#[async_trait]
impl HttpClient for Network {
    async fn send(&self, request: Request<Bytes>, _: HttpLimits) -> Result<Response<Bytes>, Error> {
        let (parts, body) = request.into_parts();
        self.sent.lock().unwrap().push(Sent {
            method: parts.method.to_string(),
            uri: parts.uri.to_string(),
            headers: parts.headers,
            body: String::from_utf8(body.to_vec()).unwrap(),
        });
        let reply = self.replies.lock().unwrap().pop_front();
        match reply {
            Some(Reply::Answer(status, body)) => {
                Ok(Response::builder().status(status).body(Bytes::from(body)).unwrap())
            }
            Some(Reply::Refused) => {
                Err(Error::new(ErrorKind::Credentials, "connection refused").with_retryable(true))
            }
            Some(Reply::Hangs) => std::future::pending().await,
            None => {
                Err(Error::new(ErrorKind::Request, format!("the script has no answer for {}", parts.uri)))
            }
        }
    }
}

/// A timer for which all time passes at the second look: what is ready at once still wins.
pub struct Hurried;

impl Sleep for Hurried {
    fn sleep(&self, _: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let mut looked = false;
        Box::pin(std::future::poll_fn(move |context| {
            if std::mem::replace(&mut looked, true) {
                return Poll::Ready(());
            }
            context.waker().wake_by_ref();
            Poll::Pending
        }))
    }
}

/// 2024-01-01T00:00:00Z.
pub fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::at_amz_date("20240101T000000Z").unwrap())
}

/// Nothing but this network, these variables and these files, with a hurried timer.
pub fn context<const N: usize>(
    network: &Network,
    variables: [(&'static str, &'static str); N],
    files: &Folder,
) -> Context {
    Context::isolated()
        .with_http(network.clone())
        .with_environment(variables)
        .with_files(files.clone())
        .with_clock(clock())
        .with_sleep(Hurried)
}

pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    futures_lite::future::block_on(future)
}

/// The answer of STS with these credentials, an hour ahead.
pub fn sts(id: &str) -> Reply {
    sts_until(id, "2024-01-01T01:00:00Z")
}

pub fn sts_until(id: &str, expiration: &str) -> Reply {
    ok(format!(
        "<R xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><S><Credentials><AccessKeyId>{id}</AccessKeyId>\
         <SecretAccessKey>hush-{id}</SecretAccessKey><SessionToken>token-{id}</SessionToken>\
         <Expiration>{expiration}</Expiration></Credentials></S></R>"
    ))
}

pub fn sts_refuses(status_code: u16, code: &str, message: &str) -> Reply {
    status(
        status_code,
        format!(
            "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"
        ),
    )
}

/// What ECS and IMDS answer with.
pub fn metadata(id: &str, expiration: &str) -> String {
    format!(
        r#"{{"Code":"Success","Type":"AWS-HMAC","AccessKeyId":"{id}","SecretAccessKey":"hush-{id}","Token":"token-{id}","Expiration":"{expiration}"}}"#
    )
}

/// An error's text holds all of these parts, and nothing secret.
#[track_caller]
pub fn assert_says(error: &Error, parts: &[&str]) {
    let text = error.to_string();
    for part in parts {
        assert!(text.contains(part), "{part:?} is missing in: {text}");
    }
    assert!(!text.contains("hush") && !text.contains("token-"), "a secret shows: {text}");
    assert!(!format!("{error:?}").contains("hush"), "a secret shows: {error:?}");
}

//! Refusals as events: one warning each, with the explanation and without secrets.

use std::fmt::{self, Write};
use std::sync::{Arc, Mutex};

use http::{Request, StatusCode};
use sigv4_core::{Credentials, Signer};
use sigv4_tests::log::listen_with;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

use crate::clients::Client;
use crate::server::{Ahead, SCOPE, serve, signer, verifier};

/// Keeps events as text: the level, then each field.
#[derive(Clone, Default)]
struct Events(Arc<Mutex<Vec<(Level, String)>>>);

impl Subscriber for Events {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = Line(String::new());
        event.record(&mut line);
        self.0.lock().unwrap().push((*event.metadata().level(), line.0));
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        write!(self.0, "{}={value:?} ", field.name()).unwrap();
    }
}

impl Events {
    fn warnings(&self) -> Vec<String> {
        let events = std::mem::take(&mut *self.0.lock().unwrap());
        events.into_iter().filter(|(level, _)| *level == Level::WARN).map(|(_, line)| line).collect()
    }
}

const SECRET: &str = "wJalrXUtnFEMI-of-another";
const TOKEN: &str = "IQoJb3JpZ2luX2VjEXAMPLE";

#[tokio::test]
async fn each_refusal_is_one_warning() {
    let events = Events::default();
    let _guard = listen_with(events.clone());
    let (address, _) = serve(verifier().with_details(true), Ahead(0)).await;
    let wrong = || {
        let credentials = Credentials::new("AKIDEXAMPLE", SECRET).unwrap();
        Signer::new(SCOPE.0, SCOPE.1, credentials.with_session_token(TOKEN).unwrap())
    };
    for client in Client::all(wrong) {
        let request = Request::post(format!("http://{address}/a?token=in-the-query"));
        let request = request.header("x-amz-meta-owner", "customer's own").body("hello").unwrap();
        let answer = client.send(request).await;
        assert!(answer.status.is_client_error(), "{}", client.name());
        let warnings = events.warnings();
        let [warning] = warnings.as_slice() else { panic!("{}: {warnings:?}", client.name()) };
        let explanation = answer.explanation.unwrap().to_string();
        assert!(warning.contains(&explanation), "{}: {warning}", client.name());
        assert!(warning.contains(&format!("host=\"{address}\" status=")), "{}: {warning}", client.name());
        for secret in [SECRET, TOKEN, "in-the-query", "customer's own", "Signature="] {
            assert!(!warning.contains(secret), "{}: {warning}", client.name());
        }
    }
}

#[tokio::test]
async fn a_healed_refusal_is_a_warning_too_and_an_accepted_answer_none() {
    let events = Events::default();
    let _guard = listen_with(events.clone());
    for client in Client::all(signer) {
        let (address, _) = serve(verifier(), Ahead(1200)).await;
        let url = format!("http://{address}/a");
        assert_eq!(client.post(&url, "hello").await.status, StatusCode::OK);
        let warnings = events.warnings();
        let [warning] = warnings.as_slice() else { panic!("{}: {warnings:?}", client.name()) };
        assert!(warning.contains("replay=true"), "{warning}");
        assert!(warning.contains("cause=ClockBehind"), "{warning}");
        assert_eq!(client.post(&url, "hello").await.status, StatusCode::OK);
        assert_eq!(events.warnings(), [""; 0], "{}", client.name());
    }
}

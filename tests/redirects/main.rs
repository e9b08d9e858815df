//! Redirects over real sockets: what the second server gets to see.

mod bodies;
mod clients;
mod servers;

use http::StatusCode;
use sigv4_core::flow::{Elsewhere, RedirectRules};
use sigv4_core::{Credentials, ErrorKind};

use clients::{CLIENTS, given_up, ignoring, post, unguarded};
use servers::{Tls, fine, raw, redirect, verifying};

const SCOPE: (&str, &str) = ("execute-api", "us-east-2");
const CODES: [u16; 5] = [301, 302, 303, 307, 308];

fn credentials() -> Credentials {
    Credentials::new("AKIDEXAMPLE", "secret").unwrap().with_session_token("the-token").unwrap()
}

/// Where a redirect leads, out of the origin that sent it.
#[derive(Debug, Clone, Copy)]
enum To {
    OtherPort,
    OtherHost,
    /// From https to http, on the same host.
    Plain,
}

impl To {
    const ALL: [Self; 3] = [Self::OtherPort, Self::OtherHost, Self::Plain];

    fn tls(self, tls: &Tls) -> Option<&Tls> {
        matches!(self, Self::Plain).then_some(tls)
    }

    fn first(self, port: u16) -> String {
        match self {
            Self::Plain => format!("https://localhost:{port}/a"),
            _ => format!("http://127.0.0.1:{port}/a"),
        }
    }

    fn second(self, port: u16) -> String {
        match self {
            Self::OtherPort => format!("http://127.0.0.1:{port}/b?c=d"),
            Self::OtherHost | Self::Plain => format!("http://localhost:{port}/b?c=d"),
        }
    }
}

/// All that a first request holds, and that no other server may see.
const MADE_FOR_THE_FIRST: [&str; 7] =
    ["the-token", "aws4", "x-amz-", "authorization", "signature", "referer", "first server"];

#[tokio::test]
async fn nothing_goes_to_an_origin_that_is_not_allowed() {
    let tls = Tls::new();
    for (client, to, code) in every() {
        let (second, seen) = raw(None, |_| fine()).await;
        let there = to.second(second);
        let (first, at_first) = raw(to.tls(&tls), move |_| redirect(code, &there)).await;
        let refused = post(client, &tls, &to.first(first), RedirectRules::new()).await;
        assert_eq!(refused, Err(ErrorKind::Redirect), "{client} {to:?} {code}");
        assert_eq!(at_first.lock().unwrap().len(), 1, "{client} {to:?} {code}");
        assert!(seen.lock().unwrap().is_empty(), "{client} {to:?} {code}");
    }
}

#[tokio::test]
async fn unsigned_hops_carry_nothing_made_for_the_first_server() {
    let tls = Tls::new();
    for (client, to, code) in every() {
        let (second, seen) = raw(None, |_| fine()).await;
        let there = to.second(second);
        let (first, at_first) = raw(to.tls(&tls), move |_| redirect(code, &there)).await;
        let rules = RedirectRules::new().with_elsewhere(Elsewhere::Unsigned);
        assert_eq!(
            post(client, &tls, &to.first(first), rules).await,
            Ok(StatusCode::OK),
            "{client} {to:?} {code}"
        );
        let (at_first, at_second) = (at_first.lock().unwrap().concat(), seen.lock().unwrap().concat());
        for part in ["the-token", "aws4-hmac-sha256", "x-amz-date", "first server"] {
            assert!(at_first.to_ascii_lowercase().contains(part), "{client} {to:?}: {part}: {at_first}");
        }
        for part in MADE_FOR_THE_FIRST {
            assert!(!at_second.to_ascii_lowercase().contains(part), "{client} {to:?}: {part}: {at_second}");
        }
        // The hash of the first body and its signature, wherever they might stand.
        let signature = at_first.split_once("Signature=").unwrap().1;
        assert!(!at_second.contains(&signature[..64]), "{client} {to:?}: {at_second}");
        let kept = matches!(code, 307 | 308);
        let line = if kept { "POST /b?c=d HTTP/1.1" } else { "GET /b?c=d HTTP/1.1" };
        assert!(at_second.starts_with(line), "{client} {to:?} {code}: {at_second}");
        assert_eq!(at_second.ends_with("hello"), kept, "{client} {to:?} {code}: {at_second}");
    }
}

#[tokio::test]
async fn allowed_hops_verify_at_each_origin() {
    let tls = Tls::new();
    for (client, to, code) in every() {
        let (second, at_second) = verifying(None, None).await;
        let there = to.second(second);
        let (first, at_first) = verifying(to.tls(&tls), Some((code, there.clone()))).await;
        let rules = RedirectRules::new().with_allowed_origins([there.parse().unwrap()]);
        assert_eq!(
            post(client, &tls, &to.first(first), rules).await,
            Ok(StatusCode::OK),
            "{client} {to:?} {code}"
        );
        let method = if matches!(code, 307 | 308) { "POST" } else { "GET" };
        assert_eq!(*at_first.lock().unwrap(), ["POST /a"], "{client} {to:?} {code}");
        assert_eq!(*at_second.lock().unwrap(), [format!("{method} /b")], "{client} {to:?} {code}");
    }
}

#[tokio::test]
async fn hops_within_the_origin_verify() {
    let tls = Tls::new();
    for (client, code) in CLIENTS.into_iter().flat_map(|client| CODES.map(|code| (client, code))) {
        for over_tls in [false, true] {
            let (port, verified) = verifying(over_tls.then_some(&tls), Some((code, "/b".to_owned()))).await;
            let url = format!("{}://localhost:{port}/a", if over_tls { "https" } else { "http" });
            assert_eq!(
                post(client, &tls, &url, RedirectRules::new()).await,
                Ok(StatusCode::OK),
                "{client} {code}"
            );
            let method = if matches!(code, 307 | 308) { "POST" } else { "GET" };
            assert_eq!(
                *verified.lock().unwrap(),
                ["POST /a".to_owned(), format!("{method} /b")],
                "{client} {code}"
            );
        }
    }
}

#[tokio::test]
async fn a_hop_within_the_origin_has_a_signature_of_its_own() {
    let tls = Tls::new();
    for client in CLIENTS {
        let (port, seen) = raw(None, |request| match request.starts_with("POST /a") {
            true => redirect(308, "/b"),
            false => fine(),
        })
        .await;
        let url = format!("http://127.0.0.1:{port}/a");
        assert_eq!(post(client, &tls, &url, RedirectRules::new()).await, Ok(StatusCode::OK));
        let seen = seen.lock().unwrap();
        let signature =
            |request: &str| request.split_once("Signature=").map(|(_, rest)| rest[..64].to_owned());
        assert_eq!(seen.len(), 2, "{client}");
        assert!(seen[1].starts_with("POST /b"), "{client}: {}", seen[1]);
        assert!(signature(&seen[0]).is_some() && signature(&seen[1]).is_some(), "{client}");
        assert_ne!(signature(&seen[0]), signature(&seen[1]), "{client}");
    }
}

/// What a hop changed for itself is taken back, also where nobody waits for its answer: a retry begins anew, and is signed.
#[tokio::test]
async fn a_chain_that_is_given_up_leaves_no_trace() {
    let tls = Tls::new();
    let (second, at_second) = raw(None, |_| fine()).await;
    let there = To::OtherPort.second(second);
    let (first, at_first) = raw(None, move |_| redirect(307, &there)).await;
    let url = To::OtherPort.first(first);
    let status = given_up::post(&tls, &url).await;
    assert_eq!(status, StatusCode::OK);
    let signed = |seen: &str| seen.to_ascii_lowercase().contains("authorization: aws4-hmac-sha256");
    let (at_first, at_second) = (at_first.lock().unwrap(), at_second.lock().unwrap());
    assert_eq!(at_first.iter().map(|seen| signed(seen)).collect::<Vec<_>>(), [true, true]);
    // The first chain was given up before its unsigned hop was sent.
    assert_eq!(at_second.iter().map(|seen| signed(seen)).collect::<Vec<_>>(), [false]);
}

/// Without a layer that follows, a redirect is an answer like any other.
#[tokio::test]
async fn clients_follow_nothing_by_themselves() {
    let tls = Tls::new();
    for code in CODES {
        for client in ignoring::CLIENTS {
            let (second, seen) = raw(None, |_| fine()).await;
            let there = To::OtherPort.second(second);
            let (first, _) = raw(None, move |_| redirect(code, &there)).await;
            let status = ignoring::post(client, &tls, &To::OtherPort.first(first)).await;
            assert_eq!(status, code, "{client}");
            assert!(seen.lock().unwrap().is_empty(), "{client} {code}");
        }
    }
}

/// A reqwest client that follows redirects below the signer: an error says so, whatever came of it.
#[tokio::test]
async fn redirects_below_the_signer_are_an_error() {
    for client in unguarded::CLIENTS {
        for code in CODES {
            let (second, _) = raw(None, |_| fine()).await;
            let there = To::OtherPort.second(second);
            let (first, _) = raw(None, move |_| redirect(code, &there)).await;
            let sent = unguarded::post(client, &To::OtherPort.first(first)).await;
            assert_eq!(sent, Err(ErrorKind::Redirect), "{client} {code}");
        }
    }
}

fn every() -> impl Iterator<Item = (&'static str, To, u16)> {
    CLIENTS
        .into_iter()
        .flat_map(|client| To::ALL.into_iter().flat_map(move |to| CODES.map(move |code| (client, to, code))))
}

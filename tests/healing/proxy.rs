//! What a proxy changes on the way, named: through each client, in the words of S3 and of the JSON services.

use std::convert::Infallible;
use std::net::SocketAddr;

use bytes::Bytes;
use http::uri::PathAndQuery;
use http::{HeaderValue, Request, Response, StatusCode, Uri, header};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client as Forwarder;
use hyper_util::rt::TokioExecutor;
use reqwest_sigv4::SigV4Middleware;
use sigv4_core::refusal::{Cause, Line};
use sigv4_core::verify::{CredentialMap, Verifier, WireForm};
use sigv4_core::{Credentials, SignedHeaders, Signer};
use tower::service_fn;

use crate::clients::Client;
use crate::server::{Ahead, credentials, listen, serve};

/// A request on its way through the proxy, to be changed.
type Change = fn(&mut Request<Bytes>);

/// A proxy on the loopback that hands everything on, but for one change.
async fn proxy(upstream: SocketAddr, change: Change) -> SocketAddr {
    let forwarder = Forwarder::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
    let service = service_fn(move |request: Request<Incoming>| {
        let forwarder = forwarder.clone();
        async move {
            let (parts, body) = request.into_parts();
            let mut request = Request::from_parts(parts, body.collect().await.unwrap().to_bytes());
            change(&mut request);
            let target = request.uri().path_and_query().unwrap().as_str();
            *request.uri_mut() = format!("http://{upstream}{target}").parse().unwrap();
            let length = HeaderValue::from(request.body().len());
            request.headers_mut().insert(header::CONTENT_LENGTH, length);
            Ok::<Response<Incoming>, Infallible>(forwarder.request(request.map(Full::new)).await.unwrap())
        }
    });
    listen(service).await
}

fn target(request: &mut Request<Bytes>, change: impl Fn(&str) -> String) {
    let target = change(request.uri().path_and_query().unwrap().as_str());
    *request.uri_mut() = Uri::from(target.parse::<PathAndQuery>().unwrap());
}

struct Case {
    what: &'static str,
    change: Change,
    cause: Cause,
    line: Line,
}

fn header_line(name: &str) -> Line {
    Line::Header(name.to_owned())
}

/// Changes that every service notices in the same way.
fn cases() -> Vec<Case> {
    vec![
        Case {
            what: "rewrites a header",
            change: |request| {
                let value = HeaderValue::from_static("text/plain; charset=utf-8");
                request.headers_mut().insert(header::CONTENT_TYPE, value);
            },
            cause: Cause::HeaderAppended,
            line: header_line("content-type"),
        },
        Case {
            what: "replaces a header",
            change: |request| {
                request.headers_mut().insert("x-amz-meta-owner", HeaderValue::from_static("somebody else"));
            },
            cause: Cause::HeaderChanged,
            line: header_line("x-amz-meta-owner"),
        },
        Case {
            what: "drops a header",
            change: |request| drop(request.headers_mut().remove("x-amz-meta-owner")),
            cause: Cause::HeaderDropped,
            line: header_line("x-amz-meta-owner"),
        },
        Case {
            what: "adds to a header",
            change: |request| {
                request.headers_mut().insert("accept-encoding", HeaderValue::from_static("br,gzip(gfe)"));
            },
            cause: Cause::HeaderAppended,
            line: header_line("accept-encoding"),
        },
        Case {
            what: "changes a plus to a space",
            change: |request| target(request, |target| target.replace("%2B", "%20")),
            cause: Cause::PlusAndSpace,
            line: Line::Query("q".to_owned()),
        },
        Case {
            what: "drops a query parameter",
            change: |request| target(request, |target| target.replace("&z=1", "")),
            cause: Cause::QueryPairDropped,
            line: Line::Query("z".to_owned()),
        },
        Case {
            what: "adds a query parameter",
            change: |request| target(request, |target| format!("{target}&trace=7")),
            cause: Cause::QueryPairAdded,
            line: Line::Query("trace".to_owned()),
        },
        Case {
            what: "changes the host",
            change: |request| {
                request.headers_mut().insert(header::HOST, HeaderValue::from_static("backend.internal:8080"));
            },
            cause: Cause::HostChanged,
            line: header_line("host"),
        },
        Case {
            what: "changes the port",
            change: |request| {
                request.headers_mut().insert(header::HOST, HeaderValue::from_static("127.0.0.1"));
            },
            cause: Cause::HostPort,
            line: header_line("host"),
        },
        Case {
            what: "changes the method",
            change: |request| *request.method_mut() = http::Method::PUT,
            cause: Cause::MethodChanged,
            line: Line::Method,
        },
        Case {
            what: "strips a prefix of the path",
            change: |request| target(request, |target| target.replace("/stage", "")),
            cause: Cause::PathChanged,
            line: Line::Path,
        },
        Case {
            what: "changes the body",
            change: |request| *request.body_mut() = Bytes::from("HELLO"),
            cause: Cause::BodyChanged,
            line: Line::PayloadHash,
        },
        Case {
            what: "loses the body",
            change: |request| *request.body_mut() = Bytes::new(),
            cause: Cause::BodyNotSent,
            line: Line::PayloadHash,
        },
    ]
}

fn encode_again(request: &mut Request<Bytes>) {
    target(request, |target| target.replacen("%20", "%2520", 1));
}

async fn refused(service: &'static str, case: &Case) {
    let known: CredentialMap = [credentials()].into_iter().collect();
    let (upstream, counts) =
        serve(Verifier::new(service, "us-east-2", known).with_details(true), Ahead(0)).await;
    let honest = proxy(upstream, |_| ()).await;
    let proxied = proxy(upstream, case.change).await;
    let signer = || {
        let headers = SignedHeaders::standard().also(header::ACCEPT_ENCODING);
        Signer::new(service, "us-east-2", credentials()).with_signed_headers(headers)
    };
    for client in Client::all(signer) {
        let name = format!("{service}, {}: a proxy {}", client.name(), case.what);
        let send = async |address| {
            let request = Request::post(format!("http://{address}/stage/a%20b?q=1%2B1&z=1"))
                .header("content-type", "text/plain")
                .header("accept-encoding", "br")
                .header("x-amz-meta-owner", "the owner");
            client.send(request.body("hello").unwrap()).await
        };
        assert_eq!(send(honest).await.status, StatusCode::OK, "{name}");
        let answer = send(proxied).await;
        assert!(answer.status.is_client_error(), "{name}: {}", answer.status);
        let explanation = answer.explanation.unwrap_or_else(|| panic!("{name}: no explanation"));
        assert_eq!(
            (explanation.cause(), explanation.line()),
            (case.cause, Some(&case.line)),
            "{name}: {explanation}"
        );
        // Values of headers that nobody allowed to be shown are not.
        let text = explanation.to_string();
        assert!(!text.contains("the owner") && !text.contains("somebody else"), "{name}: {text}");
    }
    assert_eq!((counts.accepted(), counts.refused()), (3, 3), "{service}: {}", case.what);
}

#[tokio::test]
async fn is_named_in_the_words_of_json_services() {
    for case in cases() {
        refused("execute-api", &case).await;
    }
    let (what, change) = ("encodes the path again", encode_again as Change);
    refused("execute-api", &Case { what, change, cause: Cause::EncodedTooFew, line: Line::Path }).await;
}

#[tokio::test]
async fn is_named_in_the_words_of_s3() {
    for case in cases() {
        refused("s3", &case).await;
    }
    let (what, change) = ("encodes the path again", encode_again as Change);
    refused("s3", &Case { what, change, cause: Cause::EncodedTooFew, line: Line::Path }).await;
}

/// Between a bare `+` and `%20`, in both directions: each case with what is sent and what the proxy makes of it.
const PLUSES: [(&str, Change); 2] = [
    ("q=a+b&z=1", |request| target(request, |target| target.replace('+', "%20"))),
    ("q=a%20b&z=1", |request| target(request, |target| target.replace("a%20b&", "a+b&"))),
];

#[tokio::test]
async fn that_changes_a_bare_plus_or_makes_one_is_named() {
    for service in ["execute-api", "s3"] {
        for (query, change) in PLUSES {
            let known: CredentialMap = [credentials()].into_iter().collect();
            let verifier = Verifier::new(service, "us-east-2", known).with_details(true);
            let (upstream, _) = serve(verifier, Ahead(0)).await;
            let honest = proxy(upstream, |_| ()).await;
            let proxied = proxy(upstream, change).await;
            let mut clients = Client::all(|| Signer::new(service, "us-east-2", credentials()));
            // reqwest sends `%20` unless told otherwise, and then this proxy finds nothing to change.
            let url = |address| format!("http://{address}/stage/key?{query}");
            if query.contains('+') {
                assert_eq!(clients[0].post(&url(proxied), "").await.status, StatusCode::OK, "{service}");
                let signing = SigV4Middleware::new(Signer::new(service, "us-east-2", credentials()));
                let plain = reqwest_middleware::ClientBuilder::new(reqwest::Client::new());
                clients[0] = Client::Reqwest(plain.with(signing.with_plus_as_space(false)).build());
            }
            for client in clients {
                let name = format!("{service}, {}, {query}", client.name());
                assert_eq!(client.post(&url(honest), "hello").await.status, StatusCode::OK, "{name}");
                let answer = client.post(&url(proxied), "hello").await;
                assert_eq!(answer.status, StatusCode::FORBIDDEN, "{name}");
                let explanation = answer.explanation.unwrap_or_else(|| panic!("{name}: no explanation"));
                let found = (explanation.cause(), explanation.line(), explanation.differing_lines().len());
                let line = Line::Query("q".to_owned());
                assert_eq!(found, (Cause::PlusAndSpace, Some(&line), 1), "{name}: {explanation}");
            }
        }
    }
}

#[tokio::test]
async fn a_secret_that_is_wrong_is_told_from_a_proxy() {
    for service in ["execute-api", "s3", "es", "s3express"] {
        let known: CredentialMap = [credentials()].into_iter().collect();
        let verifier = Verifier::new(service, "us-east-2", known).with_wire_form(WireForm::Equivalent);
        let verifier = verifier.with_details(true);
        let (address, _) = serve(verifier, Ahead(0)).await;
        let wrong = || Credentials::new("AKIDEXAMPLE", "another").unwrap();
        for client in Client::all(|| Signer::new(service, "us-east-2", wrong())) {
            let name = format!("{service}, {}", client.name());
            // Whatever the request: what was signed is made anew for the explanation, to the byte.
            for target in ["/", "/a%20b/c?x=%2B&y&x=", "/a%2Fb//c/?q=%C3%A9", "/*(')!?a=b=c&&d", "/%7Ea-._~"]
            {
                let answer = client.post(&format!("http://{address}{target}"), "hello").await;
                let explanation =
                    answer.explanation.unwrap_or_else(|| panic!("{name}, {target}: {:?}", answer.body));
                assert_eq!(explanation.cause(), Cause::SecretOrToken, "{name}, {target}: {explanation}");
                assert!(explanation.differing_lines().is_empty(), "{name}, {target}: {explanation}");
            }
        }
    }
}

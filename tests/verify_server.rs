//! `VerifyLayer` on real connections: hyper over HTTP/1 and HTTP/2, and axum.

use std::convert::Infallible;
use std::net::SocketAddr;

use axum::Router;
use axum::routing::post;
use bytes::Bytes;
use http::{Request, Response, StatusCode, Version};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use sigv4_core::verify::{Verified, Verifier};
use sigv4_core::{Credentials, Payload, Signer};
use tokio::net::{TcpListener, TcpStream};
use tower::{Service, ServiceBuilder, service_fn};
use tower_sigv4::{BoxError, VerifiedBody, VerifyLayer};

fn credentials() -> Credentials {
    Credentials::new("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY").unwrap()
}

fn layer() -> VerifyLayer {
    VerifyLayer::new(Verifier::new("execute-api", "us-east-2", credentials()))
}

/// Serves on loopback for as long as the runtime lives.
async fn serve<S, B>(service: S) -> SocketAddr
where
    S: Service<Request<hyper::body::Incoming>, Response = Response<B>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Into<BoxError>,
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let service = TowerToHyperService::new(service.clone());
            tokio::spawn(async move {
                auto::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await
            });
        }
    });
    address
}

async fn send(version: Version, address: SocketAddr, request: Request<Full<Bytes>>) -> (StatusCode, String) {
    let stream = TokioIo::new(TcpStream::connect(address).await.unwrap());
    let response = if version == Version::HTTP_2 {
        let (mut sender, connection) = http2::handshake(TokioExecutor::new(), stream).await.unwrap();
        tokio::spawn(connection);
        sender.send_request(request).await.unwrap()
    } else {
        let (mut sender, connection) = http1::handshake(stream).await.unwrap();
        tokio::spawn(connection);
        sender.send_request(request).await.unwrap()
    };
    let status = response.status();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

/// A signed request: with `host` on HTTP/1, where nothing else names it; with `:authority` alone on HTTP/2.
fn signed(version: Version, address: SocketAddr, path: &str) -> Request<Full<Bytes>> {
    let mut request =
        Request::post(format!("http://{address}{path}")).body(Full::<Bytes>::from("{\"a\":1}")).unwrap();
    if version == Version::HTTP_11 {
        request.headers_mut().insert("host", address.to_string().parse().unwrap());
    }
    let signer = Signer::new("execute-api", "us-east-2", credentials());
    signer.sign(&mut request, Payload::bytes(b"{\"a\":1}")).unwrap();
    if version == Version::HTTP_11 {
        *request.uri_mut() = path.parse().unwrap();
    }
    request
}

async fn check(version: Version, address: SocketAddr) {
    let (status, body) = send(version, address, signed(version, address, "/items?a=1")).await;
    assert_eq!((status, body.as_str()), (StatusCode::OK, "AKIDEXAMPLE sent 7 bytes"), "{version:?}");
    let mut other = signed(version, address, "/items?a=1");
    *other.body_mut() = Full::from("{\"a\":2}");
    let (status, body) = send(version, address, other).await;
    assert_eq!(status, StatusCode::FORBIDDEN, "{version:?}");
    assert!(body.contains("The request signature we calculated does not match"), "{body}");
}

#[tokio::test]
async fn hyper() {
    let service =
        ServiceBuilder::new().layer(layer()).service(service_fn(async |request: Request<VerifiedBody>| {
            let verified = request.extensions().get::<Verified>().unwrap();
            let line = format!("{} sent {} bytes", verified.access_key_id(), request.body().as_ref().len());
            Ok::<_, Infallible>(Response::new(Full::<Bytes>::from(line)))
        }));
    let address = serve(service).await;
    check(Version::HTTP_11, address).await;
    check(Version::HTTP_2, address).await;
}

#[tokio::test]
async fn axum_below_a_router_and_above_one() {
    let handler = async |verified: axum::Extension<Verified>, body: Bytes| {
        format!("{} sent {} bytes", verified.access_key_id(), body.len())
    };
    let below =
        Router::new().route("/items", post(handler)).layer(layer().with_body_type::<axum::body::Body>());
    let address = serve(below).await;
    check(Version::HTTP_11, address).await;
    check(Version::HTTP_2, address).await;

    let above = ServiceBuilder::new().layer(layer()).service(Router::new().route("/items", post(handler)));
    check(Version::HTTP_11, serve(above).await).await;
}

#[tokio::test]
async fn a_host_that_differs_from_the_authority() {
    let service =
        ServiceBuilder::new().layer(layer()).service(service_fn(async |_: Request<VerifiedBody>| {
            Ok::<_, Infallible>(Response::new(Full::<Bytes>::default()))
        }));
    let address = serve(service).await;
    // HTTP/1, the target in absolute form: a server that follows RFC 9112 goes by the target, others by the header.
    let mut request = signed(Version::HTTP_11, address, "/items");
    *request.uri_mut() = "http://other.example.com/items".parse().unwrap();
    let (status, body) = send(Version::HTTP_11, address, request).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(body.contains("name different hosts"), "{body}");
    // HTTP/2.
    let mut request = signed(Version::HTTP_2, address, "/items");
    request.headers_mut().insert("host", "other.example.com".parse().unwrap());
    let (status, body) = send(Version::HTTP_2, address, request).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(body.contains("name different hosts"), "{body}");
}

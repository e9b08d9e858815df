//! kube's client over a service that signs.
#![cfg(test)]

use http::Request;
use hyper_util::client::legacy::Client as HyperClient;
use hyper_util::rt::TokioExecutor;
use kube_client::client::{Body, ConfigExt};
use kube_client::{Client, Config};
use sigv4_core::verify::{CredentialMap, Verifier};
use sigv4_core::{Error, ErrorKind, Signer};
use sigv4_examples::{example_credentials, server};
use tower::ServiceBuilder;
use tower_sigv4::SignLayer;

const SCOPE: (&str, &str) = ("execute-api", "us-east-2");

fn sign() -> SignLayer {
    SignLayer::new(Signer::new(SCOPE.0, SCOPE.1, example_credentials().unwrap()))
}

async fn config() -> Config {
    let known: CredentialMap = [example_credentials().unwrap()].into_iter().collect();
    let address = server::serve(Verifier::new(SCOPE.0, SCOPE.1, known)).await.unwrap();
    Config::new(format!("http://{address}").parse().unwrap())
}

fn transport() -> HyperClient<hyper_util::client::legacy::connect::HttpConnector, Body> {
    HyperClient::builder(TokioExecutor::new()).build_http()
}

/// kube's requests name the path alone: its layer that adds the cluster's address stands above the signer.
#[tokio::test]
async fn requests_are_verified() {
    let config = config().await;
    let service = ServiceBuilder::new().layer(config.base_uri_layer()).layer(sign()).service(transport());
    let client = Client::new(service, "default");
    let pods =
        Request::get("/api/v1/namespaces/default/pods?limit=5&labelSelector=app%3Dweb").body(Vec::new());
    let answer = client.request_text(pods.unwrap()).await.unwrap();
    assert_eq!(
        answer,
        "AKIDEXAMPLE signed GET /api/v1/namespaces/default/pods for execute-api in us-east-2\n"
    );

    let pod = br#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"web"}}"#.to_vec();
    let create =
        Request::post("/api/v1/namespaces/default/pods").header("content-type", "application/json").body(pod);
    let answer = client.request_text(create.unwrap()).await.unwrap();
    assert!(answer.starts_with("AKIDEXAMPLE signed POST /api/v1/namespaces/default/pods"), "{answer}");
}

/// The other way round there is no host to sign: an error, and nothing is sent.
#[tokio::test]
async fn the_address_is_added_above_the_signer() {
    let config = config().await;
    let service = ServiceBuilder::new().layer(sign()).layer(config.base_uri_layer()).service(transport());
    let client = Client::new(service, "default");
    let error =
        client.request_text(Request::get("/api/v1/pods").body(Vec::new()).unwrap()).await.unwrap_err();
    let kube_client::Error::Service(error) = error else { panic!("{error:?}") };
    let error = Error::find(&*error).expect("ours");
    assert_eq!(error.kind(), ErrorKind::Request);
    assert!(error.to_string().contains("host"), "{error}");
}

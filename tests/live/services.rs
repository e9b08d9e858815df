//! Services of AWS, as MiniStack serves them.

use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, StatusCode};
use serde_json::{Value, json};

use crate::server::{Client, Server};

#[tokio::test]
async fn sts_tells_who_calls() {
    let Some(server) = Server::up("MINISTACK") else { return };
    const CALL: &str = "Action=GetCallerIdentity&Version=2011-06-15";
    const FORM: HeaderValue = HeaderValue::from_static("application/x-www-form-urlencoded");
    for client in server.clients("sts") {
        let mut post = client.request(Method::POST, "/", CALL);
        post.headers_mut().insert(CONTENT_TYPE, FORM);
        for request in [post, client.request(Method::GET, &format!("/?{CALL}"), "")] {
            let (status, answer) = client.send(request).await;
            let answer = String::from_utf8_lossy(&answer);
            assert_eq!(status, StatusCode::OK, "{}: {answer}", client.kind);
            assert!(answer.contains("<Arn>"), "{}: {answer}", client.kind);
        }
    }
    for client in server.with_wrong_secret().clients("sts") {
        let (status, answer) = client.call(Method::GET, &format!("/?{CALL}"), "").await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{}: {}", client.kind, String::from_utf8_lossy(&answer));
    }
}

#[tokio::test]
async fn dynamodb_stores_and_reads() {
    let Some(server) = Server::up("MINISTACK") else { return };
    for client in server.clients("dynamodb") {
        let table = format!("live-{}", client.kind);
        let call = async |operation: &str, body: Value| {
            json_call(&client, "DynamoDB_20120810", "1.0", operation, body).await
        };
        let (status, answer) = call(
            "CreateTable",
            json!({
                "TableName": table,
                "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
                "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
                "BillingMode": "PAY_PER_REQUEST",
            }),
        )
        .await;
        assert_eq!(status, StatusCode::OK, "{}: {answer}", client.kind);
        let item = json!({"id": {"S": "ü 1"}, "kind": {"S": client.kind}});
        let (status, answer) = call("PutItem", json!({"TableName": table, "Item": item})).await;
        assert_eq!(status, StatusCode::OK, "{}: {answer}", client.kind);
        let (status, answer) =
            call("GetItem", json!({"TableName": table, "Key": {"id": {"S": "ü 1"}}})).await;
        assert_eq!((status, &answer["Item"]), (StatusCode::OK, &item), "{}: {answer}", client.kind);
    }
    for client in server.with_wrong_secret().clients("dynamodb") {
        let (status, answer) = json_call(&client, "DynamoDB_20120810", "1.0", "ListTables", json!({})).await;
        // DynamoDB answers 400 where others answer 403.
        assert_eq!(status, StatusCode::BAD_REQUEST, "{}: {answer}", client.kind);
        assert!(answer.to_string().contains("signature"), "{}: {answer}", client.kind);
    }
}

#[tokio::test]
async fn sqs_sends_and_receives() {
    let Some(server) = Server::up("MINISTACK") else { return };
    for client in server.clients("sqs") {
        let call = async |operation: &str, body: Value| {
            json_call(&client, "AmazonSQS", "1.0", operation, body).await
        };
        let (status, queue) =
            call("CreateQueue", json!({"QueueName": format!("live-{}", client.kind)})).await;
        assert_eq!(status, StatusCode::OK, "{}: {queue}", client.kind);
        let url = &queue["QueueUrl"];
        let (status, answer) = call("SendMessage", json!({"QueueUrl": url, "MessageBody": "hello"})).await;
        assert_eq!(status, StatusCode::OK, "{}: {answer}", client.kind);
        let (status, answer) = call("ReceiveMessage", json!({"QueueUrl": url})).await;
        assert_eq!(
            (status, &answer["Messages"][0]["Body"]),
            (StatusCode::OK, &json!("hello")),
            "{}",
            client.kind
        );
    }
    for client in server.with_wrong_secret().clients("sqs") {
        let (status, answer) = json_call(&client, "AmazonSQS", "1.0", "ListQueues", json!({})).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{}: {answer}", client.kind);
    }
}

async fn json_call(
    client: &Client,
    target: &str,
    version: &str,
    operation: &str,
    body: Value,
) -> (StatusCode, Value) {
    let mut request = client.request(Method::POST, "/", body.to_string());
    let headers = request.headers_mut();
    headers.insert(CONTENT_TYPE, format!("application/x-amz-json-{version}").parse().unwrap());
    headers.insert("x-amz-target", format!("{target}.{operation}").parse().unwrap());
    let (status, answer) = client.send(request).await;
    (status, serde_json::from_slice(&answer).unwrap_or_else(|_| json!(String::from_utf8_lossy(&answer))))
}

//! AppSync: WebSockets whose connection and messages carry a signed request inside.

use std::time::Duration;

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use http::header::{ACCEPT, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::{MINUTE, Service, Token, TokenSigner, check_host, query};
use crate::body::Payload;
use crate::error::{Error, ErrorKind};
use crate::request::{RequestView, SignedHeaders, SigningParams, sign};

/// What the connection itself says.
const NOTHING: &str = "{}";
/// How long the service takes a signature in headers, which has no lifetime of its own to ask for less by.
const ACCEPTED: Duration = MINUTE.saturating_mul(5);
const APPSYNC: Service =
    Service { name: "appsync", title: "an AppSync token", lifetime: ACCEPTED, longest: ACCEPTED };

/// AppSync takes what is signed for it for 5 minutes, or until the credentials expire, as
/// [`expires_at`](Token::expires_at) tells, also where a shorter [`lifetime`](TokenSigner::lifetime) is asked for.
impl TokenSigner<'_> {
    /// The URL of the real-time endpoint of an AppSync GraphQL API, for a WebSocket with the subprotocol `graphql-ws`.
    /// `host` is that of the API itself (`….appsync-api.REGION.amazonaws.com`, or a domain of one's own).
    ///
    /// <https://docs.aws.amazon.com/appsync/latest/devguide/real-time-websocket-client.html>
    pub fn appsync_graphql(&self, host: &str) -> Result<Token, Error> {
        let header = self.appsync_header(host, "/graphql/connect", NOTHING)?;
        let (header, payload) = (BASE64_STANDARD.encode(&*header), BASE64_STANDARD.encode(NOTHING));
        let query = query(&[("header", &header), ("payload", &payload)]);
        let url = match host.split_once(".appsync-api.") {
            Some((api, region)) => format!("wss://{api}.appsync-realtime-api.{region}/graphql?{query}"),
            None => format!("wss://{host}/graphql/realtime?{query}"),
        };
        Ok(self.token(url, self.taken_for(ACCEPTED)))
    }

    /// The subprotocol that opens the WebSocket of an AppSync Event API (`wss://…/event/realtime`), to be sent beside
    /// `aws-appsync-event-ws`. `host` is the API's HTTP endpoint.
    ///
    /// <https://docs.aws.amazon.com/appsync/latest/eventapi/event-api-websocket-protocol.html>
    pub fn appsync_events(&self, host: &str) -> Result<Token, Error> {
        let header = self.appsync_header(host, "/event", NOTHING)?;
        let protocol = format!("header-{}", BASE64_URL_SAFE_NO_PAD.encode(&*header));
        Ok(self.token(protocol, self.taken_for(ACCEPTED)))
    }

    /// The authorization inside a message of such a WebSocket, a JSON object: a subscription (GraphQL, path `/graphql`,
    /// in `payload.extensions.authorization`) or an operation (Events, path `/event`, in `authorization`). `body` is the
    /// JSON that is authorized, exactly as the message carries it: `data`, or `{"channel":"/a/b"}`.
    pub fn appsync_message(&self, host: &str, path: &str, body: &str) -> Result<Token, Error> {
        let header = self.appsync_header(host, path, body)?;
        Ok(self.token(String::clone(&header), self.taken_for(ACCEPTED)))
    }

    /// The headers of a signed POST, as a JSON object.
    fn appsync_header(&self, host: &str, path: &str, body: &str) -> Result<Zeroizing<String>, Error> {
        const EVERYTHING: &SignedHeaders = &SignedHeaders::everything();
        check_host("AppSync", host)?;
        self.lifetime_for(&APPSYNC)?;
        let unreadable =
            |_| Error::new(ErrorKind::Header, "a header of the signature for AppSync cannot be told in JSON");
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json, text/javascript"));
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("amz-1.0"));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json; charset=UTF-8"));
        let mut params = SigningParams::new(self.credentials, &self.date, self.region, APPSYNC.name);
        params.signed_headers = EVERYTHING;
        let view = RequestView {
            method: "POST",
            host: Some(host),
            sign_host: None,
            path,
            query: "",
            headers: &headers,
        };
        sign(&view, &params, Payload::bytes(body.as_bytes()), None)?.apply(&mut headers)?;
        let mut object = Map::new();
        object.insert("host".into(), host.into());
        for (name, value) in &headers {
            // The name that the service looks for.
            let name = if name == http::header::AUTHORIZATION { "Authorization" } else { name.as_str() };
            object.insert(name.into(), value.to_str().map_err(unreadable)?.into());
        }
        Ok(Zeroizing::new(Value::Object(object).to_string()))
    }
}

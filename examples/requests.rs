//! The two requests that the examples send.

use bytes::Bytes;
use http::Request;
use http::header::CONTENT_TYPE;

use crate::Failure;
use crate::file_body::RequestBody;

/// Service and region of [`add_event`].
pub const EXECUTE_API: (&str, &str) = ("execute-api", "us-east-2");

/// Service and region of [`invoke_async`].
pub const LAMBDA: (&str, &str) = ("lambda", "us-east-1");

/// A POST of JSON to an API behind Amazon API Gateway. `endpoint` is scheme and host.
pub fn add_event(endpoint: &str) -> Result<Request<RequestBody>, Failure> {
    let body = Bytes::from_static(br#"{"event":"signup","user":"alice"}"#);
    Ok(Request::post(format!("{endpoint}/prod/events/add-event"))
        .header(CONTENT_TYPE, "application/json")
        .body(body.into())?)
}

/// An asynchronous call of a Lambda function. `endpoint` is scheme and host.
pub fn invoke_async(endpoint: &str) -> Result<Request<RequestBody>, Failure> {
    let body = Bytes::from_static(br#"{"name":"reinvent"}"#);
    Ok(Request::post(format!("{endpoint}/2014-11-13/functions/hello-reinvent/invoke-async/"))
        .body(body.into())?)
}

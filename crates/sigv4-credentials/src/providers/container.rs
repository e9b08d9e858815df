//! ECS, EKS and everything else that hands credentials to a container over HTTP.

use std::net::IpAddr;

use http::header::{ACCEPT, AUTHORIZATION};
use http::{HeaderValue, Request, Uri};
use sigv4_core::{Credentials, Error};
use zeroize::Zeroizing;

use super::provides;
use crate::context::Context;
use crate::http::{Exchange, fail, host_of, refused};
use crate::json::Object;
use crate::lookup::{Lookup, from_json, read_token, reported, within};

const RELATIVE: &str = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
const FULL: &str = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
const TOKEN: &str = "AWS_CONTAINER_AUTHORIZATION_TOKEN";
const TOKEN_FILE: &str = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE";
const ECS: &str = "http://169.254.170.2";

/// Credentials of the task or pod, from the address that `AWS_CONTAINER_CREDENTIALS_RELATIVE_URI` (ECS) or
/// `AWS_CONTAINER_CREDENTIALS_FULL_URI` (EKS Pod Identity, Greengrass) gives.
///
/// `AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE`, read anew at each call, or else `AWS_CONTAINER_AUTHORIZATION_TOKEN`
/// gives the `authorization` header. Plain HTTP goes to loopback addresses, `localhost`, `169.254.170.2`,
/// `169.254.170.23` and `[fd00:ec2::23]` only. <https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html>
///
/// ```
/// use sigv4_credentials::ContainerProvider;
/// use sigv4_credentials::context::Context;
///
/// let provider = ContainerProvider::new(&Context::system());
/// # let _ = provider;
/// ```
pub struct ContainerProvider {
    context: Context,
}

impl ContainerProvider {
    /// Reads the variables at each call.
    pub fn new(context: &Context) -> Self {
        Self { context: context.clone() }
    }

    pub(crate) async fn find(&self) -> Result<Lookup, Error> {
        let Some(uri) = self.address()? else {
            return Lookup::absent(format!("{RELATIVE} and {FULL} are not set"));
        };
        let exchange = Exchange { attempts: 3, ..Exchange::link_local("container credentials") };
        let request = || {
            let mut request = Request::get(uri.clone()).header(ACCEPT, "application/json");
            if let Some(token) = self.token()? {
                request = request.header(AUTHORIZATION, token);
            }
            request
                .body(bytes::Bytes::new())
                .map_err(|error| fail("container credentials").with_source(error))
        };
        let answer = exchange.send(&self.context, request, |_| false).await?;
        let place = format!("container credentials at {}", host_of(&uri));
        let body = Object::parse(answer.body());
        if !answer.status().is_success() {
            let said = body.ok().and_then(|body| reported(&body, "code", "message")).unwrap_or_default();
            let message = format!("{place} answered {} {said}", answer.status());
            return Err(refused(answer.status(), message));
        }
        body.and_then(|body| read(&body)).map(Lookup::Found).map_err(|error| within(&place, error))
    }

    fn address(&self) -> Result<Option<Uri>, Error> {
        let (variable, text) = match (self.context.variable(RELATIVE), self.context.variable(FULL)) {
            (Some(relative), _) => {
                let slash = if relative.starts_with('/') { "" } else { "/" };
                (RELATIVE, format!("{ECS}{slash}{relative}"))
            }
            (None, Some(full)) => (FULL, full),
            (None, None) => return Ok(None),
        };
        let uri: Uri = text
            .parse()
            .map_err(|error| fail(format_args!("{variable} holds no usable address")).with_source(error))?;
        let Some(host) = uri.host() else {
            return Err(fail(format_args!("{variable} names no host: write it as http://host/path")));
        };
        match uri.scheme_str() {
            Some("https") => Ok(Some(uri)),
            Some("http") if may_be_plain(host) => Ok(Some(uri)),
            Some("http") => Err(fail(format_args!(
                "{variable} names the host {host}, and plain HTTP is allowed to loopback, 169.254.170.2, \
                 169.254.170.23 and [fd00:ec2::23] alone: use https"
            ))),
            _ => Err(fail(format_args!("{variable} is neither an http nor an https address"))),
        }
    }

    fn token(&self) -> Result<Option<HeaderValue>, Error> {
        let (variable, token) = match (self.context.variable(TOKEN_FILE), self.context.variable(TOKEN)) {
            (Some(file), _) => (TOKEN_FILE, read_token(&self.context, &file, TOKEN_FILE)?),
            (None, Some(token)) => (TOKEN, Zeroizing::new(token)),
            (None, None) => return Ok(None),
        };
        let mut value = HeaderValue::from_str(&token).map_err(|_| {
            fail(format_args!(
                "the token of {variable} holds a line break or another character no header can carry"
            ))
        })?;
        value.set_sensitive(true);
        Ok(Some(value))
    }
}

provides!(ContainerProvider, "container");

/// Whether the host is one that no credentials can leak from over plain HTTP. Names are not resolved, but for `localhost`.
fn may_be_plain(host: &str) -> bool {
    match host.trim_start_matches('[').trim_end_matches(']').parse() {
        Ok(IpAddr::V4(ip)) => ip.is_loopback() || matches!(ip.octets(), [169, 254, 170, 2 | 23]),
        Ok(IpAddr::V6(ip)) => ip.is_loopback() || ip.segments() == [0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x23],
        Err(_) => host.eq_ignore_ascii_case("localhost"),
    }
}

/// Reads the answer's body.
pub(crate) fn read(answer: &Object) -> Result<Credentials, Error> {
    if let Some(said) = reported(answer, "Code", "Message").filter(|said| said != "Success") {
        return Err(fail(format_args!("it reported {said}")));
    }
    Ok(from_json(answer, "Token", true)?.with_source("container"))
}

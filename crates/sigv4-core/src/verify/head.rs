//! A request's head: read, and checked as far as that goes without the secret.

use std::borrow::Cow;
use std::sync::Arc;

use zeroize::Zeroizing;

use super::arrived::{Arrived, signed_names};
use super::carried::{self, Carried, Parameters};
use super::claim::Claim;
use super::payload::PayloadClaim;
use super::proof::Proof;
use super::rejection::{Reason, Rejection, Wording};
use super::scope::{Credential, Served};
use super::verified::Form;
use super::verifier::Config;
use super::wire_form::check_method;
use crate::canonical::{CanonicalRequest, HashSink};
use crate::clock::AmzDate;
use crate::flow;
use crate::request::{HeaderView, RequestView};
use crate::service::ServiceRules;
use crate::signature::ALGORITHM;
#[cfg(feature = "sigv4a")]
use crate::signature::{ALGORITHM_V4A, RegionSet};

/// Reads a request's head, up to the point where the secret is needed.
pub(super) fn read<H: HeaderView + ?Sized>(
    config: &Arc<Config>,
    request: &RequestView<'_, H>,
) -> Result<Claim, Rejection> {
    let parameters = Parameters::look(request.query);
    let refuse = |form, service: Option<&str>| {
        let wording = Wording { dialect: config.dialect(service), form };
        move |reason| Rejection::new(reason, wording)
    };
    let likely = if parameters.is_signed() { Form::Presigned } else { Form::Header };
    let headers = Arrived::look(request.headers).map_err(refuse(likely, None))?;
    let form = carried::form(&headers, &parameters).map_err(refuse(likely, None))?;
    let head = Head { request, form, headers, parameters };
    let (carried, signer) = head.signer(config).map_err(refuse(form, None))?;
    let service = signer.served.service.clone();
    head.claim(config, &carried, signer).map_err(refuse(form, Some(&service)))
}

/// A request's head, taken apart.
struct Head<'r, 'a, H: ?Sized> {
    request: &'r RequestView<'a, H>,
    form: Form,
    headers: Arrived<'a>,
    parameters: Parameters<'a>,
}

/// Who claims to have signed, for what, and when.
struct Signer {
    access_key_id: String,
    served: Served,
    date: AmzDate,
    proof: Proof,
}

impl<'a, H: ?Sized> Head<'_, 'a, H> {
    fn signer(&self, config: &Config) -> Result<(Carried<'a>, Signer), Reason> {
        check_method(self.request.method)?;
        let carried = match self.form {
            Form::Header => Carried::in_headers(&self.headers)?,
            Form::Presigned => Carried::in_query(&self.headers, &self.parameters)?,
        };
        let date = || AmzDate::parse(&carried.date).map_err(|_| Reason::DateFormat(carried.date.to_string()));
        let signer = match &*carried.algorithm {
            ALGORITHM => {
                let date = date()?;
                let credential = Credential::parse(&carried.credential)?;
                let served = credential.scope(&config.served, &date)?.clone();
                let proof = Proof::v4(&carried.signature)?;
                Signer { access_key_id: credential.access_key_id.to_owned(), served, date, proof }
            }
            #[cfg(feature = "sigv4a")]
            ALGORITHM_V4A if config.sigv4a => {
                let date = date()?;
                let regions =
                    carried.region_set.as_deref().ok_or(Reason::MissingParts(vec!["X-Amz-Region-Set"]))?;
                let regions =
                    RegionSet::parse(regions).map_err(|error| Reason::Malformed(error.to_string().into()))?;
                let credential = Credential::parse_without_region(&carried.credential)?;
                let served = credential.scope_in(&config.served, &date, &regions)?.clone();
                let proof = Proof::v4a(&carried.signature)?;
                Signer { access_key_id: credential.access_key_id.to_owned(), served, date, proof }
            }
            other => return Err(Reason::Algorithm(other.to_owned())),
        };
        Ok((carried, signer))
    }

    fn claim(&self, config: &Arc<Config>, carried: &Carried<'_>, signer: Signer) -> Result<Claim, Reason> {
        let Signer { access_key_id, served, date, proof } = signer;
        let rules = config.rules(&served.service);
        let window = config.window();
        let lifetime = match (self.form, &carried.expires) {
            (Form::Presigned, Some(expires)) => Some(window.check_presigned(&date, expires)?),
            _ => window.check_header(&date).map(|()| None)?,
        };
        let content_sha256 = carried.content_sha256.as_deref();
        let payload = PayloadClaim::read(content_sha256, self.form, &rules, config.payload)?;
        if let (false, PayloadClaim::Streaming(literal)) = (proof.has_region(), &payload) {
            return Err(Reason::PayloadRefused(literal));
        }
        // Not moved from here on: it would leave traces behind.
        let mut hashed = Box::new(HashSink::new());
        hashed.hide();
        let mut text = config.details.then(Vec::new);
        self.canonical(config, &rules, &carried.signed_headers, |canonical| {
            canonical.put(&mut *hashed);
            if let Some(text) = &mut text {
                canonical.put(text);
            }
        })?;
        Ok(Claim {
            config: Arc::clone(config),
            now: window.now,
            form: self.form,
            access_key_id,
            served,
            date,
            lifetime,
            proof,
            token: carried.token.as_ref().map(|token| Zeroizing::new(token.to_vec())),
            signed_headers: carried.signed_headers.split(';').map(str::to_owned).collect(),
            payload,
            hashed,
            text,
        })
    }

    /// Hands the canonical request, but for its last line, to `then`; unless the request's form stands against it.
    fn canonical(
        &self,
        config: &Config,
        rules: &ServiceRules,
        signed_headers: &str,
        then: impl FnOnce(&CanonicalRequest<'_, '_>),
    ) -> Result<(), Reason> {
        let (request, wire_form) = (self.request, config.wire_form);
        wire_form.check_path(request.path, rules)?;
        let wire_path = flow::wire_path(request.path, rules);
        wire_form.check_query(request.query)?;
        let query = match self.form {
            Form::Header => Cow::Borrowed(request.query),
            Form::Presigned => Cow::Owned(self.parameters.signed(rules.token)),
        };
        wire_form.check_canonical_query(&query)?;
        let names = signed_names(signed_headers)?;
        let view = RequestView { sign_host: config.host.as_deref().or(request.sign_host), ..*request };
        let host = self.headers.host(&view)?;
        let demanded = |name: &str| config.demanded.iter().any(|demanded| demanded == name);
        let headers = self.headers.signed(&names, host, demanded, wire_form)?;
        then(&CanonicalRequest {
            method: request.method,
            path: wire_path.as_deref().unwrap_or(request.path),
            query: (&*query).into(),
            normalize_path: rules.normalize_path,
            double_encode: rules.double_encode,
            headers: &headers,
            payload_hash: "",
        });
        Ok(())
    }
}

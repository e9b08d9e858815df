//! Faults that are met more seldom: of time zones, of names mixed up, of a step left out at the end.

use std::time::Duration;

use sigv4_core::clock::AmzDate;

use super::{Faults, Part};
use crate::claim::Claim;
use crate::recipe::{Last, Recipe};

pub(super) fn add(faults: &mut Faults, claim: &Claim, right: &Recipe) {
    time_zones(faults, claim);
    scopes(faults, claim);
    names(faults, claim);
    layout(faults, right);
    for (last, sentence) in [
        (
            Last::Exchanged,
            "key and message were exchanged in the last step: the signing key is the key, the string to sign the message",
        ),
        (
            Last::HashAlone,
            "the string to sign was hashed and not signed: take the HMAC of it by the signing key",
        ),
    ] {
        faults.add(Part::Signature, sentence, move |recipe| recipe.last = last);
    }
}

/// The local time in one place, UTC in the other.
fn time_zones(faults: &mut Faults, claim: &Claim) {
    let Some(moment) = claim.date() else { return };
    let shifted = |minutes: i64| {
        let distance = Duration::from_secs(minutes.unsigned_abs() * 60);
        let time = moment.time();
        let time = if minutes < 0 { time.checked_sub(distance) } else { time.checked_add(distance) };
        time.and_then(|time| AmzDate::new(time).ok())
    };
    let hours = (-14..=14).filter(|hours| *hours != 0).map(|hours| hours * 60);
    for minutes in hours.chain([330, -330, 345, -345, 570, -570]) {
        let Some(other) = shifted(minutes) else { continue };
        let sentence =
            "the time in the string to sign is in another time zone than the request's: write UTC in both";
        faults.add(Part::ToSign, sentence, move |recipe| recipe.date = other.as_str().to_owned());
    }
    for days in [-1, 1] {
        let Some(other) = shifted(days * 24 * 60) else { continue };
        let sentence =
            "the key was derived by another day than the scope names: take the date in UTC for both";
        faults.add(Part::Key, sentence, move |recipe| {
            if let Some(date) = recipe.steps.first_mut() {
                *date = other.date().to_owned();
            }
        });
    }
    let text = moment.as_str();
    let (date, time) = (&text[..8], &text[9..15]);
    let long = format!(
        "{}-{}-{}T{}:{}:{}",
        &date[..4],
        &date[4..6],
        &date[6..],
        &time[..2],
        &time[2..4],
        &time[4..]
    );
    for form in
        [format!("{long}Z"), format!("{long}.000Z"), format!("{date}T{time}.000Z"), text[..15].to_owned()]
    {
        let sentence = "the time in the string to sign is of another form than the request's: write YYYYMMDDTHHMMSSZ in both";
        faults.add(Part::ToSign, sentence, move |recipe| recipe.date.clone_from(&form));
    }
}

/// Another scope in the string to sign than in the credential, by which the key was derived.
fn scopes(faults: &mut Faults, claim: &Claim) {
    let Claim { scope_date, region, service, terminator, .. } = claim;
    let mut add = |what: &str, scope: String| {
        let sentence =
            format!("the scope in the string to sign has {what} than the credential: use one for both");
        faults.add(Part::ToSign, sentence, move |recipe| recipe.scope.clone_from(&scope));
    };
    for other in ["us-east-1", "us-west-2", "eu-west-1", "auto"].into_iter().filter(|other| other != region) {
        add("another region", format!("{scope_date}/{other}/{service}/{terminator}"));
    }
    for other in ["s3", "execute-api", "sts", "lambda"].into_iter().filter(|other| other != service) {
        add("another service", format!("{scope_date}/{region}/{other}/{terminator}"));
    }
}

fn names(faults: &mut Faults, claim: &Claim) {
    let service = claim.service.clone();
    for other in
        ["apigateway", "aoss", "bedrock", "email", "ses", "iot", "sqs", "sns", "iam", "ec2", "appsync"]
    {
        if other != service {
            let sentence = format!(
                "the key was derived for the service \"{other}\" and the credential scope names \"{service}\": use one for both"
            );
            faults.add(Part::Key, sentence, move |recipe| {
                if let [_, _, service, _] = recipe.steps.as_mut_slice() {
                    *service = other.to_owned();
                }
            });
        }
    }
    faults.add(
        Part::Key,
        "the key derivation started with the prefix in lower case: it is AWS4, before the secret access key",
        |recipe| recipe.prefix = "aws4",
    );
    let id = claim.access_key_id.clone();
    faults.add(
        Part::Secret,
        "the client signed with the access key id in place of the secret access key: exchange them",
        move |recipe| recipe.secret = id.clone().into_bytes(),
    );
    faults.add(
        Part::Secret,
        "the client signed with the secret access key in upper case: read it whole and nothing else",
        |recipe| recipe.secret = recipe.secret.to_ascii_uppercase(),
    );
}

/// Lines left out.
fn layout(faults: &mut Faults, right: &Recipe) {
    faults.add(
        Part::ToSign,
        "the string to sign was made without its first line: begin it with the algorithm",
        |recipe| recipe.algorithm_line = false,
    );
    if right.query.is_empty() && !right.headers.is_empty() {
        let sentence = "the line of the query string was left out of the canonical request: leave it empty where there is none";
        faults.add(Part::Layout, sentence, |recipe| {
            // The first header takes the line.
            if recipe.query.is_empty() && !recipe.headers.is_empty() {
                let (name, value) = recipe.headers.remove(0);
                recipe.query = format!("{name}:{value}");
            }
        });
    }
}

//! Faults in the time of the string to sign.

use sigv4_core::clock::AmzDate;

use super::{Faults, Part};
use crate::claim::Claim;
use crate::wire::Request;

pub(super) fn add(faults: &mut Faults, request: &Request, claim: &Claim) {
    date_header(faults, request, claim);
    times(faults, claim);
}

/// Both times were sent, and the other one was signed.
fn date_header(faults: &mut Faults, request: &Request, claim: &Claim) {
    let Some(written) = request.header("date").filter(|date| *date != claim.amz_date) else { return };
    let moment = httpdate::parse_http_date(&written).ok().and_then(|time| AmzDate::new(time).ok());
    let forms = moment.map(|moment| moment.as_str().to_owned()).into_iter().chain([written.into_owned()]);
    for form in forms.filter(|form| *form != claim.amz_date) {
        let sentence = "the time in the string to sign is that of the header Date, and x-amz-date, which counts, is another: \
                        write both from one reading of the clock";
        faults.add(Part::ToSign, sentence, move |recipe| recipe.date.clone_from(&form));
    }
}

/// The time in the string to sign was another than the request's.
fn times(faults: &mut Faults, claim: &Claim) {
    let date = &claim.amz_date;
    if claim.date().is_none() || date.len() != 16 {
        // `2026-01-02T03:04:05Z` or an HTTP date in the request, and the right form in the string to sign.
        let http = httpdate::parse_http_date(date).ok().and_then(|time| AmzDate::new(time).ok());
        if let Some(moment) = AmzDate::parse(&date.replace(['-', ':'], "")).ok().or(http) {
            faults.add(Part::ToSign, "the request carries its time in another form than the string to sign: send x-amz-date as YYYYMMDDTHHMMSSZ", move |recipe| {
                recipe.date = moment.as_str().to_owned();
            });
        }
        return;
    }
    let month = format!("{}{}{}", &date[..11], &date[4..6], &date[13..]);
    if month != *date {
        let sentence = "the time in the string to sign has the month where its minutes belong (%m for %M): write hours, minutes and seconds";
        faults.add(Part::ToSign, sentence, move |recipe| recipe.date.clone_from(&month));
    }
    for minute in (0..60).filter(|minute| format!("{minute:02}") != date[11..13]) {
        let other = format!("{}{minute:02}{}", &date[..11], &date[13..]);
        let because = if date[4..6] == date[11..13] {
            ", and the month stands where they belong in the request (%m for %M)"
        } else {
            ""
        };
        let sentence = format!(
            "the time in the string to sign has other minutes than the request{because}: write both from one reading of the clock"
        );
        faults.add(Part::ToSign, sentence, move |recipe| recipe.date.clone_from(&other));
    }
    let Some(moment) = claim.date() else { return };
    for seconds in (1..=10).flat_map(|seconds| [-seconds, seconds]) {
        let distance = std::time::Duration::from_secs(i64::unsigned_abs(seconds));
        let time = if seconds < 0 {
            moment.time().checked_sub(distance)
        } else {
            moment.time().checked_add(distance)
        };
        if let Some(other) = time.and_then(|time| AmzDate::new(time).ok()) {
            let sentence = "the time in the string to sign is some seconds off the request's: read the clock once and write both from it";
            faults.add(Part::ToSign, sentence, move |recipe| recipe.date = other.as_str().to_owned());
        }
    }
}

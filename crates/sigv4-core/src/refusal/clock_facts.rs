//! What the times in a request and a refusal say: a wrong clock, an old signature, a wrong format.

use std::time::{Duration, SystemTime};

use super::explanation::{Cause, Confidence, Finding};
use super::lines::Line;
use super::sent::SentSignature;
use super::when;

use Confidence::{Certain, Likely, Possible};

/// Services take five minutes in either direction, most fifteen; what is healed beyond this is explained, too.
const TOLERATED: u64 = 240;
/// Closer than this, two clocks count as equal.
const EQUAL: u64 = 120;

/// Findings for a time that the service refused.
pub(super) fn skew(
    sent: &SentSignature,
    request_time: Option<SystemTime>,
    server_time: Option<SystemTime>,
) -> Vec<Finding> {
    let signed = request_time.or_else(|| when::parse(&sent.amz_date));
    let (Some(signed), Some(server)) = (signed, server_time) else {
        return vec![untimed(sent)];
    };
    let ahead = when::seconds_ahead(signed, server);
    if ahead.unsigned_abs() < 60 {
        return vec![in_time(ahead.unsigned_abs())];
    }
    off(sent, signed, server, true).into_iter().map(|finding| finding.on(Line::Date)).collect()
}

/// The same from the bare facts: nothing, unless the signed time is out of what services tolerate.
pub(super) fn offset(sent: &SentSignature, server_time: Option<SystemTime>) -> Vec<Finding> {
    let (Some(signed), Some(server)) = (when::parse(&sent.amz_date), server_time) else {
        return Vec::new();
    };
    let ahead = when::seconds_ahead(signed, server);
    // A presigned URL is old by intention.
    let wrong = ahead.unsigned_abs() > TOLERATED && (ahead > 0 || sent.presigned_for.is_none());
    if !wrong {
        return Vec::new();
    }
    off(sent, signed, server, false)
}

/// The moment at which a presigned URL ended, and whether it had ended for the service.
pub(super) fn url_expiry(sent: &SentSignature) -> Option<SystemTime> {
    when::parse(&sent.amz_date)?.checked_add(Duration::from_secs(sent.presigned_for?))
}

/// A clock that agrees is not the one to set.
fn in_time(seconds: u64) -> Finding {
    let span = when::words(Duration::from_secs(seconds));
    let evidence = format!(
        "the service finds the signed time too far from its own, and its answer is of {span} from that time"
    );
    let advice = "a proxy's clock is in the answer, or another time of the request expired, such as a parameter Expires or \
                  Timestamp";
    Finding::new(Cause::StaleSignature, Likely, evidence, advice).on(Line::Date)
}

fn untimed(sent: &SentSignature) -> Finding {
    let evidence = match when::parse(&sent.amz_date) {
        Some(signed) => {
            format!("the service finds the signed time {} too far from its own", when::shown(signed))
        }
        None => "the service finds the signed time too far from its own".to_owned(),
    };
    let advice = "set the local clock by a time server, and sign right before sending";
    Finding::new(Cause::ClockBehind, Likely, evidence, advice).on(Line::Date)
}

fn off(sent: &SentSignature, signed: SystemTime, server: SystemTime, refused: bool) -> Vec<Finding> {
    let ahead = when::seconds_ahead(signed, server);
    let span = when::words(Duration::from_secs(ahead.unsigned_abs()));
    let direction = if ahead > 0 { "ahead of" } else { "behind" };
    let times = format!(
        "the request was signed for {}, {span} {direction} the service's clock ({})",
        when::shown(signed),
        when::shown(server)
    );
    let local_off = sent.received_at.map(|local| when::seconds_ahead(local, server));
    let clock_is_right = local_off.map(|off| off.unsigned_abs() <= EQUAL);
    let (clock, set) = if ahead > 0 {
        (Cause::ClockAhead, "the local clock is ahead, so set it by a time server")
    } else {
        (Cause::ClockBehind, "the local clock is behind, so set it by a time server")
    };
    let certain = if refused { Certain } else { Likely };
    if clock_is_right != Some(false) && month_for_minutes(sent, server) {
        let evidence = format!("{times}, and its minutes are the number of the month");
        let advice = "the format string has the month where the minutes belong (%m for %M)";
        let confidence = if clock_is_right == Some(true) { certain } else { Likely };
        return vec![Finding::new(Cause::MonthForMinutes, confidence, evidence, advice)];
    }
    let whole_zone = (ahead.unsigned_abs() + 60) % 1_800 <= EQUAL && ahead.unsigned_abs() > 1_500;
    let zone = || {
        let advice = "local time was written with a Z behind it, so sign in UTC";
        Finding::new(Cause::LocalTimeSigned, Likely, times.clone(), advice)
    };
    match clock_is_right {
        Some(true) if whole_zone => vec![zone()],
        Some(true) if ahead < 0 => {
            let advice = "the local clock is right, so the signature was old when it arrived (sign anew for each \
                          attempt, right before sending)";
            vec![Finding::new(Cause::StaleSignature, certain, times, advice)]
        }
        Some(true) => vec![Finding::new(
            Cause::ClockAhead,
            Likely,
            times,
            "the local clock is right now, so another clock was read, or it was set in between",
        )],
        Some(false) => vec![Finding::new(clock, certain, times, set)],
        None if whole_zone => vec![
            zone(),
            Finding::new(
                clock,
                Possible,
                "the distance is one between time zones, and the clock may be as far off all the same",
                set,
            ),
        ],
        None if ahead > 0 => vec![Finding::new(clock, certain, times, set)],
        None => vec![
            Finding::new(clock, Likely, times, set),
            Finding::new(
                Cause::StaleSignature,
                Possible,
                "the service tells only when the request arrived",
                "if the local clock is right, the signature was old, so sign anew for each attempt",
            ),
        ],
    }
}

/// Whether the minutes of the signed time are the number of its month, in the server's own hour or next to it.
fn month_for_minutes(sent: &SentSignature, server: SystemTime) -> bool {
    let date = sent.amz_date.as_bytes();
    let Some(signed) = when::parse(&sent.amz_date) else {
        return false;
    };
    let apart = when::seconds_ahead(signed, server).unsigned_abs();
    date.get(4..6) == date.get(11..13) && (TOLERATED..=3_600).contains(&apart)
}

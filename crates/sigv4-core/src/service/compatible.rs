//! Object storage of others that speaks S3.

use super::host::{is_region, is_single, pop};
use super::infer::{InferredScope, Operator};

/// The scope for a host outside AWS's domains, in lower case.
pub(super) fn scope(host: &str) -> Option<InferredScope<'_>> {
    let (rest, top) = pop(host);
    let (name, domain) = pop(rest);
    let (operator, region) = match (domain, top) {
        ("backblazeb2", "com") => (Operator::Backblaze, backblaze(name)?),
        ("cloudflarestorage", "com") => (Operator::Cloudflare, cloudflare(name)?),
        ("digitaloceanspaces", "com") => (Operator::DigitalOcean, digital_ocean(name)?),
        ("googleapis", "com") => (Operator::Google, google(name)?),
        ("scw", "cloud") => (Operator::Scaleway, scaleway(name)?),
        ("wasabisys", "com") => (Operator::Wasabi, wasabi(name)?),
        _ => return None,
    };
    Some(InferredScope::new("s3", region, operator))
}

/// The region of `[bucket.]s3.region`.
fn after_s3(name: &str) -> Option<&str> {
    let (rest, region) = pop(name);
    (pop(rest).1 == "s3").then_some(region)
}

/// `[bucket.]s3.us-west-004`: like a region of AWS, with three digits.
fn backblaze(name: &str) -> Option<&str> {
    let region = after_s3(name)?;
    let (front, digits) = region.split_at_checked(region.len().checked_sub(2)?)?;
    (is_region(front) && digits.bytes().all(|b| b.is_ascii_digit())).then_some(region)
}

/// `[bucket.]account[.jurisdiction].r2`. There is one region.
fn cloudflare(name: &str) -> Option<&'static str> {
    let name = name.strip_suffix(".r2")?;
    let name = name.strip_suffix(".eu").or_else(|| name.strip_suffix(".fedramp")).unwrap_or(name);
    let (bucket, account) = pop(name);
    let known = account.len() == 32 && account.bytes().all(|b| b.is_ascii_hexdigit());
    (known && (bucket.is_empty() || is_single(bucket))).then_some("auto")
}

/// `[bucket.]nyc3`.
fn digital_ocean(name: &str) -> Option<&str> {
    let (bucket, region) = pop(name);
    let city = region.get(..3)?;
    let number = region.get(3..)?;
    let known = city.bytes().all(|b| b.is_ascii_lowercase())
        && (1..=2).contains(&number.len())
        && number.bytes().all(|b| b.is_ascii_digit());
    (known && (bucket.is_empty() || is_single(bucket))).then_some(region)
}

/// `[bucket.]storage`. Any region is taken.
fn google(name: &str) -> Option<&'static str> {
    (pop(name).1 == "storage").then_some("auto")
}

/// `[bucket.]s3.fr-par`.
fn scaleway(name: &str) -> Option<&str> {
    let region = after_s3(name)?;
    let (country, city) = region.split_once('-')?;
    let known = country.len() == 2 && city.len() == 3;
    (known && region.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')).then_some(region)
}

/// `[bucket.]s3[.region]`; without a region it is the first.
fn wasabi(name: &str) -> Option<&str> {
    match pop(name).1 {
        "s3" => Some("us-east-1"),
        region if is_region(region) && after_s3(name).is_some() => Some(region),
        _ => None,
    }
}

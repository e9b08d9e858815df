//! Hosts of AWS, but for S3's.
//!
//! A name is read from the right, from what AWS chooses to what its customers choose: domain, region, service,
//! resource. A label that a customer chose is never looked at for a region or a service.

use super::host::{is_account, is_single, pop, without_fips};
use super::infer::{InferredScope, Operator};
use super::zone::{Kind, Partition, Zone};
use super::{endpoints, s3};

/// The scope for `name`, which is a host's labels before the domain of `zone`.
pub(super) fn scope<'a>(zone: &Zone, name: &'a str, path: &str) -> Option<InferredScope<'a>> {
    let (rest, last) = pop(name);
    if !zone.serves(last) {
        return match zone.kind {
            Kind::Services => unusual(zone, name),
            Kind::DualStack => global_dual_stack(zone, name),
            Kind::Resources => None,
        };
    }
    let service = match zone.kind {
        Kind::Services => s3::regional(rest).or_else(|| regional(zone, rest, path)),
        Kind::DualStack => regional(zone, rest, path),
        Kind::Resources => resource(rest),
    }?;
    Some(aws(service, last))
}

fn aws<'a>(service: &'static str, region: &'a str) -> InferredScope<'a> {
    InferredScope::new(service, region, Operator::Aws)
}

/// `name.region.domain`: endpoints, and resources whose service stands before the region.
fn regional(zone: &Zone, name: &str, path: &str) -> Option<&'static str> {
    let (head, label) = pop(name);
    let one = is_single(head);
    match without_fips(label) {
        // `id` or, on a private API, `id-vpce-id`; the endpoint itself is what the SDKs call by default.
        "execute-api" if one || head.is_empty() => Some("execute-api"),
        "appsync-api" | "appsync-realtime-api" if one => Some("appsync"),
        "ddb" | "search-ddb" | "streams-ddb" if is_account(head) => Some("dynamodb"),
        "data-kinesis" | "control-kinesis" | "data-kinesis-queues" | "control-kinesis-queues"
            if one || is_single(pop(head).0) =>
        {
            Some("kinesis")
        }
        // What GetDataEndpoint hands out: `s-1a2b3c4d`.
        "kinesisvideo" if is_data_endpoint(head) => Some("kinesisvideo"),
        "mediaconvert" if one && head.len() >= 8 && is_alphanumeric(head) => Some("mediaconvert"),
        "mediastore" if pop(head).1 == "data" && is_alphanumeric(pop(head).0) => Some("mediastore"),
        // What DescribeEndpoints hands out: `query-cell1`.
        "timestream" if is_cell(head) => Some("timestream"),
        "bedrock-agentcore" if pop(head).1 == "gateway" && is_single(pop(head).0) => {
            Some("bedrock-agentcore")
        }
        "neptune-graph" if is_graph(head) => Some("neptune-graph"),
        "iot" if !head.is_empty() => iot(zone, head, path).or_else(|| endpoints::signing_name(name)),
        "geo" => geo(head, path).or_else(|| endpoints::signing_name(name)),
        _ => endpoints::signing_name(name),
    }
}

/// `name.region.on.aws`.
fn resource(name: &str) -> Option<&'static str> {
    let (head, label) = pop(name);
    let one = is_single(head);
    match without_fips(label) {
        "lambda-url" if one => Some("lambda"),
        "aos" if one => Some("es"),
        "aoss" if one => Some("aoss"),
        "neptune-graph" if head.is_empty() || is_graph(head) => Some("neptune-graph"),
        // `name-id.hash`
        "vpc-lattice-svcs" if is_single(pop(head).0) => Some("vpc-lattice-svcs"),
        _ => None,
    }
}

/// Names that do not end with a region.
fn unusual<'a>(zone: &Zone, name: &'a str) -> Option<InferredScope<'a>> {
    let (rest, last) = pop(name);
    let (head, region) = pop(rest);
    let regional = zone.serves(region);
    let one = is_single(head);
    let service = match without_fips(last) {
        "vpce" if regional => private_endpoint(head)?,
        "es" if regional && one => "es",
        "aoss" if regional && one => "aoss",
        "cloudsearch" if regional && one && (head.starts_with("doc-") || head.starts_with("search-")) => {
            "cloudsearch"
        }
        // `name.cluster-id`, `instance.id`
        "neptune" if regional && is_single(pop(head).0) => "neptune-db",
        "neptune-graph" if regional && (head.is_empty() || is_graph(head)) => "neptune-graph",
        "queue" if regional && head.is_empty() => "sqs",
        // `name.veo`
        "events" if is_event_endpoint(name) => return Some(InferredScope::everywhere("events")),
        _ => return s3::legacy(zone, name).or_else(|| global(zone.partition, name)),
    };
    Some(aws(service, region))
}

/// Services with one endpoint for all regions of a partition.
const GLOBAL: [&str; 4] = ["budgets", "cloudfront", "iam", "route53"];

/// The same in the first partition, and the general endpoints that lead to one of its regions.
const GENERAL: [&str; 6] = ["autoscaling", "ec2", "elasticmapreduce", "savingsplans", "sts", "waf"];

/// A global endpoint; `name` is all there is before the domain.
fn global(partition: Partition, name: &str) -> Option<InferredScope<'_>> {
    let name = without_fips(name);
    let known = |names: &[&'static str], name| names.iter().copied().find(|known| *known == name);
    if let Some(service) = known(&GLOBAL, name) {
        let china = partition == Partition::China && service == "iam";
        return Some(aws(service, if china { "cn-north-1" } else { partition.global_region() }));
    }
    match (partition, name) {
        (Partition::Aws | Partition::China, "global.health") => {
            Some(aws("health", partition.global_region()))
        }
        (Partition::Aws, "global.health.us-gov") => Some(aws("health", Partition::GovCloud.global_region())),
        (Partition::Aws, "queue") => Some(aws("sqs", partition.global_region())),
        (Partition::Aws, _) => match name.strip_suffix(".us-gov") {
            Some(name) => Some(aws(known(&["iam", "route53"], name)?, Partition::GovCloud.global_region())),
            None => Some(aws(known(&GENERAL, name)?, partition.global_region())),
        },
        _ => None,
    }
}

/// The same in the dual-stack domains.
fn global_dual_stack<'a>(zone: &Zone, name: &'a str) -> Option<InferredScope<'a>> {
    if is_event_endpoint(name) {
        return Some(InferredScope::everywhere("events"));
    }
    let (rest, last) = pop(name);
    match (last, without_fips(rest)) {
        ("us-gov", "iam" | "route53") if zone.partition == Partition::Aws => global(Partition::Aws, name),
        ("global", "savingsplans") if zone.partition == Partition::Aws => global(zone.partition, rest),
        ("global", "iam" | "cloudfront" | "route53") => global(zone.partition, rest),
        ("global", _) if zone.partition == Partition::Aws => match pop(rest) {
            (account, "cloudfront-kvs") if is_account(account) => {
                Some(InferredScope::everywhere("cloudfront-keyvaluestore"))
            }
            _ => None,
        },
        _ => None,
    }
}

/// `vpce-id.service.region.vpce.domain`; `name` is what precedes the region. Endpoints that lead to a
/// customer's own service (`vpce-id.vpce-svc-id`) are unknown.
fn private_endpoint(name: &str) -> Option<&'static str> {
    let at = match name.rfind(".vpce-") {
        Some(dot) => dot + 1,
        None => name.starts_with("vpce-").then_some(0)?,
    };
    let (head, endpoint) = name.split_at(at);
    let (id, service) = endpoint.split_once('.')?;
    if id.starts_with("vpce-svc-") {
        return None;
    }
    match (head.trim_end_matches('.'), service) {
        (head, "s3") => s3::private_endpoint(head),
        ("", "execute-api") => Some("execute-api"),
        ("", "appsync-api") => Some("appsync"),
        ("", service) => endpoints::signing_name(service),
        _ => None,
    }
}

/// A device endpoint, or that of its jobs: `id-ats` and `id`, in China also `id.ats`. Over WebSocket it is
/// the device gateway that checks the signature, over HTTPS the data service.
fn iot(zone: &Zone, head: &str, path: &str) -> Option<&'static str> {
    let device = match pop(head) {
        ("", label) => label.strip_suffix("-ats").unwrap_or(label),
        (device, "ats") if zone.partition == Partition::China => device,
        (device, "jobs") if is_device(device) => return Some("iot-jobs-data"),
        _ => return None,
    };
    let known = device == "data" || is_device(device);
    known.then_some(if path == "/mqtt" { "iotdevicegateway" } else { "iotdata" })
}

/// Account-specific ids have 13 or 14 characters; shorter names are AWS's own (`tunneling`, `credentials`).
fn is_device(label: &str) -> bool {
    label.len() >= 12 && is_alphanumeric(label)
}

/// Two generations of Amazon Location share these hosts.
fn geo(head: &str, path: &str) -> Option<&'static str> {
    let (current, former) = match head {
        "maps" => ("geo-maps", "/maps/v0/"),
        "places" => ("geo-places", "/places/v0/"),
        "routes" => ("geo-routes", "/routes/v0/"),
        _ => return None,
    };
    if path.starts_with("/v2/") { Some(current) } else { path.starts_with(former).then_some("geo") }
}

fn is_event_endpoint(name: &str) -> bool {
    name.strip_suffix(".endpoint.events").is_some_and(|id| is_single(pop(id).0))
}

fn is_graph(label: &str) -> bool {
    label.strip_prefix("g-").is_some_and(is_alphanumeric)
}

fn is_data_endpoint(label: &str) -> bool {
    let (kind, id) = label.split_at_checked(2).unwrap_or_default();
    kind.ends_with('-') && id.len() >= 8 && id.bytes().all(|b| b.is_ascii_hexdigit())
}

fn is_cell(label: &str) -> bool {
    let number = label.strip_prefix("query-cell").or_else(|| label.strip_prefix("ingest-cell"));
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
}

fn is_alphanumeric(label: &str) -> bool {
    !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric())
}

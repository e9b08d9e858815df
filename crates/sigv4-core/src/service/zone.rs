//! The domains under which AWS's endpoints live, and the regions that each of them serves.

use super::host;

/// One domain of AWS.
#[derive(Debug)]
pub(super) struct Zone {
    domain: &'static str,
    pub(super) kind: Kind,
    pub(super) partition: Partition,
}

/// What is found in a domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Endpoints of services, and most resources with a host of their own.
    Services,
    /// Endpoints that also answer over IPv6.
    DualStack,
    /// Resources with a host of their own, and nothing else.
    Resources,
}

/// A group of regions with identities of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Partition {
    Aws,
    China,
    GovCloud,
    Iso,
    IsoB,
    IsoE,
    IsoF,
    Sovereign,
}

const fn zone(domain: &'static str, kind: Kind, partition: Partition) -> Zone {
    Zone { domain, kind, partition }
}

/// GovCloud shares the domains of the first partition.
const ZONES: [Zone; 15] = [
    zone("amazonaws.com", Kind::Services, Partition::Aws),
    zone("api.aws", Kind::DualStack, Partition::Aws),
    zone("on.aws", Kind::Resources, Partition::Aws),
    zone("amazonaws.com.cn", Kind::Services, Partition::China),
    zone("api.amazonwebservices.com.cn", Kind::DualStack, Partition::China),
    zone("amazonaws.eu", Kind::Services, Partition::Sovereign),
    zone("api.amazonwebservices.eu", Kind::DualStack, Partition::Sovereign),
    zone("c2s.ic.gov", Kind::Services, Partition::Iso),
    zone("api.aws.ic.gov", Kind::DualStack, Partition::Iso),
    zone("sc2s.sgov.gov", Kind::Services, Partition::IsoB),
    zone("api.aws.scloud", Kind::DualStack, Partition::IsoB),
    zone("cloud.adc-e.uk", Kind::Services, Partition::IsoE),
    zone("api.cloud-aws.adc-e.uk", Kind::DualStack, Partition::IsoE),
    zone("csp.hci.ic.gov", Kind::Services, Partition::IsoF),
    zone("api.aws.hci.ic.gov", Kind::DualStack, Partition::IsoF),
];

impl Zone {
    /// The zone of `host`, in lower case, and the labels before its domain, of which there is at least one.
    pub(super) fn of(host: &str) -> Option<(&'static Zone, &str)> {
        ZONES.iter().find_map(|zone| Some((zone, host.strip_suffix(zone.domain)?.strip_suffix('.')?)))
    }

    /// Whether `label` is a region that has its endpoints in this zone.
    pub(super) fn serves(&self, label: &str) -> bool {
        host::is_region(label)
            && match Partition::of(label) {
                Partition::GovCloud => self.partition == Partition::Aws,
                partition => partition == self.partition,
            }
    }
}

/// The domain under which the services of `region` have their endpoints.
#[cfg(feature = "tokens")]
pub(crate) fn dns_suffix(region: &str) -> &'static str {
    let partition = match Partition::of(region) {
        Partition::GovCloud => Partition::Aws,
        partition => partition,
    };
    let zone = ZONES.iter().find(|zone| zone.kind == Kind::Services && zone.partition == partition);
    zone.map_or("amazonaws.com", |zone| zone.domain)
}

impl Partition {
    fn of(region: &str) -> Self {
        match region.split('-').next() {
            Some("cn") => Self::China,
            Some("eusc") => Self::Sovereign,
            _ if region.starts_with("us-gov-") => Self::GovCloud,
            _ if region.starts_with("us-iso-") => Self::Iso,
            _ if region.starts_with("us-isob-") => Self::IsoB,
            _ if region.starts_with("eu-isoe-") => Self::IsoE,
            _ if region.starts_with("us-isof-") => Self::IsoF,
            _ => Self::Aws,
        }
    }

    /// The region in whose name the partition's global services are signed. IAM in China is an exception.
    pub(super) fn global_region(self) -> &'static str {
        match self {
            Self::Aws => "us-east-1",
            Self::China => "cn-northwest-1",
            Self::GovCloud => "us-gov-west-1",
            Self::Iso => "us-iso-east-1",
            Self::IsoB => "us-isob-east-1",
            Self::IsoE => "eu-isoe-west-1",
            Self::IsoF => "us-isof-south-1",
            Self::Sovereign => "eusc-de-east-1",
        }
    }
}

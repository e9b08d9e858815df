//! The addresses of services on AWS, in each group of regions.

use sigv4_core::Error;

use crate::http::fail;

/// Where on AWS a service is asked for.
pub(super) struct Place<'r> {
    pub(super) region: &'r str,
    pub(super) fips: bool,
    pub(super) dual_stack: bool,
}

impl Place<'_> {
    /// The address of a service there. An error when the region is no part of a host name.
    pub(super) fn host(&self, service: &str) -> Result<String, Error> {
        let Self { region, fips, dual_stack } = *self;
        let partition = self.partition()?;
        let domain = if dual_stack { partition.dual_stack } else { partition.domain };
        // What GovCloud has without dual stack is validated by FIPS under its plain name.
        let fips = if fips && (dual_stack || !region.starts_with("us-gov-")) { "-fips" } else { "" };
        Ok(format!("https://{service}{fips}.{region}.{domain}"))
    }

    /// The address of the sign-in service, which has domains of its own.
    #[cfg(feature = "login")]
    pub(super) fn sign_in(&self) -> Result<String, Error> {
        let region = self.region;
        let partition = self.partition()?;
        Ok(match (self.fips, self.dual_stack) {
            (false, false) => format!("https://{region}.signin.{}", partition.sign_in),
            (true, false) if region == "us-gov-west-1" => {
                "https://signin-fips.amazonaws-us-gov.com".to_owned()
            }
            (true, false) if region.starts_with("us-gov-") => {
                format!("https://{region}.signin-fips.amazonaws-us-gov.com")
            }
            _ => return self.host("signin"),
        })
    }

    fn partition(&self) -> Result<&'static Partition, Error> {
        let is_label = |c: char| c.is_ascii_alphanumeric() || c == '-';
        let region = self.region;
        if region.is_empty() || region.len() > 40 || !region.chars().all(is_label) {
            return Err(fail(format_args!("the region {region:?} is none: write it as eu-central-1")));
        }
        let found = PARTITIONS.iter().find(|partition| region.starts_with(partition.prefix));
        Ok(found.unwrap_or(&COMMERCIAL))
    }
}

/// A group of regions with domains of its own.
struct Partition {
    prefix: &'static str,
    domain: &'static str,
    dual_stack: &'static str,
    #[cfg_attr(not(feature = "login"), allow(dead_code))]
    sign_in: &'static str,
}

impl Partition {
    const fn new(
        prefix: &'static str,
        domain: &'static str,
        dual_stack: &'static str,
        sign_in: &'static str,
    ) -> Self {
        Self { prefix, domain, dual_stack, sign_in }
    }
}

const COMMERCIAL: Partition = Partition::new("", "amazonaws.com", "api.aws", "aws.amazon.com");

/// All others, by how their regions begin.
const PARTITIONS: [Partition; 7] = [
    Partition::new("cn-", "amazonaws.com.cn", "api.amazonwebservices.com.cn", "amazonaws.cn"),
    Partition::new("us-gov-", "amazonaws.com", "api.aws", "amazonaws-us-gov.com"),
    Partition::new("eusc-", "amazonaws.eu", "api.amazonwebservices.eu", "amazonaws-eusc.eu"),
    Partition::new("us-iso-", "c2s.ic.gov", "api.aws.ic.gov", "c2shome.ic.gov"),
    Partition::new("us-isob-", "sc2s.sgov.gov", "api.aws.scloud", "sc2shome.sgov.gov"),
    Partition::new("eu-isoe-", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk", "csphome.adc-e.uk"),
    Partition::new("us-isof-", "csp.hci.ic.gov", "api.aws.hci.ic.gov", "csphome.hci.ic.gov"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_of_every_partition() {
        for (region, fips, dual_stack, expected) in [
            ("us-east-1", false, false, "https://sts.us-east-1.amazonaws.com"),
            ("us-east-1", true, false, "https://sts-fips.us-east-1.amazonaws.com"),
            ("us-east-1", true, true, "https://sts-fips.us-east-1.api.aws"),
            ("us-gov-west-1", true, false, "https://sts.us-gov-west-1.amazonaws.com"),
            ("us-gov-west-1", true, true, "https://sts-fips.us-gov-west-1.api.aws"),
            ("cn-north-1", false, false, "https://sts.cn-north-1.amazonaws.com.cn"),
            ("eusc-de-east-1", false, false, "https://sts.eusc-de-east-1.amazonaws.eu"),
            ("us-iso-east-1", true, false, "https://sts-fips.us-iso-east-1.c2s.ic.gov"),
            ("us-isob-east-1", false, false, "https://sts.us-isob-east-1.sc2s.sgov.gov"),
            ("eu-isoe-west-1", false, false, "https://sts.eu-isoe-west-1.cloud.adc-e.uk"),
            ("us-isof-south-1", false, true, "https://sts.us-isof-south-1.api.aws.hci.ic.gov"),
        ] {
            assert_eq!(Place { region, fips, dual_stack }.host("sts").unwrap(), expected);
        }
        for region in ["", "evil.example/", "a b", &"x".repeat(41)] {
            assert!(Place { region, fips: false, dual_stack: false }.host("sts").is_err(), "{region:?}");
        }
    }

    #[cfg(feature = "login")]
    #[test]
    fn hosts_of_the_sign_in_service() {
        for (region, fips, dual_stack, expected) in [
            ("us-east-1", false, false, "https://us-east-1.signin.aws.amazon.com"),
            ("us-east-1", true, false, "https://signin-fips.us-east-1.amazonaws.com"),
            ("us-east-1", false, true, "https://signin.us-east-1.api.aws"),
            ("us-gov-west-1", false, false, "https://us-gov-west-1.signin.amazonaws-us-gov.com"),
            ("us-gov-west-1", true, false, "https://signin-fips.amazonaws-us-gov.com"),
            ("us-gov-east-1", true, false, "https://us-gov-east-1.signin-fips.amazonaws-us-gov.com"),
            ("cn-north-1", false, false, "https://cn-north-1.signin.amazonaws.cn"),
            ("us-iso-east-1", false, false, "https://us-iso-east-1.signin.c2shome.ic.gov"),
        ] {
            assert_eq!(Place { region, fips, dual_stack }.sign_in().unwrap(), expected);
        }
    }
}

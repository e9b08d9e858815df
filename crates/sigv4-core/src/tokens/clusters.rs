//! EKS and MSK: the token is a presigned URL in base64.

use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

use super::sts::CALLER_IDENTITY;
use super::{MINUTE, Service, Token, TokenSigner, query};
use crate::error::{Error, ErrorKind};
use crate::service::dns_suffix;

const EKS: Service =
    Service { name: "sts", title: "an EKS token", lifetime: MINUTE, longest: MINUTE.saturating_mul(15) };
const MSK: Service = Service {
    name: "kafka-cluster",
    title: "an MSK token",
    lifetime: MINUTE.saturating_mul(15),
    longest: MINUTE.saturating_mul(15),
};

/// How long a cluster takes a token after it was signed: 15 minutes, whatever the URL says, less one for clocks
/// that differ. `aws eks get-token` tells the same.
const EKS_ACCEPTS: Duration = MINUTE.saturating_mul(14);

/// Sent with an MSK token, unsigned: who made it.
const USER_AGENT: &str = concat!("sigv4-core/", env!("CARGO_PKG_VERSION"));

impl TokenSigner<'_> {
    /// The bearer token of a Kubernetes client at an EKS cluster, as `aws eks get-token` makes it.
    /// `cluster` is the cluster's name.
    ///
    /// [`lifetime`](Self::lifetime) is that of the URL inside. The cluster takes the token for 15 minutes;
    /// [`expires_at`](Token::expires_at) tells 14, or the expiry of the credentials.
    ///
    /// <https://github.com/kubernetes-sigs/aws-iam-authenticator#api-authorization-from-outside-a-cluster>
    pub fn eks(&self, cluster: &str) -> Result<Token, Error> {
        if cluster.is_empty() || !cluster.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Error::new(
                ErrorKind::Option,
                format!(
                    "the cluster {cluster:?} has a name that EKS does not allow: give the cluster's own name"
                ),
            ));
        }
        let host = self.sts_host();
        let signed = self.presign(&EKS, &host, "/", CALLER_IDENTITY, &[("x-k8s-aws-id", cluster)])?;
        let url = format!("https://{host}/?{}", signed.query());
        let token = format!("k8s-aws-v1.{}", BASE64_URL_SAFE_NO_PAD.encode(url));
        Ok(self.token(token, self.taken_for(EKS_ACCEPTS)))
    }

    /// The bearer token of a Kafka client at an MSK cluster of the region (SASL mechanism `OAUTHBEARER`), for 15 minutes.
    ///
    /// <https://docs.aws.amazon.com/msk/latest/developerguide/iam-access-control.html>
    pub fn msk(&self) -> Result<Token, Error> {
        let host = format!("kafka.{}.{}", self.region, dns_suffix(self.region));
        let signed = self.presign(&MSK, &host, "/", &query(&[("Action", "kafka-cluster:Connect")]), &[])?;
        let url = format!("https://{host}/?{}&{}", signed.query(), query(&[("User-Agent", USER_AGENT)]));
        Ok(self.token(BASE64_URL_SAFE_NO_PAD.encode(url), signed.lifetime()))
    }
}

//! Whose credentials they are.

use sigv4_core::{Credentials, Error};

use super::Call;
use crate::context::Context;
use crate::endpoint::Endpoints;
use crate::http::fail;

/// Whose credentials they are, as STS says: the answer of `GetCallerIdentity`, which needs no permission.
///
/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CallerIdentity {
    /// The twelve digits of the account.
    pub account: String,
    /// The user, or the role with its session.
    pub arn: String,
    /// The unique id of the user or role.
    pub user_id: String,
}

impl CallerIdentity {
    /// Asks the STS of `region`, or the one at `endpoint`.
    ///
    /// Errors are of kind `Credentials` when STS refuses them or cannot be reached, `Timeout` when it does not answer.
    pub async fn fetch(
        context: &Context,
        region: &str,
        endpoint: Option<&str>,
        credentials: &Credentials,
    ) -> Result<Self, Error> {
        let endpoints =
            Endpoints::new(context, Some(region.to_owned())).with_sts(endpoint.map(str::to_owned));
        let call = Call {
            context,
            endpoints: &endpoints,
            action: "GetCallerIdentity",
            parameters: Vec::new(),
            signer: Some(credentials),
        };
        let answer = call.send().await?;
        let text = |name: &str| {
            let text = answer.text(name).map(str::to_owned);
            text.ok_or_else(|| fail(format_args!("STS GetCallerIdentity answered without {name}")))
        };
        Ok(Self { account: text("Account")?, arn: text("Arn")?, user_id: text("UserId")? })
    }
}

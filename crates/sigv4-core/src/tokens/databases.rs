//! Databases and caches: the token is the password.

use super::{MINUTE, Service, Token, TokenSigner, query};
use crate::error::{Error, ErrorKind};
use crate::request::MAX_EXPIRY;

const RDS: Service =
    Service { name: "rds-db", title: "an RDS token", lifetime: FIFTEEN_MINUTES, longest: FIFTEEN_MINUTES };
const DSQL: Service =
    Service { name: "dsql", title: "a DSQL token", lifetime: FIFTEEN_MINUTES, longest: MAX_EXPIRY };
const ELASTICACHE: Service = Service {
    name: "elasticache",
    title: "an ElastiCache token",
    lifetime: FIFTEEN_MINUTES,
    longest: FIFTEEN_MINUTES,
};
const MEMORYDB: Service = Service {
    name: "memorydb",
    title: "a MemoryDB token",
    lifetime: FIFTEEN_MINUTES,
    longest: FIFTEEN_MINUTES,
};

const FIFTEEN_MINUTES: std::time::Duration = MINUTE.saturating_mul(15);

impl TokenSigner<'_> {
    /// The password of `user` at an RDS or Aurora database, for 15 minutes. `host` is the instance's or the
    /// cluster's endpoint itself, not an alias of it: it is signed.
    ///
    /// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAMDBAuth.Connecting.html>
    pub fn rds(&self, host: &str, port: u16, user: &str) -> Result<Token, Error> {
        check_user(RDS.title, user)?;
        self.password(&RDS, &format!("{host}:{port}"), &[("Action", "connect"), ("DBUser", user)])
    }

    /// The password of a database role at Aurora DSQL, for 15 minutes or up to 7 days.
    ///
    /// <https://docs.aws.amazon.com/aurora-dsql/latest/userguide/SECTION_authentication-token.html>
    pub fn dsql(&self, host: &str) -> Result<Token, Error> {
        self.password(&DSQL, host, &[("Action", "DbConnect")])
    }

    /// As [`dsql`](Self::dsql), for the role `admin`.
    pub fn dsql_admin(&self, host: &str) -> Result<Token, Error> {
        self.password(&DSQL, host, &[("Action", "DbConnectAdmin")])
    }

    /// The password of `user` at an ElastiCache replication group, for 15 minutes. `cache` is its id in lower
    /// case, not its host.
    ///
    /// <https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/auth-iam.html>
    pub fn elasticache(&self, cache: &str, user: &str) -> Result<Token, Error> {
        self.cache(&ELASTICACHE, cache, user, false)
    }

    /// As [`elasticache`](Self::elasticache), for a serverless cache.
    pub fn elasticache_serverless(&self, cache: &str, user: &str) -> Result<Token, Error> {
        self.cache(&ELASTICACHE, cache, user, true)
    }

    /// The password of `user` at a MemoryDB cluster, for 15 minutes. `cluster` is its name in lower case.
    ///
    /// <https://docs.aws.amazon.com/memorydb/latest/devguide/auth-iam.html>
    pub fn memorydb(&self, cluster: &str, user: &str) -> Result<Token, Error> {
        self.cache(&MEMORYDB, cluster, user, false)
    }

    fn cache(&self, service: &Service, cache: &str, user: &str, serverless: bool) -> Result<Token, Error> {
        check_user(service.title, user)?;
        let pairs = [("Action", "connect"), ("User", user), ("ResourceType", "ServerlessCache")];
        self.password(service, cache, &pairs[..if serverless { 3 } else { 2 }])
    }

    /// A presigned URL without its scheme.
    fn password(&self, service: &Service, host: &str, pairs: &[(&str, &str)]) -> Result<Token, Error> {
        let signed = self.presign(service, host, "/", &query(pairs), &[])?;
        Ok(self.token(format!("{host}/?{}", signed.query()), signed.lifetime()))
    }
}

fn check_user(title: &str, user: &str) -> Result<(), Error> {
    if user.is_empty() {
        return Err(Error::new(
            ErrorKind::Option,
            format!("the user for {title} is empty: name the database's user"),
        ));
    }
    Ok(())
}

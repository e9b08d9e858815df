//! What a `credential_process` prints.
#![no_main]

use futures_lite::future::block_on;
use libfuzzer_sys::fuzz_target;
use sigv4_core::{Error, ProvideCredentials, async_trait};
use sigv4_credentials::ProcessProvider;
use sigv4_credentials::context::{Context, Finished, ProcessLimits, Processes};

struct Prints(Vec<u8>);

#[async_trait]
impl Processes for Prints {
    async fn run(&self, _: &str, _: ProcessLimits) -> Result<Finished, Error> {
        let success = self.0.first().is_none_or(|byte| byte % 8 != 0);
        let diagnostics = String::from_utf8_lossy(&self.0).into_owned();
        Ok(Finished { success, status: "status".to_owned(), output: self.0.clone().into(), diagnostics })
    }
}

fuzz_target!(|output: &[u8]| {
    let context = Context::isolated().with_processes(Prints(output.to_vec()));
    let found = block_on(ProcessProvider::new(&context, "process").provide_credentials());
    if let Ok(credentials) = found {
        assert!(!credentials.access_key_id().is_empty() && !credentials.secret_access_key().is_empty());
    }
});

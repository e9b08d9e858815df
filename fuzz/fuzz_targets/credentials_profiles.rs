//! The parser of the shared files, and what is made of a profile.
#![no_main]

use futures_lite::future::block_on;
use libfuzzer_sys::fuzz_target;
use sigv4_core::ProvideCredentials;
use sigv4_credentials::ProfileProvider;
use sigv4_credentials::context::{Context, Folder};
use sigv4_credentials::profile::Profiles;

fuzz_target!(|text: &str| {
    let (config, credentials) = text.split_once('\0').unwrap_or((text, ""));
    if let Ok(profiles) = Profiles::parse(config, credentials) {
        for section in profiles.profiles() {
            for (name, property) in section.properties() {
                assert_eq!(name, name.to_ascii_lowercase());
                let _ = property.nested("endpoint_url");
            }
        }
    }
    // Nothing is reached: no processes, no HTTP client.
    let files = Folder::empty().with_file("/config", config).with_file("/credentials", credentials);
    let context = Context::isolated()
        .with_environment([("AWS_CONFIG_FILE", "/config"), ("AWS_SHARED_CREDENTIALS_FILE", "/credentials")])
        .with_files(files);
    let _ = block_on(ProfileProvider::new(&context).provide_credentials());
});

//! Recorded machines, each resolved as the `whoami` example resolves them.

#[path = "../examples/whoami/fixture.rs"]
mod fixture;

use std::path::PathBuf;

use serde_json::Value;
use sigv4_credentials::{DefaultChain, Outcome};

fn json(path: PathBuf) -> Value {
    serde_json::from_slice(
        &std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())),
    )
    .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn every_fixture() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("credentials_fixtures");
    let mut count = 0;
    for entry in std::fs::read_dir(root).unwrap() {
        let folder = entry.unwrap().path();
        let (name, case) = (folder.display(), json(folder.join("test-case.json")));
        let chain = DefaultChain::new(fixture::context(&folder).unwrap());
        let resolution = futures_lite::future::block_on(chain.resolve());
        let found = fixture::outcome(resolution.credentials());
        match (&case["result"]["Ok"], case["result"]["ErrorContains"].as_str()) {
            (Value::Object(expected), None) => {
                for key in ["access_key_id", "secret_access_key", "session_token", "expiry"] {
                    assert_eq!(found[key], expected.get(key).cloned().unwrap_or_default(), "{name}: {found}");
                }
                let asked =
                    resolution.findings().iter().filter(|finding| finding.outcome() == Outcome::Found);
                assert_eq!(asked.count(), 1, "{name}");
            }
            (Value::Null, Some(part)) => {
                let error = found["error"].as_str().unwrap_or_else(|| panic!("{name}: {found}"));
                assert!(error.contains(part), "{name}: {error}");
            }
            _ => panic!("{name}: a result is either Ok or ErrorContains"),
        }
        count += 1;
    }
    assert!(count >= 34, "{count} fixtures");
}

//! Where cargo keeps the source of the packages that the tests depend on.

use std::path::PathBuf;
use std::process::Command;
use std::sync::LazyLock;

use serde_json::Value;

/// The folder of a package, its own tests and data in it.
pub fn folder(name: &str) -> PathBuf {
    let packages = METADATA["packages"].as_array().expect("cargo metadata lists packages");
    let package = packages.iter().find(|package| package["name"] == name);
    let package = package.unwrap_or_else(|| panic!("{name} is no dependency of the tests"));
    let mut manifest = PathBuf::from(package["manifest_path"].as_str().expect("a package has a manifest"));
    manifest.pop();
    manifest
}

/// What cargo says, asked once.
static METADATA: LazyLock<Value> = LazyLock::new(|| {
    let metadata = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    assert!(metadata.status.success(), "{}", String::from_utf8_lossy(&metadata.stderr));
    serde_json::from_slice(&metadata.stdout).expect("cargo metadata writes JSON")
});

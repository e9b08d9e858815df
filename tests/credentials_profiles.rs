//! The shared files, against the cases that AWS's own implementation is tested with.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use sigv4_credentials::context::{Context, Folder};
use sigv4_credentials::profile::{Locations, Platform, Profiles, Section};

/// The cases that the published crate `aws-runtime` carries, where cargo keeps its source.
fn cases(file: &str) -> Vec<Value> {
    let metadata = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(metadata.status.success(), "{}", String::from_utf8_lossy(&metadata.stderr));
    let metadata: Value = serde_json::from_slice(&metadata.stdout).unwrap();
    let package = metadata["packages"]
        .as_array()
        .unwrap()
        .iter()
        .find(|package| package["name"] == "aws-runtime")
        .expect("aws-runtime is a dependency of the tests");
    let manifest = Path::new(package["manifest_path"].as_str().unwrap());
    let path = manifest.with_file_name("test-data").join(file);
    let cases: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    cases["tests"].as_array().unwrap().clone()
}

fn plain<'s>(sections: impl Iterator<Item = &'s Section>) -> BTreeMap<String, BTreeMap<String, String>> {
    let properties = |section: &Section| {
        section.properties().map(|(name, value)| (name.to_owned(), value.value().to_owned())).collect()
    };
    sections.map(|section| (section.name().to_owned(), properties(section))).collect()
}

#[test]
fn every_parser_case() {
    let cases = cases("profile-parser-tests.json");
    for case in &cases {
        let (name, input, output) = (&case["name"], &case["input"], &case["output"]);
        let text = |file: &str| input[file].as_str().unwrap_or_default().to_owned();
        let parsed = Profiles::parse(&text("configFile"), &text("credentialsFile"));
        if let Some(part) = output["errorContaining"].as_str() {
            let error = parsed.expect_err(&name.to_string()).to_string();
            assert!(error.contains(part), "{name}: {error}");
            assert!(error.contains("line "), "{name}: {error}");
            continue;
        }
        let parsed = parsed.unwrap_or_else(|error| panic!("{name}: {error}"));
        let expected = |kind: &str| -> BTreeMap<String, BTreeMap<String, String>> {
            serde_json::from_value(output["config"][kind].clone()).unwrap_or_default()
        };
        assert_eq!(plain(parsed.profiles()), expected("profiles"), "{name}");
        assert_eq!(plain(parsed.sso_sessions()), expected("sso_sessions"), "{name}");
    }
    assert!(cases.len() >= 60, "{} cases", cases.len());
}

#[test]
fn every_location_case() {
    let cases = cases("file-location-tests.json");
    for case in &cases {
        let environment: BTreeMap<String, String> =
            serde_json::from_value(case["environment"].clone()).unwrap();
        let platform = match case["platform"].as_str() {
            Some("windows") => Platform::Windows,
            Some("linux") => Platform::Unix,
            other => panic!("{}: unknown platform {other:?}", case["name"]),
        };
        let found = Locations::new(&environment, platform);
        assert_eq!(found.config, PathBuf::from(case["configLocation"].as_str().unwrap()), "{}", case["name"]);
        let credentials = PathBuf::from(case["credentialsLocation"].as_str().unwrap());
        assert_eq!(found.credentials, credentials, "{}", case["name"]);
        let profile = case["profile"].as_str().unwrap_or("default");
        assert_eq!(found.profile, profile, "{}", case["name"]);
    }
    assert!(cases.len() >= 9, "{} cases", cases.len());
}

#[test]
fn a_tilde_is_the_home_folder() {
    let environment = [
        ("HOME", "/home/me/"),
        ("AWS_CONFIG_FILE", "~/else/config"),
        ("AWS_SHARED_CREDENTIALS_FILE", "~other/c"),
    ];
    let found = Locations::new(&environment, Platform::Unix);
    assert_eq!(found.config, PathBuf::from("/home/me/else/config"));
    assert_eq!(found.credentials, PathBuf::from("~other/c"));
}

#[test]
fn errors_name_the_file_and_the_line_and_no_value() {
    let context = |config: &[u8]| {
        Context::isolated()
            .with_environment([("HOME", "/home/me")])
            .with_files(Folder::empty().with_file("/home/me/.aws/config", config))
    };
    for (config, part) in [
        (
            &b"[default]\nregion = x\naws_secret_access_key: hush"[..],
            "/home/me/.aws/config, line 3: Expected an '='",
        ),
        (b"[default]\nregion = \xff", "/home/me/.aws/config, line 2: The file is not UTF-8"),
        (b"[default]\n\n[broken\n", "/home/me/.aws/config, line 3: Profile definition must end"),
    ] {
        let error = Profiles::load(&context(config)).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
        assert!(!error.contains("hush"), "{error}");
    }
    let error = Profiles::load(&context(&vec![b'#'; 5 << 20])).unwrap_err().to_string();
    assert!(error.contains("/home/me/.aws/config") && error.contains("larger than"), "{error}");
}

#[test]
fn nested_properties_comments_and_byte_order_marks() {
    let text =
        "\u{feff}[services local]\r\nsts =\r\n  endpoint_url = http://localhost:1 # here\r\n  other = 2\r\n";
    let parsed = Profiles::parse(text, "").unwrap();
    let sts = parsed.services("local").unwrap().property("sts").unwrap();
    assert_eq!(sts.nested("endpoint_url"), Some("http://localhost:1"));
    assert_eq!(sts.nested("absent"), None);
    assert_eq!((sts.location().line(), sts.location().file()), (2, Path::new("config")));
}

#[test]
fn debug_shows_no_value() {
    let parsed = Profiles::parse("", "[default]\naws_secret_access_key = hush").unwrap();
    assert!(!format!("{parsed:?}").contains("hush"), "{parsed:?}");
}

//! Uploads to the embedded server, and what the command line means.

use std::path::PathBuf;

use sigv4_core::Credentials;

use super::*;

/// Not a multiple of any chunk.
const SIZE: usize = 300_001;

/// A file to upload, and a store to take it.
struct Setup {
    _folder: tempfile::TempDir,
    file: PathBuf,
    stored: PathBuf,
    url: Uri,
    data: Vec<u8>,
}

impl Setup {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (file, stored) = (folder.path().join("file"), folder.path().join("stored"));
        let data: Vec<u8> = (0..SIZE).map(|at| (at * at % 251) as u8).collect();
        std::fs::write(&file, &data).unwrap();
        let address = store::serve(stored.clone()).await.unwrap();
        let url = format!("http://{address}/bucket/a%20key").parse().unwrap();
        Self { _folder: folder, file, stored, url, data }
    }

    async fn upload(
        &self,
        signer: Signer,
        checksum: ChecksumAlgorithm,
    ) -> (Result<(), Failure>, ProgressBar) {
        let bar = ProgressBar::hidden();
        let uploaded = upload(&self.file, &self.url, signer, checksum, bar.clone()).await;
        (uploaded, bar)
    }
}

#[tokio::test]
async fn what_is_uploaded_is_stored_and_comes_back_by_the_link() {
    let setup = Setup::new().await;
    let signer = Signer::new("s3", "us-east-1", example_credentials().unwrap());
    for checksum in ChecksumAlgorithm::ALL {
        let (uploaded, bar) = setup.upload(signer.clone(), checksum).await;
        uploaded.unwrap();
        assert_eq!((bar.position(), bar.length(), bar.is_finished()), (SIZE as u64, Some(SIZE as u64), true));
        assert!(std::fs::read(&setup.stored).unwrap() == setup.data, "{checksum}");

        let link = link(&setup.url, &signer, Duration::from_secs(60)).await.unwrap();
        let back = client(&setup.url).unwrap().get(&link).send().await.unwrap();
        assert!(back.bytes().await.unwrap() == setup.data, "{checksum}");
        std::fs::remove_file(&setup.stored).unwrap();

        // The link is for this object alone.
        let other = client(&setup.url).unwrap().get(link.replace("a%20key", "b")).send().await.unwrap();
        assert_eq!(other.status(), 403);
    }
}

#[tokio::test]
async fn an_upload_with_another_secret_is_refused_and_not_stored() {
    let setup = Setup::new().await;
    let signer = Signer::new("s3", "us-east-1", Credentials::new("AKIDEXAMPLE", "another").unwrap());
    let (uploaded, bar) = setup.upload(signer, ChecksumAlgorithm::Crc32).await;
    let error = uploaded.unwrap_err().to_string();
    assert!(error.contains("403") && error.contains("SignatureDoesNotMatch"), "{error}");
    assert!(bar.is_finished() && !setup.stored.exists());
}

#[tokio::test]
async fn a_file_that_is_not_there_is_named() {
    let mut setup = Setup::new().await;
    setup.file.set_file_name("missing");
    let signer = Signer::new("s3", "us-east-1", example_credentials().unwrap());
    let error = setup.upload(signer, ChecksumAlgorithm::Crc32).await.0.unwrap_err().to_string();
    assert!(error.contains("missing: "), "{error}");
}

#[tokio::test]
async fn a_folder_is_not_sent_as_an_empty_file() {
    let mut setup = Setup::new().await;
    setup.file.pop();
    let signer = Signer::new("s3", "us-east-1", example_credentials().unwrap());
    let error = setup.upload(signer, ChecksumAlgorithm::Crc32).await.0.unwrap_err().to_string();
    assert!(error.contains("not a file"), "{error}");
}

#[tokio::test]
async fn an_empty_file_is_stored() {
    let setup = Setup::new().await;
    std::fs::write(&setup.file, "").unwrap();
    let signer = Signer::new("s3", "us-east-1", example_credentials().unwrap());
    setup.upload(signer, ChecksumAlgorithm::Crc64Nvme).await.0.unwrap();
    assert_eq!(std::fs::read(&setup.stored).unwrap(), b"");
}

fn parse(line: &str) -> Result<Option<Args>, Failure> {
    Args::parse(lexopt::Parser::from_args(line.split_whitespace()))
}

#[test]
fn the_command_line_tells_what_and_where() {
    let args =
        parse("f.bin s3://my.bucket/a/b --checksum SHA1 --expires 60 --region eu-west-1").unwrap().unwrap();
    let (file, object) = args.upload.unwrap();
    assert_eq!(file, PathBuf::from("f.bin"));
    assert_eq!(object, Object { bucket: "my.bucket".into(), key: "a/b".into() });
    assert_eq!((args.checksum, args.expires.as_secs()), (ChecksumAlgorithm::Sha1, 60));
    assert!(parse("").unwrap().unwrap().upload.is_none());
    assert!(parse("--help").unwrap().is_none());
    for (line, word) in [
        ("f.bin", "s3://BUCKET/KEY"),
        ("f.bin bucket/key", "\"bucket/key\""),
        ("f.bin s3://bucket/", "s3://BUCKET/KEY"),
        ("f.bin s3:///key", "s3://BUCKET/KEY"),
        ("f.bin s3://b@c/key", "s3://BUCKET/KEY"),
        ("f.bin s3://b/a/../c", "\"a/../c\""),
        ("f.bin s3://b/.", "\".\""),
        ("f.bin s3://b/k --expires 0", "--expires 0"),
        ("f.bin s3://b/k --expires 604801", "604800 seconds"),
        ("f.bin s3://b/k --expires soon", "soon"),
        ("f.bin s3://b/k more", "more"),
        ("--endpoint-url http://localhost", "FILE"),
        ("f.bin s3://b/k --endpoint-url localhost:9000", "\"localhost:9000\""),
        ("--checksum md5", "md5"),
        ("--endpoint http://localhost", "--endpoint"),
    ] {
        let error = parse(line).unwrap_err().to_string();
        assert!(error.contains(word), "{line}: {error}");
    }
}

#[test]
fn an_object_has_the_url_that_s3_takes() {
    let url = |bucket: &str, key: &str, endpoint| {
        let object = Object { bucket: bucket.into(), key: key.into() };
        object.url(endpoint, "eu-west-1").unwrap().to_string()
    };
    assert_eq!(url("films", "a b/ü+1", None), "https://films.s3.eu-west-1.amazonaws.com/a%20b/%C3%BC%2B1");
    assert_eq!(url("my.films", "a", None), "https://s3.eu-west-1.amazonaws.com/my.films/a");
    assert_eq!(url("films", "a", Some("http://localhost:9000/")), "http://localhost:9000/films/a");
}

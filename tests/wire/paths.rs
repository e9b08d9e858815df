//! Paths and queries: what a key or a name holds, in every spelling that a client lets through.

use bytes::Bytes;
use http::Request;
use sigv4_core::{Error, ErrorKind};
use sigv4_tests::clients::Kind;

use crate::Wire;

/// One key of S3 in three spellings, and the only one that may go out.
const S3_SPELLINGS: [&str; 3] = [
    "/bucket/a%20b/ü+()'*!@=&:,;$|[]~//end",
    "/bucket/a%20b/%c3%bc%2b%28%29%27%2a%21%40%3d%26%3a%2c%3b%24%7c%5b%5d%7e//%65nd",
    "/bucket/a%20b/%C3%BC%2B%28%29%27%2A%21%40%3D%26%3A%2C%3B%24%7C%5B%5D~//end",
];

#[tokio::test]
async fn s3_keys_go_out_in_the_form_that_s3_reckons_with() {
    for kind in Kind::ALL {
        let wire = Wire::new(kind, "s3").await;
        for path in S3_SPELLINGS {
            assert_eq!(wire.got(path).await.target, S3_SPELLINGS[2], "{kind:?}");
        }
    }
}

#[tokio::test]
async fn every_ascii_character_of_a_key_on_its_own() {
    for kind in Kind::ALL {
        let wire = Wire::new(kind, "s3").await;
        for byte in 0u8..=127 {
            // `.` alone is a dot segment, which reqwest takes out of a URL before anybody sees it.
            let key = if byte == b'.' { "a.".to_owned() } else { format!("%{byte:02x}") };
            wire.got(&format!("/{key}")).await;
        }
    }
}

#[tokio::test]
async fn other_services_get_the_path_as_it_was_given() {
    for kind in Kind::ALL {
        let wire = Wire::new(kind, "execute-api").await;
        for path in [
            "/model/anthropic.claude-v2%3A0/invoke",
            "/2015-03-31/functions/arn%3Aaws%3Alambda%3Aus-east-1%3A1%3Afunction%3Af/invocations",
            "/prod/@connections/JBDvjfGEIAMCERw%3D",
            "/prod/%40connections/a=b&c",
            "/a%2fb/(c)'*!$,;:+|/%7e~",
            "/",
            "/index//_doc/%E6%97%A5/",
        ] {
            assert_eq!(wire.got(path).await.target, path, "{kind:?}");
        }
    }
}

#[tokio::test]
async fn queries() {
    for kind in Kind::ALL {
        let wire = Wire::new(kind, "sqs").await;
        for query in [
            "/?acl",
            "/?prefix=photos%2F2026&delimiter=/&list-type=2",
            "/?b=2&a=2&a=1&B=1&a-b=0",
            "/?k=%2B%20%7e~&=x&y=&&z",
            "/?name=%E6%97%A5&q=a:b@c,d;e!f$g(h)*i|j",
            "/?Action=SendMessage&MessageBody=a%26b%3Dc",
        ] {
            assert_eq!(wire.got(query).await.target, query, "{kind:?}");
        }
    }
}

/// The URL standard encodes an apostrophe: reqwest before anything is signed, and below tower too late.
#[tokio::test]
async fn an_apostrophe_in_the_query() {
    for kind in Kind::ALL {
        let wire = Wire::new(kind, "sqs").await;
        if kind == Kind::TowerReqwest {
            let request = Request::get(format!("{}/?q=it's", wire.server.origin())).body(Bytes::new());
            let error = wire.client.send(request.unwrap()).await.unwrap_err();
            assert_eq!(Error::find(&*error).unwrap().kind(), ErrorKind::Request);
            assert_eq!(wire.server.bytes(), 0);
            continue;
        }
        let spelled = if kind.is_reqwest() { "/?q=it%27s" } else { "/?q=it's" };
        assert_eq!(wire.got("/?q=it's").await.target, spelled, "{kind:?}");
    }
}

/// reqwest's `query` writes a space as `+`, which services read in two ways; `%20` is read in one.
#[tokio::test]
async fn a_plus_that_reqwest_wrote_for_a_space_goes_out_as_a_space() {
    for kind in [Kind::Reqwest, Kind::ReqwestByHand] {
        let captured = Wire::new(kind, "s3").await.got("/?prefix=my+photos&plus=%2B").await;
        assert_eq!(captured.target, "/?prefix=my%20photos&plus=%2B");
    }
}

//! For each line of a canonical request, cases in which exactly that line differs; then the string to sign.

use sigv4_core::refusal::{Cause, Line};

use crate::table::*;

pub(crate) fn lines() -> Vec<Case> {
    let base = Request::new;
    let one = |name, ours: Request, theirs: Request, line: Line, cause| {
        case(name, signed(&ours), against(&theirs), line, cause)
    };
    let on_s3 = |name, ours: Request, theirs: Request, line: Line, cause| {
        case(name, s3(&ours), against(&theirs), line, cause)
    };
    let mut method = base();
    method.method = "POST";
    let mut order = base();
    order.headers.swap(0, 1);
    order.signed = Some("content-type;host;x-amz-date;x-amz-meta-owner");
    let mut list = base();
    list.signed = Some("content-type;Host;x-amz-date;x-amz-meta-owner");
    let host = "abc.execute-api.eu-west-1.amazonaws.com";
    vec![
        one("the method", base(), method, Line::Method, Cause::MethodChanged),
        one(
            "encoded too few",
            base().path("/a%20b"),
            base().path("/a%2520b"),
            Line::Path,
            Cause::EncodedTooFew,
        ),
        one(
            "encoded too often",
            base().path("/a%2520b"),
            base().path("/a%20b"),
            Line::Path,
            Cause::EncodedTooOften,
        ),
        on_s3(
            "twice on S3",
            base().path("/a%2520b"),
            base().path("/a%20b"),
            Line::Path,
            Cause::EncodedTooOften,
        ),
        on_s3("raw on S3", base().path("/a(1)"), base().path("/a%281%29"), Line::Path, Cause::Reencoded),
        on_s3("plus on S3", base().path("/a+b"), base().path("/a%20b"), Line::Path, Cause::PlusAndSpace),
        one("hex case", base().path("/%c3%a9"), base().path("/%C3%A9"), Line::Path, Cause::HexCase),
        on_s3(
            "normalised before S3",
            base().path("/a/b"),
            base().path("/a//b"),
            Line::Path,
            Cause::PathNormalized,
        ),
        on_s3(
            "normalised below, S3",
            base().path("/a/../b"),
            base().path("/b"),
            Line::Path,
            Cause::PathNotNormalized,
        ),
        one(
            "not normalised",
            base().path("/a/./b"),
            base().path("/a/b"),
            Line::Path,
            Cause::PathNotNormalized,
        ),
        one(
            "a prefix removed",
            base().path("/prod/items"),
            base().path("/items"),
            Line::Path,
            Cause::PathChanged,
        ),
        one(
            "a prefix added",
            base().path("/items"),
            base().path("/prod/items"),
            Line::Path,
            Cause::PathChanged,
        ),
        one("a slash more", base().path("/items"), base().path("/items/"), Line::Path, Cause::PathChanged),
        one("another path", base().path("/items"), base().path("/things"), Line::Path, Cause::PathChanged),
        one(
            "plus for a space",
            base().query("q=a%2Bb"),
            base().query("q=a%20b"),
            parameter("q"),
            Cause::PlusAndSpace,
        ),
        one(
            "a raw plus",
            base().query("q=a+b"),
            base().query("q=a%20b"),
            parameter("q"),
            Cause::PlusAndSpace,
        ),
        one("a raw colon", base().query("q=a:b"), base().query("q=a%3Ab"), parameter("q"), Cause::Reencoded),
        one(
            "a value encoded twice",
            base().query("q=a%252Fb"),
            base().query("q=a%2Fb"),
            parameter("q"),
            Cause::EncodedTooOften,
        ),
        one(
            "a value encoded again",
            base().query("q=a%2Fb"),
            base().query("q=a%252Fb"),
            parameter("q"),
            Cause::EncodedTooFew,
        ),
        one(
            "lower-case hex",
            base().query("q=a%2fb"),
            base().query("q=a%2Fb"),
            parameter("q"),
            Cause::HexCase,
        ),
        one(
            "another value",
            base().query("a=1&b=2"),
            base().query("a=1&b=3"),
            parameter("b"),
            Cause::QueryPairChanged,
        ),
        one(
            "a pair more",
            base().query("a=1"),
            base().query("a=1&utm=x"),
            parameter("utm"),
            Cause::QueryPairAdded,
        ),
        one(
            "a pair less",
            base().query("a=1&b=2"),
            base().query("a=1"),
            parameter("b"),
            Cause::QueryPairDropped,
        ),
        one(
            "an empty pair less",
            base().query("a=1&acl="),
            base().query("a=1"),
            parameter("acl"),
            Cause::QueryPairDropped,
        ),
        one(
            "no equals sign",
            base().query("acl"),
            base().query("acl="),
            parameter("acl"),
            Cause::QueryEqualsSign,
        ),
        one("unsorted", base().query("b=2&a=1"), base(), parameter(""), Cause::QueryOrder),
        one(
            "repeated, another order",
            base().query("a=2&a=1"),
            base().query("a=1&a=2"),
            parameter(""),
            Cause::QueryOrder,
        ),
        one(
            "the host",
            base(),
            base().header("host", "internal.example"),
            header("host"),
            Cause::HostChanged,
        ),
        one(
            "a port more",
            base(),
            base().header("host", "abc.execute-api.eu-west-1.amazonaws.com:443"),
            header("host"),
            Cause::HostPort,
        ),
        one(
            "a port less",
            base().header("host", "localhost:9000"),
            base().header("host", "localhost"),
            header("host"),
            Cause::HostPort,
        ),
        one(
            "the host's case",
            base(),
            base().header("host", "ABC.execute-api.eu-west-1.amazonaws.com"),
            header("host"),
            Cause::HostChanged,
        ),
        one(
            "a header dropped",
            base(),
            base().header("x-amz-meta-owner", ""),
            header("x-amz-meta-owner"),
            Cause::HeaderDropped,
        ),
        one(
            "its line, too",
            base(),
            {
                let mut theirs = base().without("x-amz-meta-owner");
                theirs.signed = Some("content-type;host;x-amz-date;x-amz-meta-owner");
                theirs
            },
            header("x-amz-meta-owner"),
            Cause::HeaderDropped,
        ),
        one(
            "a header changed",
            base(),
            base().header("content-type", "application/json; charset=utf-8"),
            header("content-type"),
            Cause::HeaderAppended,
        ),
        one(
            "a header rewritten",
            base(),
            base().header("x-amz-meta-owner", "somebody else's"),
            header("x-amz-meta-owner"),
            Cause::HeaderChanged,
        ),
        one(
            "a header cut",
            base().header("x-amz-meta-owner", "a,b"),
            base().header("x-amz-meta-owner", "a"),
            header("x-amz-meta-owner"),
            Cause::HeaderChanged,
        ),
        one(
            "encodings appended",
            base().header("accept-encoding", "identity"),
            base().header("accept-encoding", "identity,gzip(gfe)"),
            header("accept-encoding"),
            Cause::HeaderAppended,
        ),
        one(
            "spaces not folded",
            base().header("x-amz-meta-owner", "a   b"),
            base().header("x-amz-meta-owner", "a b"),
            header("x-amz-meta-owner"),
            Cause::HeaderWhiteSpace,
        ),
        one(
            "the date",
            base(),
            base().header("x-amz-date", "20260102T030406Z"),
            header("x-amz-date"),
            Cause::HeaderChanged,
        ),
        one(
            "a header not signed",
            {
                let mut ours = base().without("content-type");
                ours.signed = Some("content-type;host;x-amz-date;x-amz-meta-owner");
                ours
            },
            base(),
            header("content-type"),
            Cause::HeaderAdded,
        ),
        one("headers unsorted", order, base(), header(""), Cause::HeaderOrder),
        one("the list", list, base(), Line::SignedHeaders, Cause::SignedHeadersList),
        one("another body", base(), base().payload(OTHER), Line::PayloadHash, Cause::BodyChanged),
        one("a body not hashed", base().payload(EMPTY), base(), Line::PayloadHash, Cause::BodyNotHashed),
        one("a body not sent", base(), base().payload(EMPTY), Line::PayloadHash, Cause::BodyNotSent),
        one(
            "unsigned",
            base().payload("UNSIGNED-PAYLOAD"),
            base(),
            Line::PayloadHash,
            Cause::UnsignedPayload,
        ),
        one(
            "upper-case hash",
            base().payload("9F86D081884C7D659A2FEAA0C55AD015A3BF4F1B2B0B822CD15D6C15B0F00A08"),
            base(),
            Line::PayloadHash,
            Cause::HexCase,
        ),
        case(
            "compressed",
            signed(&base().header("content-encoding", "identity")),
            against(&base().header("content-encoding", "gzip").payload(OTHER)),
            header("content-encoding"),
            Cause::BodyCompressed,
        ),
        case(
            "the length and the body",
            signed(&base().header("content-length", "12")),
            against(&base().header("content-length", "9").payload(OTHER)),
            header("content-length"),
            Cause::BodyChanged,
        ),
        case(
            "nothing differs",
            signed(&base()),
            computed(&base(), &to_sign("20260102T030405Z", scope(), SOME)),
            None,
            Cause::SecretOrToken,
        ),
        case(
            "the string's time",
            signed(&base()),
            computed(&base(), &to_sign("20260102T030406Z", scope(), OTHER)),
            Line::Date,
            Cause::StringToSignDate,
        ),
        case(
            "the string's day",
            signed(&base()),
            computed(
                &base(),
                &to_sign("20260102T030405Z", "20260103/eu-west-1/execute-api/aws4_request", OTHER),
            ),
            Line::Scope,
            Cause::ScopeDate,
        ),
        case(
            "the string's region",
            signed(&base()),
            computed(
                &base(),
                &to_sign("20260102T030405Z", "20260102/us-east-1/execute-api/aws4_request", OTHER),
            ),
            Line::Scope,
            Cause::WrongRegion,
        ),
        case(
            "the string's service",
            signed(&base()),
            computed(&base(), &to_sign("20260102T030405Z", "20260102/eu-west-1/lambda/aws4_request", OTHER)),
            Line::Scope,
            Cause::WrongService,
        ),
        case(
            "the string's digest",
            signed(&base()),
            computed(&base(), &to_sign("20260102T030405Z", scope(), OTHER)),
            Line::Digest,
            Cause::StringToSignDigest,
        ),
        case(
            "only the string is told, digest",
            signed(&base().header("host", host)),
            error(
                "SignatureDoesNotMatch",
                "",
                &format!("<StringToSign>{}</StringToSign>", to_sign("20260102T030405Z", scope(), OTHER)),
            ),
            Line::Digest,
            Cause::StringToSignDigest,
        ),
        case(
            "only the string is told, same",
            signed(&base()),
            error(
                "SignatureDoesNotMatch",
                "",
                &format!("<StringToSign>{}</StringToSign>", to_sign("20260102T030405Z", scope(), SOME)),
            ),
            None,
            Cause::SecretOrToken,
        ),
    ]
}

//! Faults in the string to sign (its time apart), the secret, the key derivation and the form of the signature.

use std::rc::Rc;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use sigv4_core::service::infer;
use sigv4_core::signature::sha256;

use super::{Faults, Part};
use crate::claim::Claim;
use crate::recipe::{Form, Recipe, hex, raw};
use crate::wire::Request;

type NamedForm = (&'static str, fn(&[u8; 32]) -> Vec<u8>);
type Change<T> = Box<dyn Fn(&mut T)>;
type Reading = Box<dyn Fn(&str) -> Vec<u8>>;

pub(super) fn add(faults: &mut Faults, request: &Request, claim: &Claim) {
    derivation(faults);
    order(faults, request, claim);
    string_to_sign(faults, claim);
    secret(faults);
    let forms: [NamedForm; 3] = [
        ("base64", base64),
        ("upper-case hex", upper),
        ("base64, percent-encoded", |digest| {
            let text = String::from_utf8_lossy(&base64(digest)).into_owned();
            utf8_percent_encode(&text, NON_ALPHANUMERIC).to_string().into_bytes()
        }),
    ];
    for (name, form) in forms {
        let sentence = format!("the signature was written in {name}: write its 32 bytes in lower-case hex");
        faults.add(Part::Signature, sentence, move |recipe| recipe.signature = Rc::new(form));
    }
}

/// Raw digests that were made text, and hex that was taken for the digest.
fn texts() -> Vec<(&'static str, Form)> {
    vec![
        ("read as UTF-8 text (each byte that is none became U+FFFD)", Rc::new(utf8) as Form),
        ("read as UTF-8 text, the bytes that are none left out", Rc::new(utf8_ignored)),
        ("read as Latin-1 text and encoded again as UTF-8", Rc::new(latin_1)),
        (
            "read as ASCII text, the upper bit of each byte cut off",
            Rc::new(|digest| digest.map(|b| b & 0x7f).to_vec()),
        ),
        (
            "read as ASCII text (each byte above 127 became \"?\")",
            Rc::new(|digest| digest.map(|b| if b < 128 { b } else { b'?' }).to_vec()),
        ),
        (
            "cut at its first zero byte",
            Rc::new(|digest| digest.split(|b| *b == 0).next().unwrap_or_default().to_vec()),
        ),
        ("written in hex", Rc::new(hex)),
        ("written in upper-case hex", Rc::new(upper)),
        ("written in base64", Rc::new(base64)),
    ]
}

fn derivation(faults: &mut Faults) {
    let instead = "hand the raw 32 bytes of each digest to the next step";
    for (how, form) in texts() {
        let all = Rc::clone(&form);
        faults.add(
            Part::Key,
            format!("each digest of the key derivation was {how}: {instead}"),
            move |recipe| {
                recipe.between = Rc::clone(&all);
                recipe.signing_key = Rc::clone(&all);
            },
        );
        let last = Rc::clone(&form);
        let sentence =
            format!("the last digest of the key derivation, the signing key, was {how}: {instead}");
        faults.add(Part::Key, sentence, move |recipe| recipe.signing_key = Rc::clone(&last));
        let inner = Rc::clone(&form);
        let sentence = format!("each digest of the key derivation but the last was {how}: {instead}");
        faults.add(Part::Key, sentence, move |recipe| recipe.between = Rc::clone(&inner));
    }
    faults.add(
        Part::Key,
        "the key derivation started without the prefix AWS4: put it before the secret access key",
        |recipe| {
            recipe.prefix = "";
        },
    );
    faults.add(
        Part::Key,
        "key and message were exchanged in each step of the key derivation: the previous digest is the key",
        |recipe| {
            recipe.exchanged = true;
        },
    );
    faults.add(
        Part::Key,
        "the key derivation was left out and the secret access key used as it is: derive the signing key",
        |recipe| {
            recipe.steps.clear();
        },
    );
    faults.add(Part::Key, "the key derivation was left out and AWS4 with the secret access key used in its place: derive the signing key", |recipe| {
        recipe.prefix = "";
        recipe.steps.clear();
    });
}

fn order(faults: &mut Faults, request: &Request, claim: &Claim) {
    let mut steps = |sentence: String, change: Change<Vec<String>>| {
        faults.add(Part::Key, sentence, move |recipe| {
            if recipe.steps.len() == 4 {
                change(&mut recipe.steps);
            }
        });
    };
    steps(
        "the key was derived by service before region: the order is date, region, service, aws4_request"
            .into(),
        Box::new(|steps| steps.swap(1, 2)),
    );
    steps(
        "the key derivation left out its last step: end it with aws4_request".into(),
        Box::new(|steps| drop(steps.pop())),
    );
    steps(
        "the key derivation began with the region: the order is date, region, service, aws4_request".into(),
        Box::new(|steps| steps.rotate_left(1)),
    );
    let whole = claim.amz_date.clone();
    steps(
        "the key was derived by the whole time: derive it by the date alone, YYYYMMDD".into(),
        Box::new(move |steps| steps[0].clone_from(&whole)),
    );
    let day = claim.amz_date.get(..8).unwrap_or_default().to_owned();
    if day != claim.scope_date {
        let sentence = "the key was derived by the date of the request and the credential scope names another: use one date for both";
        steps(sentence.into(), Box::new(move |steps| steps[0].clone_from(&day)));
    }
    if claim.terminator != "aws4_request" {
        let sentence = "the key was derived by aws4_request and the credential scope ends otherwise: end it with aws4_request";
        steps(sentence.into(), Box::new(|steps| steps[3] = "aws4_request".into()));
    }
    let host = request.header("host").unwrap_or_default().into_owned();
    let inferred = infer(&host, &request.path);
    let mut regions = vec![
        "us-east-1".to_owned(),
        "us-west-2".to_owned(),
        "eu-west-1".to_owned(),
        "auto".to_owned(),
        String::new(),
    ];
    let mut services: Vec<_> =
        ["s3", "execute-api", "sts", "lambda", "dynamodb", "es", ""].map(str::to_owned).to_vec();
    if let Some(scope) = inferred {
        regions.insert(0, scope.region.into_owned());
        services.insert(0, scope.service.to_owned());
    }
    services.extend(host.split(['.', ':']).map(str::to_owned));
    for (at, what, signed, others) in
        [(1, "region", &claim.region, regions), (2, "service", &claim.service, services)]
    {
        for other in others.into_iter().filter(|other| other != signed) {
            let sentence = format!(
                "the key was derived for the {what} \"{other}\" and the credential scope names \"{signed}\": use one for both"
            );
            steps(sentence, Box::new(move |steps| steps[at].clone_from(&other)));
        }
    }
}

fn string_to_sign(faults: &mut Faults, claim: &Claim) {
    let mut add = |sentence: String, apply: Change<Recipe>| faults.add(Part::ToSign, sentence, apply);
    let instead = "write the digest of the canonical request in lower-case hex, once";
    for (how, form) in texts().into_iter().filter(|(how, _)| *how != "written in hex") {
        let sentence = format!("the digest in the string to sign was {how}: {instead}");
        add(sentence, Box::new(move |recipe| recipe.digest = Rc::clone(&form)));
    }
    let digests: [NamedForm; 4] = [
        ("raw bytes", raw),
        ("hex of the digest's hex, encoded twice", |digest| {
            hex(digest).iter().flat_map(|byte| format!("{byte:02x}").into_bytes()).collect()
        }),
        ("the digest of a digest, hashed twice", |digest| hex(&sha256(digest))),
        ("the digest of a digest's hex, hashed twice", |digest| hex(&sha256(&hex(digest)))),
    ];
    for (what, form) in digests {
        add(
            format!("the last line of the string to sign was {what}: {instead}"),
            Box::new(move |recipe| recipe.digest = Rc::new(form)),
        );
    }
    add(
        format!("the canonical request itself was put into the string to sign: {instead}"),
        Box::new(|recipe| recipe.unhashed = true),
    );
    add(
        "a line break was left at the end of the string to sign: it ends with the digest".into(),
        Box::new(|recipe| recipe.to_sign_end = "\n"),
    );
    let id = claim.access_key_id.clone();
    add(
        "the string to sign held the whole credential: leave the access key id out of the scope".into(),
        Box::new(move |recipe| recipe.scope = format!("{id}/{}", recipe.scope)),
    );
    let date = claim.scope_date.clone();
    add(
        "the string to sign held the date in place of the time: write YYYYMMDDTHHMMSSZ".into(),
        Box::new(move |recipe| recipe.date.clone_from(&date)),
    );
    let exchanged = format!("{}/{}/{}/{}", claim.scope_date, claim.service, claim.region, claim.terminator);
    add("the scope in the string to sign names the service before the region: the order is date, region, service".into(), Box::new(move |recipe| recipe.scope.clone_from(&exchanged)));
    let time = format!("{}/{}/{}/{}", claim.amz_date, claim.region, claim.service, claim.terminator);
    add(
        "the scope in the string to sign holds the whole time: write the date alone, YYYYMMDD".into(),
        Box::new(move |recipe| recipe.scope.clone_from(&time)),
    );
    for (algorithm, what) in [
        ("AWS4-HMAC-SHA256", "named AWS4-HMAC-SHA256 and the request another algorithm"),
        ("", "lacked the algorithm"),
    ] {
        add(
            format!("the string to sign {what}: its first line is the request's algorithm"),
            Box::new(move |recipe| recipe.algorithm = algorithm.to_owned()),
        );
    }
}

/// The white space that came with the secret, if the client took it for part of that.
pub(super) fn white_space(faults: &mut Faults, right: &Recipe, given: &str) {
    if given.as_bytes() != right.secret {
        let given = given.as_bytes().to_vec();
        let sentence = "the client signed with the secret access key and the white space around it: read it whole and nothing else";
        faults.add(Part::Secret, sentence, move |recipe| recipe.secret.clone_from(&given));
    }
}

fn secret(faults: &mut Faults) {
    let mut add = |what: &str, change: Reading| {
        faults.add(
            Part::Secret,
            format!("the client signed with the secret access key {what}: read it whole and nothing else"),
            move |recipe| {
                let secret = String::from_utf8_lossy(&recipe.secret).into_owned();
                recipe.secret = change(&secret);
            },
        );
    };
    let behind = [
        ("\n", "and a line break behind it"),
        ("\r\n", "and a line break (CR LF) behind it"),
        (" ", "and a space behind it"),
        ("\r", "and a carriage return behind it"),
        ("\t", "and a tab behind it"),
        ("\0", "and a zero byte behind it"),
    ];
    for (text, what) in behind {
        add(what, Box::new(move |secret| format!("{secret}{text}").into_bytes()));
    }
    add("and a space before it", Box::new(|secret| format!(" {secret}").into_bytes()));
    add("and a byte order mark before it", Box::new(|secret| format!("\u{feff}{secret}").into_bytes()));
    for quote in ['"', '\''] {
        add("in quotes", Box::new(move |secret| format!("{quote}{secret}{quote}").into_bytes()));
    }
    add(
        "percent-encoded",
        Box::new(|secret| utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string().into_bytes()),
    );
    add("percent-decoded", Box::new(|secret| percent_decode_str(secret).collect()));
    add("with spaces for its plus signs", Box::new(|secret| secret.replace('+', " ").into_bytes()));
    add("without its slashes", Box::new(|secret| secret.replace('/', "").into_bytes()));
    add(
        "cut by its last character",
        Box::new(|secret| {
            secret.get(..secret.len().saturating_sub(1)).unwrap_or_default().as_bytes().to_vec()
        }),
    );
    add("in lower case", Box::new(|secret| secret.to_ascii_lowercase().into_bytes()));
    add("decoded as base64", Box::new(|secret| BASE64_STANDARD.decode(secret).unwrap_or_default()));
    add("prefixed with AWS4 twice", Box::new(|secret| format!("AWS4{secret}").into_bytes()));
    for word in ["", "undefined", "null", "None", "nil", "<no value>"] {
        let what =
            if word.is_empty() { "an empty secret".to_owned() } else { format!("the word \"{word}\"") };
        let sentence = format!(
            "the client signed with {what} in place of the secret access key: it found none, give it one"
        );
        faults.add(Part::Secret, sentence, move |recipe| recipe.secret = word.as_bytes().to_vec());
    }
}

fn utf8(digest: &[u8; 32]) -> Vec<u8> {
    String::from_utf8_lossy(digest).into_owned().into_bytes()
}

fn utf8_ignored(digest: &[u8; 32]) -> Vec<u8> {
    digest.utf8_chunks().flat_map(|chunk| chunk.valid().bytes().collect::<Vec<_>>()).collect()
}

fn latin_1(digest: &[u8; 32]) -> Vec<u8> {
    digest.iter().map(|byte| char::from(*byte)).collect::<String>().into_bytes()
}

fn upper(digest: &[u8; 32]) -> Vec<u8> {
    hex(digest).to_ascii_uppercase()
}

fn base64(digest: &[u8; 32]) -> Vec<u8> {
    BASE64_STANDARD.encode(digest).into_bytes()
}

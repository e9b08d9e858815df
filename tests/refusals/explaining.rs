//! A hand-written table: what was signed, what the service computed or said, and the right answer.

use sigv4_core::refusal::{Confidence, Explanation, Line, SentSignature};

use crate::lines::lines;
use crate::others::others;
use crate::table::*;

fn explained(case: &Case) -> Explanation {
    case.refusal.explain(&case.sent).unwrap_or_else(|| panic!("{}: no explanation", case.name))
}

#[test]
fn each_case_gets_its_line_and_cause() {
    let cases: Vec<_> = lines().into_iter().chain(others()).collect();
    assert!(cases.len() >= 100, "{}", cases.len());
    let mut wrong = Vec::new();
    for case in &cases {
        let explanation = explained(case);
        if explanation.cause() != case.cause || explanation.line() != case.line.as_ref() {
            wrong.push(format!(
                "{}: {:?} {:?}, not {:?} {:?}: {explanation}",
                case.name,
                explanation.cause(),
                explanation.line(),
                case.cause,
                case.line
            ));
        }
    }
    assert!(wrong.is_empty(), "{} of {} wrong:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

#[test]
fn certain_findings_stand_alone_and_uncertain_ones_are_few() {
    for case in lines().iter().chain(&others()) {
        let explanation = explained(case);
        let findings = explanation.findings();
        assert!((1..=3).contains(&findings.len()), "{}", case.name);
        let certain = findings.iter().filter(|finding| finding.confidence() == Confidence::Certain).count();
        assert!(certain == 0 || findings.len() == 1, "{}: {explanation}", case.name);
        let ranks: Vec<_> = findings.iter().map(|finding| finding.confidence()).collect();
        assert!(ranks.is_sorted_by(|a, b| a >= b), "{}: {ranks:?}", case.name);
        let text = explanation.to_string();
        assert!(text.bytes().all(|b| (b' '..=b'~').contains(&b)), "{}: {text:?}", case.name);
        assert!(
            !text.contains("customer's secret") && !text.contains("somebody else"),
            "{}: {text}",
            case.name
        );
        assert!(!text.contains("EXAMPLE"), "the access key id is cut: {text}");
    }
}

#[test]
fn a_bare_denial_without_a_telling_fact_is_left_alone() {
    let denied = error("AccessDenied", "Access Denied", "");
    assert_eq!(denied.explain(&signed(&Request::new())), None);
    assert_eq!(refused(403, "").explain(&SentSignature::default()), None);
}

#[test]
fn what_was_indented_on_the_way_is_compared_as_it_was() {
    let theirs = Request::new().header("host", "internal.example");
    for indent in ["    ", "\t"] {
        let texts = [theirs.text(), to_sign("20260102T030405Z", scope(), OTHER)].map(|text| {
            format!("\n{indent}{}\n", text.replace('&', "&amp;").replace('\n', &format!("\n{indent}")))
        });
        let [canonical, to_sign] = texts;
        let rest =
            format!("<StringToSign>{to_sign}</StringToSign><CanonicalRequest>{canonical}</CanonicalRequest>");
        let explanation =
            error("SignatureDoesNotMatch", "", &rest).explain(&signed(&Request::new())).unwrap();
        assert_eq!(explanation.differing_lines(), [header("host")], "{indent:?}: {explanation}");
    }
}

#[test]
fn a_service_that_was_signed_for_is_not_blamed_beside_the_region() {
    let both = "Credential should be scoped to a valid region, not 'us-east-1'. Credential should be scoped to correct service: 'execute-api'. ";
    let explanation = error("InvalidSignatureException", both, "").explain(&signed(&Request::new())).unwrap();
    assert!(explanation.to_string().contains("names the region \"us-east-1\": sign for"), "{explanation}");
}

#[test]
fn all_differing_lines_are_listed_in_order() {
    let theirs = Request::new().path("/things").header("host", "internal.example").payload(OTHER);
    let explanation = against(&theirs).explain(&signed(&Request::new())).unwrap();
    assert_eq!(explanation.differing_lines(), [Line::Path, header("host"), Line::PayloadHash]);
    assert!(explanation.to_string().ends_with("(also different: the header \"host\" and 1 more)"));
}

#[test]
fn rendered() {
    let text: Vec<_> = lines()
        .iter()
        .chain(&others())
        .map(|case| format!("{}\n    {}\n", case.name, explained(case)))
        .collect();
    insta::assert_snapshot!(text.concat());
}

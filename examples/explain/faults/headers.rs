//! Faults in the canonical headers and in the list of their names.

use percent_encoding::utf8_percent_encode;

use super::canonical::STRICT;
use super::{Faults, Part};
use crate::recipe::Recipe;
use crate::wire::Request;

pub(super) fn add(faults: &mut Faults, request: &Request, right: &Recipe) {
    let host = request.header("host").unwrap_or_default().into_owned();
    let bare = host.rsplit_once(':').map_or(host.clone(), |(name, _)| name.to_owned());
    let mut hosts = vec![
        (bare.clone(), "without its port"),
        (format!("https://{host}"), "with a scheme before it"),
        (format!("{host}/"), "with a slash behind it"),
        (String::new(), "as an empty value"),
        ("localhost".to_owned(), "as localhost"),
        (host.to_ascii_lowercase(), "in lower case"),
    ];
    hosts.extend(
        [("443"), ("80"), ("8080"), ("9000")].map(|port| (format!("{bare}:{port}"), "with another port")),
    );
    for (value, how) in hosts.into_iter().filter(|(value, _)| *value != host) {
        let sentence = format!("the header \"host\" was signed {how}: sign it as it is sent");
        faults.add(Part::Headers, sentence, move |recipe| set(recipe, "host", &value));
    }
    // One header at a time: dropped from the canonical headers, or signed with another white space.
    for (name, value) in &right.headers {
        let shown = name.escape_default().to_string();
        let own = name.clone();
        let sentence = format!(
            "the header \"{shown}\" is listed as signed and was left out of the canonical headers: put it in"
        );
        faults.add(Part::Headers, sentence, move |recipe| recipe.headers.retain(|(other, _)| *other != own));
        let sent: Vec<_> = request
            .headers
            .iter()
            .filter(|(other, _)| other.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
            .collect();
        // The one space behind the colon belongs to the header's form, and whatever else there is to how it was written.
        let untrimmed: Vec<_> = request
            .headers
            .iter()
            .zip(&request.untrimmed)
            .filter(|((other, _), _)| other.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.strip_prefix(' ').unwrap_or(value))
            .collect();
        let as_written = [sent.join(","), untrimmed.join(","), untrimmed.join(",").trim_end().to_owned()];
        for untouched in as_written.into_iter().filter(|text| text != value) {
            let own = name.clone();
            let sentence = format!(
                "the header \"{shown}\" was signed with its white space as it is: trim values and fold runs of spaces into one"
            );
            faults.add(Part::Headers, sentence, move |recipe| set(recipe, &own, &untouched));
        }
        let spaced = format!(" {value}");
        let own = name.clone();
        let sentence =
            format!("the header \"{shown}\" was signed with a space behind its colon: trim values");
        faults.add(Part::Headers, sentence, move |recipe| set(recipe, &own, &spaced));
        let own = name.clone();
        let sentence =
            format!("the header \"{shown}\" was signed with an empty value: sign the value that is sent");
        faults.add(Part::Headers, sentence, move |recipe| set(recipe, &own, ""));
        if sent.len() > 1 {
            for (values, what) in [
                (sent.join(", "), "joined by a comma and a space"),
                (sent[0].to_owned(), "with the first of its values alone"),
                (sent[sent.len() - 1].to_owned(), "with the last of its values alone"),
            ] {
                let own = name.clone();
                let sentence =
                    format!("the header \"{shown}\" was signed {what}: join all its values by commas");
                faults.add(Part::Headers, sentence, move |recipe| set(recipe, &own, &values));
            }
        }
    }
    faults.add(
        Part::Headers,
        "every header was signed with a space behind its colon: trim values",
        |recipe| {
            recipe.headers.iter_mut().for_each(|(_, value)| *value = format!(" {value}"));
        },
    );
    let types = [
        "application/json",
        "application/x-www-form-urlencoded",
        "application/octet-stream",
        "text/plain",
        "application/x-amz-json-1.0",
        "application/x-amz-json-1.1",
        "application/json; charset=utf-8",
        "application/x-www-form-urlencoded; charset=utf-8",
    ];
    let sent_type = request.header("content-type").unwrap_or_default().into_owned();
    for other in types.into_iter().filter(|other| *other != sent_type) {
        let sentence = format!(
            "the header \"content-type\" was signed as \"{other}\" and sent otherwise: let the signer see what the client sends"
        );
        faults.add(Part::Headers, sentence, move |recipe| set(recipe, "content-type", other));
    }
    unsigned(faults, request, right);
    spelling(faults, request, right);
}

/// Headers that were sent, are not listed, and were signed all the same.
fn unsigned(faults: &mut Faults, request: &Request, right: &Recipe) {
    for (name, value) in &request.headers {
        let name = name.to_ascii_lowercase();
        if name == "authorization" || right.headers.iter().any(|(other, _)| *other == name) {
            continue;
        }
        let (own, value) = (name.clone(), value.clone());
        for (lists, how) in [
            (false, "in the canonical headers and in neither list"),
            (true, "signed and missing in SignedHeaders of the authorization"),
        ] {
            let (own, value) = (own.clone(), value.clone());
            let sentence =
                format!("the header \"{}\" is {how}: list every header that is signed", own.escape_default());
            faults.add(Part::Headers, sentence, move |recipe| {
                recipe.headers.push((own.clone(), value.clone()));
                recipe.headers.sort_unstable();
                if lists {
                    let mut names: Vec<_> = recipe.signed_headers.split(';').map(str::to_owned).collect();
                    names.push(own.clone());
                    names.sort_unstable();
                    recipe.signed_headers = names.join(";");
                }
            });
        }
    }
}

/// Names as they were sent, and lists that are written in another way.
fn spelling(faults: &mut Faults, request: &Request, right: &Recipe) {
    let as_sent = |name: &str| {
        let found = request.headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name));
        found.map_or(name.to_owned(), |(name, _)| name.clone())
    };
    let named: Vec<_> = right.headers.iter().map(|(name, value)| (as_sent(name), value.clone())).collect();
    let mut resorted = named.clone();
    resorted.sort_unstable();
    for (list, how) in [
        (named, "with their names as they are sent"),
        (resorted, "with their names as they are sent, and sorted so"),
    ] {
        faults.add(
            Part::Headers,
            format!("the headers were signed {how}: write names in lower case"),
            move |recipe| recipe.headers.clone_from(&list),
        );
    }
    let position =
        |name: &str| request.headers.iter().position(|(other, _)| other.eq_ignore_ascii_case(name));
    let mut ordered = right.headers.clone();
    ordered.sort_by_key(|(name, _)| position(name));
    let order: Vec<_> = ordered.iter().map(|(name, _)| name.clone()).collect();
    faults.add(
        Part::Headers,
        "the canonical headers were signed in the order in which they are sent: sort them by name",
        move |recipe| recipe.headers.clone_from(&ordered),
    );
    let capitals: Vec<_> = right.headers.iter().map(|(name, _)| as_sent(name)).collect();
    let lists = [
        (order.join(";"), "in the order in which they are sent: sort them"),
        (capitals.join(";"), "as they are sent: write them in lower case"),
        (right.signed_headers.replace(';', ","), "separated by commas: separate them by semicolons"),
        (
            right.signed_headers.replace(';', "; "),
            "with spaces between them: separate them by semicolons alone",
        ),
        (format!("{};", right.signed_headers), "with a semicolon behind the last: leave that out"),
        (String::new(), "as an empty line: list them"),
        ("host".to_owned(), "as host alone: list every header that is signed"),
        ("host;x-amz-date".to_owned(), "as host;x-amz-date: list every header that is signed"),
    ];
    for (list, how) in lists.into_iter().filter(|(list, _)| *list != right.signed_headers) {
        faults.add(
            Part::Headers,
            format!("the names of the signed headers were signed {how}"),
            move |recipe| recipe.signed_headers.clone_from(&list),
        );
    }
    // The list in the authorization as it was written.
    let written = utf8_percent_encode(&right.signed_headers, STRICT).to_string();
    faults.add(
        Part::Headers,
        "the names of the signed headers were signed percent-encoded: write semicolons",
        move |recipe| recipe.signed_headers.clone_from(&written),
    );
}

fn set(recipe: &mut Recipe, name: &str, value: &str) {
    recipe.headers.iter_mut().filter(|(other, _)| other == name).for_each(|(_, old)| *old = value.to_owned());
}

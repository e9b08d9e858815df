//! Known ways to sign wrongly, each with the sentence that names it. The right signature first, then each of
//! these, then two at once: what reproduces the signature that was sent is what the client did.

mod canonical;
mod headers;
mod key;
mod payload;
mod times;
mod uncommon;

use crate::claim::Claim;
use crate::recipe::Recipe;
use crate::wire::Request;

/// One way to sign wrongly.
pub struct Fault {
    part: Part,
    /// What was done, and what to do instead.
    pub sentence: String,
    apply: Box<dyn Fn(&mut Recipe)>,
}

/// Faults of different parts can come together; two of one part would overwrite each other.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Method,
    Path,
    Query,
    Headers,
    Payload,
    Layout,
    ToSign,
    Secret,
    Key,
    Signature,
}

impl Fault {
    /// Signs in this wrong way from here on.
    pub fn apply(&self, recipe: &mut Recipe) {
        (self.apply)(recipe);
    }
}

/// The faults of one request, collected.
struct Faults(Vec<Fault>);

impl Faults {
    fn add(&mut self, part: Part, sentence: impl Into<String>, apply: impl Fn(&mut Recipe) + 'static) {
        self.0.push(Fault { part, sentence: sentence.into(), apply: Box::new(apply) });
    }
}

/// Every known fault that this request could have been signed with.
/// `given` is the secret access key as it was given, white space and all.
pub fn all(request: &Request, claim: &Claim, right: &Recipe, given: &str) -> Vec<Fault> {
    let mut faults = Faults(Vec::new());
    key::add(&mut faults, request, claim);
    times::add(&mut faults, request, claim);
    key::white_space(&mut faults, right, given);
    canonical::add(&mut faults, request, claim, right);
    headers::add(&mut faults, request, right);
    payload::add(&mut faults, request, right);
    uncommon::add(&mut faults, claim, right);
    faults.0
}

/// What was found to reproduce the signature.
pub enum Match<'f> {
    Right,
    One(&'f Fault),
    Two(&'f Fault, &'f Fault),
    None,
}

/// Tries the right recipe, each fault, and each two of different parts. Keys and strings to sign are computed
/// once each, so that most pairs cost one HMAC.
pub fn search<'f>(right: &Recipe, faults: &'f [Fault], sent: &str) -> Match<'f> {
    let is_sent =
        |recipe: &Recipe, key: &[u8], to_sign: &[u8]| recipe.finish(key, to_sign) == sent.as_bytes();
    let (key, to_sign) = (right.key(), right.string_to_sign());
    if is_sent(right, &key, &to_sign) {
        return Match::Right;
    }
    let mut changed: Vec<Changed<'f>> = Vec::new();
    for fault in faults {
        let mut recipe = right.clone();
        fault.apply(&mut recipe);
        let (key, to_sign) = match fault.part.side() {
            Side::Key => (recipe.key(), to_sign.clone()),
            Side::ToSign => (key.clone(), recipe.string_to_sign()),
            Side::Signature => (key.clone(), to_sign.clone()),
        };
        if is_sent(&recipe, &key, &to_sign) {
            return Match::One(fault);
        }
        changed.push(Changed { fault, recipe, key, to_sign });
    }
    for first in &changed {
        for second in changed.iter().filter(|second| second.fault.part > first.fault.part) {
            let both = || {
                let mut recipe = first.recipe.clone();
                second.fault.apply(&mut recipe);
                recipe
            };
            let found = match (first.fault.part.side(), second.fault.part.side()) {
                (Side::ToSign, Side::ToSign) => is_sent(right, &key, &both().string_to_sign()),
                (Side::Key, Side::Key) => is_sent(right, &both().key(), &to_sign),
                (Side::ToSign, Side::Key) => is_sent(right, &second.key, &first.to_sign),
                // Forms of the signature are the last part.
                (_, _) => is_sent(&second.recipe, &first.key, &first.to_sign),
            };
            if found {
                return Match::Two(first.fault, second.fault);
            }
        }
    }
    Match::None
}

/// A fault, and what it makes of the right recipe.
struct Changed<'f> {
    fault: &'f Fault,
    recipe: Recipe,
    key: Vec<u8>,
    to_sign: Vec<u8>,
}

/// What a part has an effect on.
enum Side {
    ToSign,
    Key,
    Signature,
}

impl Part {
    fn side(self) -> Side {
        match self {
            Self::Secret | Self::Key => Side::Key,
            Self::Signature => Side::Signature,
            _ => Side::ToSign,
        }
    }
}

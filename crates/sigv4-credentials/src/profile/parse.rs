//! One file of the shared configuration, read line by line into sections.
//!
//! The format is the one that every AWS tool reads: sections in brackets, `name = value` properties, comments
//! that start with `#` or `;`, and indented lines that continue a value or nest properties below it.
//! <https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html>

use zeroize::Zeroizing;

use super::text;

/// A section as it stands in the file: nothing merged, nothing left out.
pub(super) struct RawSection<'t> {
    /// What stands between the brackets, trimmed.
    pub(super) header: &'t str,
    /// The number of its line, from 1.
    pub(super) line: usize,
    pub(super) properties: Vec<RawProperty>,
}

/// A property as it stands in the file.
pub(super) struct RawProperty {
    /// In lower case: names are compared without case.
    pub(super) name: String,
    pub(super) value: Zeroizing<String>,
    pub(super) line: usize,
}

/// Why a line cannot be read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Malformed {
    pub(super) line: usize,
    pub(super) message: String,
}

/// Where the parser stands.
enum State {
    /// Before the first section.
    Start,
    /// In a section, after its header.
    Header,
    /// After a property; one with an empty value may have properties nested below it.
    Property { nests: bool },
}

/// Reads a whole file. The first line that cannot be read ends it.
pub(super) fn parse(file: &str) -> Result<Vec<RawSection<'_>>, Malformed> {
    let mut sections: Vec<RawSection<'_>> = Vec::new();
    let mut state = State::Start;
    // Editors of one system put a byte order mark in front.
    for (index, line) in file.trim_start_matches('\u{feff}').lines().enumerate() {
        let number = index + 1;
        let malformed = |message: &str| Malformed { line: number, message: message.to_owned() };
        if text::trim(line).is_empty() || line.starts_with(text::COMMENT) {
            continue;
        }
        if line.starts_with('[') {
            let header = text::without_comment(line, false)
                .strip_prefix('[')
                .and_then(|rest| rest.strip_suffix(']'))
                .ok_or_else(|| malformed("Profile definition must end with ']'"))?;
            sections.push(RawSection { header: text::trim(header), line: number, properties: Vec::new() });
            state = State::Header;
            continue;
        }
        let Some(section) = sections.last_mut() else {
            return Err(malformed("Expected a profile definition"));
        };
        if line.starts_with(text::WHITE_SPACE) {
            let (State::Property { nests }, Some(property)) = (&state, section.properties.last_mut()) else {
                return Err(malformed("Expected a property definition, found continuation"));
            };
            if *nests {
                property_line(line, "sub-property").map_err(|message| malformed(&message))?;
            }
            continue_value(&mut property.value, text::trim(line));
        } else {
            let (name, value) = property_line(line, "property").map_err(|message| malformed(&message))?;
            state = State::Property { nests: value.is_empty() };
            section.properties.push(RawProperty {
                name: name.to_ascii_lowercase(),
                value: Zeroizing::new(value.to_owned()),
                line: number,
            });
        }
    }
    Ok(sections)
}

/// Adds a line. Where the buffer has no room, the old one is wiped and not left behind; the new one has room for as much again,
/// so that a value of many lines is not copied for each.
fn continue_value(value: &mut Zeroizing<String>, line: &str) {
    let needed = value.len() + 1 + line.len();
    if value.capacity() < needed {
        let mut longer = Zeroizing::new(String::with_capacity(2 * needed));
        longer.push_str(value);
        *value = longer;
    }
    value.push('\n');
    value.push_str(line);
}

/// `name = value`, both trimmed, with a comment cut off that white space stands before.
pub(super) fn property_line<'t>(line: &'t str, what: &str) -> Result<(&'t str, &'t str), String> {
    let (name, value) = text::without_comment(line, true)
        .split_once('=')
        .ok_or_else(|| format!("Expected an '=' sign defining a {what}"))?;
    let name = text::trim(name);
    if name.is_empty() {
        let (first, rest) = what.split_at(1);
        return Err(format!("{}{rest} did not have a name", first.to_ascii_uppercase()));
    }
    Ok((name, text::trim(value)))
}

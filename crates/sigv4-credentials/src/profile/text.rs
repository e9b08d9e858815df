//! What counts as white space, as a comment and as a name in the shared files.

pub(super) const WHITE_SPACE: [char; 2] = [' ', '\t'];
pub(super) const COMMENT: [char; 2] = ['#', ';'];

/// Without spaces and tabs at both ends. Other white space belongs to the value.
pub(super) fn trim(text: &str) -> &str {
    text.trim_matches(WHITE_SPACE)
}

/// The line without its comment, trimmed. In a value a comment needs white space before it.
pub(super) fn without_comment(line: &str, needs_white_space: bool) -> &str {
    let line = trim(line);
    let mut after_space = false;
    for (at, c) in line.char_indices() {
        if COMMENT.contains(&c) && (after_space || !needs_white_space) {
            return trim(&line[..at]);
        }
        after_space = c.is_whitespace();
    }
    line
}

/// Whether the text can name a section or a property.
pub(super) fn is_name(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-_/.%@:+".contains(c);
    !text.is_empty() && text.chars().all(allowed)
}

/// The name after a prefix such as `profile`, with white space between them; quotes around it are no part of it.
pub(super) fn after_prefix<'t>(header: &'t str, prefix: &str) -> Option<&'t str> {
    let rest = header.strip_prefix(prefix)?;
    let name = rest.starts_with(WHITE_SPACE).then(|| trim(rest))?;
    let within = |quote| name.strip_prefix(quote)?.strip_suffix(quote);
    Some(within('"').or_else(|| within('\'')).unwrap_or(name))
}

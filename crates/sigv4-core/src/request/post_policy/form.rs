//! The form that a signed policy goes into.

use std::fmt;
use std::time::SystemTime;

/// The fields of a form whose user may upload what its policy allows, in their order; the file comes last, as `file`.
///
/// Whoever has them may upload: `Debug` does not show their values.
#[derive(Clone)]
pub struct PostForm {
    pub(super) fields: Vec<(String, String)>,
    pub(super) expires_at: Option<SystemTime>,
}

impl PostForm {
    /// The fields, names and values.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields.iter().map(|(name, value)| (&**name, &**value))
    }

    /// The value of a field.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields().find(|(field, _)| *field == name).map(|(_, value)| value)
    }

    /// From when on S3 refuses the form, where it is known.
    pub fn expires_at(&self) -> Option<SystemTime> {
        self.expires_at
    }
}

impl fmt::Debug for PostForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.fields().map(|(name, _)| name).collect();
        f.debug_struct("PostForm").field("fields", &names).field("expires_at", &self.expires_at).finish()
    }
}

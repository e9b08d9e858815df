//! Verification: what is accepted, what is refused and with which words, and that one changed byte is enough.

mod accepts;
mod refuses;
mod support;

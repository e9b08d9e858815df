//! Verification: what is accepted, what is refused and with which words, and that one changed byte is enough.

mod accepts;
mod attacks;
mod model;
mod oracles;
mod paths;
mod refuses;
mod robust;
mod sigv4a;
mod support;
mod tampers;

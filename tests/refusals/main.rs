//! Refusals in the shapes in which services write them: read, explained, and hostile.

mod reading;

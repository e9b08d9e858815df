//! The locks of `flight`, by a name that its model test replaces with those of a model checker.

pub(super) use std::sync::{Mutex, MutexGuard};

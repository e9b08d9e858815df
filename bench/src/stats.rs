//! Medians and minima of repeated measurements.

use std::time::Duration;

/// One quantity, measured again and again.
#[derive(Debug, Clone, Default)]
pub struct Series(Vec<f64>);

impl Series {
    /// Adds a measurement of `count` equal pieces of work, in nanoseconds each.
    pub fn push(&mut self, took: Duration, count: usize) {
        self.value(took.as_secs_f64() * 1e9 / count as f64);
    }

    /// Adds a measured value.
    pub fn value(&mut self, value: f64) {
        self.0.push(value);
    }

    /// The value that half of the measurements do not exceed.
    pub fn median(&self) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_unstable_by(f64::total_cmp);
        sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
    }

    /// The smallest value.
    pub fn min(&self) -> f64 {
        self.0.iter().copied().fold(f64::INFINITY, f64::min)
    }

    /// The largest value.
    pub fn max(&self) -> f64 {
        self.0.iter().copied().fold(f64::NEG_INFINITY, f64::max)
    }
}

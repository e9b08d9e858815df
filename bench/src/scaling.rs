//! One signer on two threads, and one on a new day each time.

use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant, SystemTime};

use http::Request;
use sigv4_bench::random::Random;
use sigv4_bench::stats::Series;
use sigv4_core::clock::{Clock, SystemClock};
use sigv4_core::{Credentials, Payload, Signer};

use crate::compare::{self, Workload};

/// W7: how many times as much two threads sign as one does, with one signer. In turns; the median.
pub fn two_threads(workload: &Workload, budget: Duration) -> Series {
    let signer = compare::ours::signer(workload);
    let slice = budget / 2 / ROUNDS;
    let mut ratio = Series::default();
    for _ in 0..ROUNDS {
        let one = per_second(&signer, workload, 1, slice);
        let two = per_second(&signer, workload, 2, slice);
        ratio.value(two / one);
    }
    ratio
}

const ROUNDS: u32 = 10;

/// Signatures in a second of signing, over all threads: what each does in its timed parts, by the median.
fn per_second(signer: &Signer, workload: &Workload, threads: usize, slice: Duration) -> f64 {
    let (start, stop) = (Barrier::new(threads + 1), AtomicBool::new(false));
    std::thread::scope(|scope| {
        let handles: Vec<_> = (0..threads)
            .map(|thread| {
                let (start, stop) = (&start, &stop);
                scope.spawn(move || {
                    let mut random = Random::new(thread as u64);
                    let samples: Vec<_> = (0..workload.batch).map(|_| workload.sample(&mut random)).collect();
                    let mut time = Series::default();
                    start.wait();
                    while !stop.load(Relaxed) {
                        let mut requests: Vec<Request<()>> =
                            samples.iter().map(|sample| sample.request()).collect();
                        let began = Instant::now();
                        for request in &mut requests {
                            signer.sign(request, Payload::EMPTY).expect("it can be signed");
                        }
                        time.push(began.elapsed(), requests.len());
                    }
                    1e9 / time.median()
                })
            })
            .collect();
        start.wait();
        std::thread::sleep(slice);
        stop.store(true, Relaxed);
        handles.into_iter().map(|handle| handle.join().expect("a thread that ends")).sum()
    })
}

/// A clock that shows another day at each reading.
struct NextDay(AtomicU64);

impl Clock for NextDay {
    fn now(&self) -> SystemTime {
        // Some 80 years, then the same days again: by then their keys are forgotten.
        let days = self.0.fetch_add(1, Relaxed) % 30_000;
        SystemClock.now() + Duration::from_secs(days * 86_400)
    }
}

/// W8: one signature, in nanoseconds, where each needs a signing key of its own.
pub fn new_days(workload: &Workload, budget: Duration) -> Series {
    let credentials = Credentials::new(compare::ACCESS_KEY_ID, compare::SECRET_ACCESS_KEY);
    let signer = Signer::new(workload.service, compare::REGION, credentials.expect("good credentials"))
        .with_clock(NextDay(AtomicU64::new(0)));
    let mut random = Random::new(8);
    let samples: Vec<_> = (0..workload.batch).map(|_| workload.sample(&mut random)).collect();
    let mut time = Series::default();
    let began = Instant::now();
    while began.elapsed() < budget {
        let mut requests: Vec<Request<()>> = samples.iter().map(|sample| sample.request()).collect();
        let began = Instant::now();
        for request in &mut requests {
            signer.sign(request, Payload::EMPTY).expect("it can be signed");
        }
        time.push(began.elapsed(), requests.len());
    }
    time
}

//! All signers against each other: in one process, in turns.

use std::time::{Duration, Instant};

use sigv4_bench::allocations::{Allocated, counted};
use sigv4_bench::random::Random;
use sigv4_bench::stats::Series;

use super::floor::{Compression, Floor};
use super::signers::{AwsSigv4, Ours, Raw, Reqsign, Rusoto, RustyS3, Signer};
use super::workload::{Sample, Workload};

/// What came of one workload.
#[derive(Debug)]
pub struct Race {
    pub workload: Workload,
    pub floor: Floor,
    /// This project first.
    pub entrants: Vec<Entrant>,
    /// What this project allocates where the `HeaderMap` has room.
    pub beyond_growth: Allocated,
}

/// What came of one signer.
#[derive(Debug)]
pub struct Entrant {
    pub name: &'static str,
    /// Of one signature, in nanoseconds.
    pub time: Series,
    /// By one signature.
    pub allocated: Allocated,
    /// Whether it signs whole requests, and so is a peer.
    pub is_peer: bool,
}

impl Race {
    /// This project.
    pub fn ours(&self) -> &Entrant {
        &self.entrants[0]
    }

    /// The median of the fastest peer, in nanoseconds.
    pub fn fastest_peer(&self) -> f64 {
        let peers = self.entrants.iter().filter(|entrant| entrant.is_peer);
        peers.map(|entrant| entrant.time.median()).fold(f64::INFINITY, f64::min)
    }
}

/// A signer and its prepared requests, its types aside.
trait Lane {
    fn name(&self) -> &'static str;

    /// Prepares these, then signs them: how long that took.
    fn round(&mut self, samples: &[Sample]) -> Duration;

    fn signed(&self, sample: &Sample) -> (String, String);

    fn allocated(&self, sample: &Sample) -> Allocated;
}

struct Of<S: Signer> {
    signer: S,
    inputs: Vec<S::Input>,
}

impl<S: Signer> Lane for Of<S> {
    fn name(&self) -> &'static str {
        S::NAME
    }

    fn round(&mut self, samples: &[Sample]) -> Duration {
        self.inputs.clear();
        self.inputs.extend(samples.iter().map(|sample| self.signer.input(sample)));
        let began = Instant::now();
        for input in &mut self.inputs {
            self.signer.sign(input);
        }
        began.elapsed()
    }

    fn signed(&self, sample: &Sample) -> (String, String) {
        let mut input = self.signer.input(sample);
        self.signer.sign(&mut input);
        self.signer.signed(&input)
    }

    fn allocated(&self, sample: &Sample) -> Allocated {
        let mut input = self.signer.input(sample);
        counted(|| self.signer.sign(&mut input)).1
    }
}

fn lane<S: Signer + 'static>(workload: &Workload) -> Option<Box<dyn Lane>> {
    let signer = S::new(workload)?;
    Some(Box::new(Of { signer, inputs: Vec::new() }))
}

/// How often a signer is measured in its turn.
const PASSES: usize = 4;

/// Measures one workload for `budget`, after all signatures were found equal.
pub fn run(workload: Workload, budget: Duration) -> Race {
    let mut random = Random::new(0x5157);
    let raw = lane::<Raw>(&workload);
    let peers = [
        lane::<AwsSigv4>(&workload),
        lane::<Reqsign>(&workload),
        lane::<Rusoto>(&workload),
        lane::<RustyS3>(&workload),
    ];
    let mut lanes: Vec<_> =
        lane::<Ours>(&workload).into_iter().chain(peers.into_iter().flatten()).chain(raw).collect();
    for _ in 0..8 {
        assert_equal(&lanes, &workload.sample(&mut random));
    }

    let mut times = vec![Series::default(); lanes.len()];
    let mut compression = Compression::new();
    let began = Instant::now();
    for round in 0.. {
        // The first rounds warm up.
        if round > 20 && began.elapsed() > budget {
            break;
        }
        let samples: Vec<_> = (0..workload.batch).map(|_| workload.sample(&mut random)).collect();
        let warm = round >= 10;
        for turn in 0..lanes.len() {
            let at = (round + turn) % lanes.len();
            // Its code is out of the caches after the others' turns, as it is not in a program that signs all the time.
            lanes[at].round(&samples);
            for _ in 0..PASSES {
                let took = lanes[at].round(&samples);
                if warm {
                    times[at].push(took, samples.len());
                }
            }
        }
        if warm {
            compression.round();
        }
    }

    let sample = workload.sample(&mut random);
    let entrants = lanes.iter().zip(times).map(|(lane, time)| Entrant {
        name: lane.name(),
        time,
        allocated: lane.allocated(&sample),
        is_peer: ![Ours::NAME, Raw::NAME].contains(&lane.name()),
    });
    let entrants = entrants.collect();
    let floor = Floor::of(&workload, &sample, compression.time.median());
    Race { beyond_growth: beyond_growth(&workload, &sample), workload, floor, entrants }
}

/// Signs one workload with this project alone, `count` times: for profilers.
pub fn alone(workload: &Workload, count: usize) {
    let mut random = Random::new(0x5157);
    let samples: Vec<_> = (0..workload.batch).map(|_| workload.sample(&mut random)).collect();
    let mut lane = lane::<Ours>(workload);
    let mut time = Series::default();
    for _ in 0..count / samples.len() {
        let took = lane.iter_mut().map(|lane| lane.round(&samples)).sum();
        time.push(took, samples.len());
    }
    println!("{}: median {:.0} ns, minimum {:.0} ns", workload.name, time.median(), time.min());
}

/// Stops where two signers do not agree on a request that they signed in the same second.
fn assert_equal(lanes: &[Box<dyn Lane>], sample: &Sample) {
    loop {
        let signed: Vec<_> = lanes.iter().map(|lane| lane.signed(sample)).collect();
        let (date, signature) = &signed[0];
        assert_eq!((date.len(), signature.len()), (16, 64), "{} signs", lanes[0].name());
        if signed.iter().any(|(other, _)| other != date) {
            // The second ended meanwhile.
            continue;
        }
        for (lane, (_, other)) in lanes.iter().zip(&signed) {
            assert_eq!(other, signature, "{} signs as {} does: {sample:?}", lane.name(), lanes[0].name());
        }
        return;
    }
}

fn beyond_growth(workload: &Workload, sample: &Sample) -> Allocated {
    let Some(ours) = Ours::new(workload) else { return Allocated::default() };
    let input = || {
        let mut input = ours.input(sample);
        input.make_room();
        input
    };
    // The first one derives the key.
    ours.sign(&mut input());
    let mut input = input();
    counted(|| ours.sign(&mut input)).1
}

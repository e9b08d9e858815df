//! What signing costs, beside other signers. Prints Markdown.

mod compare;

use std::time::Duration;

use sigv4_bench::allocations::Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [name, count] = &arguments[..] {
        let workloads = compare::Workload::all();
        let chosen = workloads.iter().filter(|w| name == "all" || w.name == name);
        chosen.for_each(|w| compare::alone(w, count.parse().expect("a number")));
        return;
    }
    let seconds: f64 = std::env::args().nth(1).and_then(|a| a.parse().ok()).unwrap_or(8.0);
    for workload in compare::Workload::all() {
        let race = compare::run(workload, Duration::from_secs_f64(seconds));
        println!(
            "## {}: {} compressions x {:.1} = {:.0}",
            race.workload.name,
            race.floor.compressions,
            race.floor.each,
            race.floor.nanos()
        );
        for e in &race.entrants {
            println!(
                "{:20} median {:8.0} min {:8.0} x {:.2} allocs {:?}",
                e.name,
                e.time.median(),
                e.time.min(),
                e.time.median() / race.floor.nanos(),
                e.allocated
            );
        }
        println!(
            "peer x {:.2}, beyond growth {:?}",
            race.fastest_peer() / race.ours().time.median(),
            race.beyond_growth
        );
    }
}

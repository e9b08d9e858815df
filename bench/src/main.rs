//! What signing costs, beside other signers. Prints Markdown, and writes it to `RESULTS.md` with a plot beside it.
//!
//! `sigv4-bench` alone runs everything; `sigv4-bench quick` a tenth of it, and writes nothing; `sigv4-bench clients` whole clients
//! alone; `sigv4-bench W1 200000` signs one workload so often with this project alone, for profilers.

mod adapters;
mod clients;
mod compare;
mod plot;
mod polls;
mod report;
mod scaling;

use std::time::Duration;

use compare::Workload;
use sigv4_bench::allocations::Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        [] => {
            let (text, races) = measure(1.0);
            std::fs::write("RESULTS.md", text)?;
            plot::draw("floor.svg", &races)
        }
        ["quick"] => {
            measure(0.1);
            Ok(())
        }
        ["clients"] => {
            let [small, ..] = Workload::all();
            print!("{}", report::clients(&clients::run(&small, Duration::from_secs(20))));
            Ok(())
        }
        [name, count] => {
            let count = count.parse()?;
            let chosen =
                Workload::all().into_iter().filter(|workload| workload.name == name || name == "all");
            chosen.for_each(|workload| compare::alone(&workload, count));
            Ok(())
        }
        _ => Err("usage: sigv4-bench [quick | clients | WORKLOAD COUNT]".into()),
    }
}

/// Runs everything, with this much of the usual time.
fn measure(share: f64) -> (String, Vec<compare::Race>) {
    let budget = |seconds: f64| Duration::from_secs_f64(seconds * share);
    let mut text = String::new();
    let mut tell = |part: String| {
        print!("{part}");
        text.push_str(&part);
    };
    let races: Vec<_> =
        Workload::all().into_iter().map(|workload| compare::run(workload, budget(15.0))).collect();
    let small = &races[0];
    tell(report::head(small.floor.each));
    tell(report::races(&races));
    let two = scaling::two_threads(&small.workload, budget(10.0));
    tell(report::scaling(small, &two, &scaling::new_days(&small.workload, budget(5.0))));
    tell(report::adapters(&adapters::run(&small.workload, budget(10.0))));
    tell(report::polls(&polls::longest()));
    tell(report::clients(&clients::run(&small.workload, budget(20.0))));
    (text, races)
}

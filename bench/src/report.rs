//! What was measured, as Markdown.

use std::fmt::Write;
use std::time::Duration;

use sigv4_bench::stats::Series;

use crate::adapters::Costs;
use crate::clients::{CONNECTIONS, Throughput};
use crate::compare::Race;

/// What is asked of a workload: the most in multiples of the floor, and how many times as fast as the fastest peer.
fn wanted(name: &str) -> (f64, f64) {
    match name {
        "W1" => (2.4, 5.5),
        "W2" => (1.7, 3.5),
        "W3" => (2.6, 6.0),
        "W4" => (1.03, 1.0),
        "W5" => (2.2, 4.5),
        _ => (1.8, 4.5),
    }
}

/// The machine, and what one compression costs.
pub fn head(each: f64) -> String {
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name")?.split(": ").nth(1));
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    format!(
        "# Results\n\nWritten by `cargo run --release` in this folder, on {threads} processors of {}. One SHA-256 compression took \
         {each:.1} ns.\n",
        model.unwrap_or("an unknown model"),
    )
}

/// A line for each workload, then a table for each.
pub fn races(races: &[Race]) -> String {
    let mut out = String::from(
        "\n## One signature\n\n| | workload | × floor | at most | × as fast as the fastest peer | at least | allocations beyond \
         `HeaderMap` growth | bytes |\n|---|---|---|---|---|---|---|---|\n",
    );
    for race in races {
        let (most, least) = wanted(race.workload.name);
        let ours = race.ours().time.median();
        let _ = writeln!(
            out,
            "| {} | {} | {:.2} | {most} | {:.2} | {least} | {} | {} |",
            race.workload.name,
            race.workload.what,
            ours / race.floor.nanos(),
            race.fastest_peer() / ours,
            race.beyond_growth.count,
            race.beyond_growth.bytes,
        );
    }
    for race in races {
        let _ = writeln!(
            out,
            "\n### {}: {}\n\nFloor: {} compressions, {:.0} ns.\n\n| signer | median, ns | minimum, ns | × floor | allocations | bytes |\n\
             |---|---|---|---|---|---|",
            race.workload.name,
            race.workload.what,
            race.floor.compressions,
            race.floor.nanos(),
        );
        for entrant in &race.entrants {
            let (median, least) = (entrant.time.median(), entrant.time.min());
            let _ = writeln!(
                out,
                "| {} | {median:.0} | {least:.0} | {:.2} | {} | {} |",
                entrant.name,
                median / race.floor.nanos(),
                entrant.allocated.count,
                entrant.allocated.bytes,
            );
        }
    }
    out
}

/// W7 and W8, beside W1.
pub fn scaling(small: &Race, two: &Series, days: &Series) -> String {
    /// Four HMACs with keys that are not kept.
    const KEY: f64 = 16.0;
    let (ours, new) = (small.ours().time.median(), days.median());
    let expected = ours + KEY * small.floor.each;
    format!(
        "\n## Two threads, and new days\n\n| | what | measured | wanted |\n|---|---|---|---|\n\
         | W7 | W1 on two threads with one signer, × one thread | {:.2} (from {:.2} to {:.2}) | 1.95 |\n\
         | W8 | W1 on a new day each time, × W1 and 16 compressions | {:.2} ({new:.0} ns) | 1.3 at most |\n",
        two.median(),
        two.min(),
        two.max(),
        new / expected,
    )
}

/// What adapters add.
pub fn adapters(costs: &Costs) -> String {
    let alone = costs.alone.median();
    let mut out = format!(
        "\n## Adapters over a service that does nothing\n\nThe signature alone, with the request's end: {alone:.0} ns, {} allocations. \
         Wanted of `Sign` (tower): at most 200 ns and 0 allocations over it.\n\n\
         | adapter | with it, ns | without, ns | over signing alone, ns | allocations over signing alone |\n|---|---|---|---|---|\n",
        costs.alone_allocated.count,
    );
    for cost in &costs.adapters {
        let (signed, bare) = (cost.signed.median(), cost.bare.median());
        let allocations = cost.signed_allocated.count as i64
            - cost.bare_allocated.count as i64
            - costs.alone_allocated.count as i64;
        // The end of the request, which the signature alone counts too, is part of either.
        let _ = writeln!(
            out,
            "| {} | {signed:.0} | {bare:.0} | {:.0} | {allocations} |",
            cost.name,
            signed - bare.max(0.0) - (alone - costs.dropped.median()),
        );
    }
    out
}

/// Whole clients.
pub fn clients(clients: &[Throughput]) -> String {
    let mut out = format!(
        "\n## Clients over the loopback\n\n{CONNECTIONS} connections, client and server in one process. Wanted: 0.97 of the unsigned \
         throughput. Last, against unsigned requests whose heads are as long as signed ones: what is left is the \
         signing.\n\n| client | signed, requests in a second | unsigned | signed over unsigned, median of turns | over as \
         long ones |\n|---|---|---|---|---|\n",
    );
    for client in clients {
        let _ = writeln!(
            out,
            "| {} | {:.0} | {:.0} | {:.3} | {:.3} |",
            client.name,
            client.signed.median(),
            client.unsigned.median(),
            client.ratio.median(),
            client.ratio_alike.median(),
        );
    }
    out
}

/// Longest polls.
pub fn polls(polls: &[(&str, Duration)]) -> String {
    let mut out = String::from(
        "\n## The longest poll while a body of 256 MiB is signed\n\nWanted: less than 2 ms.\n\n| adapter | ms |\n|---|---|\n",
    );
    for (name, longest) in polls {
        let _ = writeln!(out, "| {name} | {:.2} |", longest.as_secs_f64() * 1e3);
    }
    out
}

//! The checks of Kubernetes of VAPORA's phase of 4 hours before, on clusters of two sizes: time, requests and memory.
//!
//! The clusters are simulated, in a process of their own and over TLS, so that the memory is that of the side that asks. Their
//! Pods are made as they are asked for. Where the crowd stands in namespaces of its own, the phase sees it in its Nodes; the
//! row `all-pods` is added to read every Pod of the cluster. In the worst case all of the Pods stand in the namespace that the
//! phase looks at.
//!
//! The memory is the highest that the process ever had in one run (`VmHWM`, begun anew before each run), and what of it the run
//! has added. Figures of one run of this benchmark can be compared with one another. Of the phase, the rows that ask no cluster
//! are left out, and named in the output: they need a backend, an endpoint with TLS, disks or people.

#![expect(clippy::print_stdout, reason = "a benchmark shows its figures")]

#[path = "cluster/memory.rs"]
mod memory;
#[path = "cluster/phase.rs"]
mod phase;
#[path = "cluster/server.rs"]
mod server;

use criterion::{BenchmarkId, Criterion};
use tokio::runtime::Runtime;

use self::{
    memory::Memory,
    phase::{Phase, Rows},
    server::{Server, Size},
};

/// Where the Pods stand.
const PLACES: [(&str, Where); 3] = [
    ("phase", Where { inside: false, rows: Rows::Phase }),
    ("phase and every pod", Where { inside: false, rows: Rows::AndEveryPod }),
    ("phase, all pods in its namespace", Where { inside: true, rows: Rows::Phase }),
];

#[derive(Clone, Copy)]
struct Where {
    inside: bool,
    rows: Rows,
}

/// A small cluster and a large one: a hundred times as large in a benchmark, and twice as large where it is only tried.
fn sizes() -> [Size; 2] {
    let measured = std::env::args().any(|argument| argument == "--bench");
    if measured {
        [Size { nodes: 50, pods: 1_000 }, Size { nodes: 5_000, pods: 100_000 }]
    } else {
        [Size { nodes: 5, pods: 100 }, Size { nodes: 10, pods: 200 }]
    }
}

fn benchmark(criterion: &mut Criterion, runtime: &Runtime) {
    let mut group = criterion.benchmark_group("T-4h");
    group.sample_size(10);
    for (name, place) in PLACES {
        println!("{name}");
        let mut of_the_small = None;
        for size in sizes() {
            let server = Server::start(size, place.inside).expect("the simulated clusters start");
            let phase = Phase::of(&server, place.rows);
            if of_the_small.is_none() {
                println!("  not asked here: {}", phase.left_out().join(", "));
                println!(
                    "{:>36}{:>10}{:>10}{:>14}{:>14}",
                    "", "time", "requests", "peak memory", "of the run"
                );
            }
            let before = Memory::begin();
            runtime.block_on(phase.run());
            // The time is that of the second, for which everything is there that is made once.
            let run = runtime.block_on(phase.run());
            let memory = before.end();
            println!(
                "  {:<34}{:>7} ms{:>10}{:>10.1} MiB{:>10.1} MiB",
                size.told(),
                run.wall.as_millis(),
                run.requests,
                memory.peak,
                memory.added
            );
            for (check, what) in &run.not_held {
                println!("  {check}: {what}");
            }
            match of_the_small {
                None => of_the_small = Some((run.wall, memory)),
                Some((wall, small)) => println!(
                    "  {:<34}{:>7.1} x {:>23.1} x\n",
                    "the large one to the small one",
                    run.wall.as_secs_f64() / wall.as_secs_f64(),
                    memory.peak / small.peak
                ),
            }
            group.bench_with_input(BenchmarkId::new(name, size.told()), &phase, |bencher, phase| {
                bencher.iter(|| runtime.block_on(phase.run()));
            });
        }
    }
    group.finish();
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let runtime = Runtime::new().expect("a runtime");
    if server::serve(&runtime, &arguments).expect("the simulated clusters are served") {
        return;
    }
    let mut criterion = Criterion::default().configure_from_args();
    benchmark(&mut criterion, &runtime);
    criterion.final_summary();
}

//! What the executor costs beside the checks themselves: time per check, with nothing to wait for.
//!
//! Within one run of this benchmark the figures can be compared with one another: 100 against 10,000 checks shows whether
//! the cost per check grows, and needs, gates and the journal against none show what each of them adds.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use vapora_preflight::{
    AllHold, Clock, Journal, Outcome, Phase, PhaseBuilder, PhaseId, Plan, PlanBuilder, Registry, Run,
    SystemClock, check_fn,
};

/// So many checks that answer at once.
struct Checks {
    count: usize,
    needs: usize,
    gate: bool,
}

impl Phase for Checks {
    fn id(&self) -> PhaseId {
        PhaseId::new("bench").expect("it keeps to the grammar")
    }

    fn describe(&self, phase: &mut PhaseBuilder<'_>) {
        for number in 0..self.count {
            let needs: Vec<String> = (1..=self.needs)
                .filter_map(|back| number.checked_sub(back * 7))
                .map(|at| format!("c{at}"))
                .collect();
            phase
                .check(&format!("c{number}"), check_fn("noop", |_cx| async { Ok(Outcome::pass("fine")) }))
                .needs(needs.iter().map(String::as_str));
        }
        if self.gate {
            phase.gate("all", AllHold);
        }
    }
}

fn plan(count: usize, needs: usize, gate: bool) -> Plan {
    let registry = Registry::new();
    let checks = Checks { count, needs, gate };
    PlanBuilder::new(&registry).phase(&checks).build().expect("it compiles").plan
}

fn executor(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let mut group = criterion.benchmark_group("run");
    group.sample_size(10);
    for (name, count, needs, gate) in [
        ("free", 100, 0, false),
        ("free", 10_000, 0, false),
        ("two needs each", 10_000, 2, false),
        ("one gate over all", 10_000, 0, true),
    ] {
        let plan = plan(count, needs, gate);
        group.throughput(Throughput::Elements(count as u64));
        group.bench_with_input(BenchmarkId::new(name, count), &plan, |bencher, plan| {
            bencher.iter(|| black_box(runtime.block_on(Run::new(plan).execute()).expect("it runs")));
        });
    }
    group.finish();
}

/// With a journal, whose every settled check is on disk before the next event.
fn journal(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let plan = plan(100, 0, false);
    let folder = tempfile::tempdir().expect("a folder");
    let mut number = 0_u32;
    let mut group = criterion.benchmark_group("run with a journal");
    group.sample_size(10);
    group.throughput(Throughput::Elements(100));
    group.bench_function("100", |bencher| {
        bencher.iter(|| {
            number += 1;
            let release = format!("r{number}").parse().expect("it keeps to the grammar");
            let (mut journal, _) =
                Journal::open(folder.path(), &release, "bench", SystemClock.now()).expect("it opens");
            black_box(runtime.block_on(Run::new(&plan).record(&mut journal).execute()).expect("it runs"));
        });
    });
    group.finish();
}

criterion_group!(benches, executor, journal);
criterion_main!(benches);

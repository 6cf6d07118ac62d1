//! What it costs to render a report of 2,000 checks, by format.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use vapora_preflight::{
    AllHold, Finding, Outcome, Phase, PhaseBuilder, PhaseId, PlanBuilder, Registry, Report, Run, check_fn,
};
use vapora_preflight_report::{Format, render_to_string};

const COUNT: usize = 2_000;

struct Checks;

impl Phase for Checks {
    fn id(&self) -> PhaseId {
        PhaseId::new("bench").expect("it keeps to the grammar")
    }

    fn describe(&self, phase: &mut PhaseBuilder<'_>) {
        for number in 0..COUNT {
            let answer = check_fn("answer", move |_cx| async move {
                let finding =
                    Finding::new("3 of 5 nodes are ready").with("ready", 3).with("names", vec!["a|b", "<c>"]);
                Ok(if number % 10 == 0 {
                    Outcome::Fail(finding.remedy("look at them"))
                } else {
                    Outcome::Pass(finding)
                })
            });
            phase.check(&format!("c{number}"), answer).title("All nodes are ready");
        }
        phase.gate("all", AllHold);
    }
}

fn report() -> Report {
    let registry = Registry::new();
    let plan = PlanBuilder::new(&registry).phase(&Checks).build().expect("it compiles").plan;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(Run::new(&plan).execute()).expect("it runs").report
}

fn renderers(criterion: &mut Criterion) {
    let report = report();
    let mut group = criterion.benchmark_group("render 2,000 checks");
    group.sample_size(10);
    group.throughput(Throughput::Elements(COUNT as u64));
    for format in Format::ALL {
        let renderer = format.renderer();
        group.bench_function(format.as_str(), |bencher| {
            bencher.iter(|| black_box(render_to_string(&*renderer, &report)));
        });
    }
    group.finish();
}

criterion_group!(benches, renderers);
criterion_main!(benches);

//! How long a checklist takes from its text to a plan.

use std::{fmt::Write as _, hint::black_box};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use vapora_preflight::{PlanBuilder, Registry, Sources, register};

/// A checklist of so many checks, in ten phases: each needs two earlier ones, uses a template, a condition and limits.
fn checklist(checks: usize) -> String {
    let mut text = "checklist = \"bench\"\n[deployment]\nplanned = 2026-12-01T14:00:00Z\n[vars]\nlimit = 10\n\
                    document = \"rollback\"\n[change]\nrollback = \"kubectl rollout undo\"\n[roles.on_call]\nperson = \"Ada\"\n"
        .to_owned();
    for phase in 0..10 {
        let _ = writeln!(text, "[phase.p{phase}]\nwindow = {{ opens = \"T-{}h\" }}", 24 - phase);
    }
    for check in 0..checks {
        let phase = check * 10 / checks;
        let _ = write!(
            text,
            "[check.check-{check}]\nkind = \"plan.documented\"\ntitle = \"Check number {check}\"\nphase = \"p{phase}\"\n\
             document = \"{{{{ vars.document }}}}\"\nat_least = 5\nmentions = [\"undo\"]\nexpect = [\"characters > vars.limit\"]\n\
             timeout = \"20s\"\nretry = {{ attempts = 3, backoff = \"1s\" }}\ntags = [\"t{}\"]\n",
            check % 7
        );
        if check > 1 {
            let _ = writeln!(text, "needs = [\"check-{}\", \"check-{}\"]", check - 1, check / 2);
        }
    }
    for phase in 0..10 {
        let _ = writeln!(text, "[gate.g{phase}]\nphase = \"p{phase}\"\nrequires = [\"p{phase}\"]");
    }
    text += "[gate.last]\nphase = \"p9\"\nrequires = [\"check-*\", \"tag:t3\"]\n";
    text
}

/// One check that `for_each` makes into as many, over a list among the variables.
fn instances(checks: usize) -> String {
    let names: Vec<String> = (0..checks).map(|number| format!("\"name-{number}\"")).collect();
    format!(
        "[vars]\nnames = [{}]\n[phase.p]\n[check.each]\nkind = \"plan.documented\"\nphase = \"p\"\n\
         for_each = {{ name = \"vars.names\" }}\ndocument = \"{{{{ each.name }}}}\"\nexpect = [\"document == each.name\"]\n",
        names.join(", ")
    )
}

fn compile(criterion: &mut Criterion) {
    let mut registry = Registry::new();
    register(&mut registry);
    for (name, write) in [("checks", checklist as fn(usize) -> String), ("instances", instances)] {
        let mut group = criterion.benchmark_group(format!("compile/{name}"));
        group.sample_size(10);
        for checks in [100, 1_000, 10_000] {
            let mut sources = Sources::new();
            sources.add("checklist.toml", write(checks));
            group.throughput(Throughput::Elements(checks as u64));
            group.bench_with_input(BenchmarkId::from_parameter(checks), &sources, |bencher, sources| {
                bencher.iter(|| {
                    let compiled = PlanBuilder::new(&registry).sources(black_box(sources)).build();
                    let plan = compiled.expect("the checklist is right").plan;
                    assert_eq!(plan.outline().checks.len(), checks);
                    plan
                });
            });
        }
        group.finish();
    }
}

criterion_group!(benches, compile);
criterion_main!(benches);

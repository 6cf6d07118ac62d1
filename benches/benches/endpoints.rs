//! Thousands of endpoints in one run: what each costs, how much memory the run takes, and how many files it has open at most.
//!
//! Each endpoint has a name of its own, so that no connection serves two of them. They are served on loopback by another
//! process. Without `--bench` there are a hundred, to see that it works.

#![expect(
    clippy::print_stdout,
    reason = "criterion measures time alone, and memory and files are told beside it"
)]

#[path = "../../examples/examples/beside_curl/service.rs"]
mod service;

use std::{
    fs,
    num::NonZeroUsize,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use criterion::{BenchmarkId, Criterion, Throughput};
use vapora_preflight::{Phase, PhaseBuilder, PhaseId, Plan, PlanBuilder, Registry, Resources, Run};
use vapora_preflight_http::{HttpClient, HttpResponds};

use self::service::{Endpoint, Service, serve_if_asked};

const WIDTH: NonZeroUsize = NonZeroUsize::new(100).expect("it is not zero");

/// One check for each endpoint.
struct Endpoints(Vec<Endpoint>);

impl Phase for Endpoints {
    fn id(&self) -> PhaseId {
        PhaseId::new("endpoints").expect("it keeps to the grammar")
    }

    fn describe(&self, phase: &mut PhaseBuilder<'_>) {
        for (number, endpoint) in self.0.iter().enumerate() {
            let check: HttpResponds = toml::from_str(&format!("url = \"{}\"\nstatus = [200]", endpoint.url))
                .expect("the parameters are right");
            phase.kind(&format!("e{number}"), check).expect("json.status == 'ok'");
        }
    }
}

/// Asks all of them once, and gives how many files were open at most.
fn ask(runtime: &tokio::runtime::Runtime, plan: &Plan, resources: &Arc<Resources>, count: usize) -> usize {
    let (most, over) = (AtomicUsize::new(0), AtomicBool::new(false));
    thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                let open = fs::read_dir("/proc/self/fd").map_or(0, Iterator::count);
                most.fetch_max(open, Ordering::Relaxed);
                thread::sleep(Duration::from_millis(5));
            }
        });
        let run = Run::new(plan).resources(Arc::clone(resources)).width(WIDTH);
        let outcome = runtime.block_on(run.execute());
        over.store(true, Ordering::Relaxed);
        assert_eq!(outcome.expect("it runs").report.counts().holding, count);
    });
    most.into_inner()
}

/// The most memory this process has had since [`forget_peak`], in KiB.
fn peak() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches("kB").trim().parse().ok()
}

fn forget_peak() {
    // a kernel without it tells the peak since the start
    let _ = fs::write("/proc/self/clear_refs", "5");
}

fn endpoints(criterion: &mut Criterion, counts: &[usize]) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let service = Service::start().expect("it starts");
    let registry = Registry::new();
    let mut group = criterion.benchmark_group("endpoints");
    group.sample_size(10);
    for &count in counts {
        let all = Endpoints(service.endpoints(count));
        let plan = PlanBuilder::new(&registry).phase(&all).build().expect("it compiles").plan;
        let client = all.0.iter().fold(HttpClient::builder(), |client, endpoint| {
            client.resolve(&endpoint.host, [service.address])
        });
        let mut resources = Resources::new();
        resources.insert(client.build().expect("a client"));
        let resources = Arc::new(resources);
        forget_peak();
        let before = peak();
        let files = ask(&runtime, &plan, &resources, count);
        if let (Some(before), Some(after)) = (before, peak()) {
            let (before, after) = (before / 1024, after / 1024);
            println!(
                "{count} endpoints: at most {files} files open, {after} MiB of memory ({before} MiB before the run)"
            );
        }
        group.throughput(Throughput::Elements(count as u64));
        group.bench_with_input(BenchmarkId::from_parameter(count), &plan, |bencher, plan| {
            bencher.iter(|| ask(&runtime, plan, &resources, count));
        });
    }
    group.finish();
}

fn main() {
    serve_if_asked().expect("it serves");
    let counts: &[usize] =
        if std::env::args().any(|argument| argument == "--bench") { &[1_000, 10_000] } else { &[100] };
    let mut criterion = Criterion::default().configure_from_args();
    endpoints(&mut criterion, counts);
    criterion.final_summary();
}

//! What is taken, against what there is.

use std::fmt::Write as _;

use vapora_preflight::{
    Advice, CheckError, CheckResult, Evidence, EvidenceField, Finding, Outcome, Unit, Value,
};

use super::{
    NodesHaveHeadroom,
    taken::{Taken, Usage},
};
use crate::{
    object::{Amounts, Node},
    quantity::Quantity,
    refused::Cause,
    wording::{bytes, clauses, cores, count, is, names},
};

pub(super) const EVIDENCE: &[EvidenceField] = &[
    EvidenceField { name: "source", about: "what counted as taken: `metrics` or `requests`" },
    EvidenceField { name: "measured_at", about: "when the oldest of the metrics was measured" },
    EvidenceField { name: "total", about: "how many nodes there are" },
    EvidenceField { name: "usable", about: "how many of them are ready and not cordoned" },
    EvidenceField { name: "cpu", about: "how many cores are taken of all nodes" },
    EvidenceField { name: "cpu_allocatable", about: "how many cores the usable nodes have" },
    EvidenceField { name: "cpu_percent", about: "the one of the other, in percent" },
    EvidenceField { name: "memory", about: "how many bytes of memory are taken of all nodes" },
    EvidenceField { name: "memory_allocatable", about: "how many bytes of memory the usable nodes have" },
    EvidenceField { name: "memory_percent", about: "the one of the other, in percent" },
    EvidenceField {
        name: "highest_cpu_percent",
        about: "of the node with the highest, in percent of its own",
    },
    EvidenceField {
        name: "highest_memory_percent",
        about: "of the node with the highest, in percent of its own",
    },
    EvidenceField { name: "over", about: "the names of the nodes that have too little left" },
    EvidenceField { name: "unmeasured", about: "the names of the nodes without metrics that count" },
    EvidenceField {
        name: "pods_waiting",
        about: "how many pods are on no node yet, where requests are counted",
    },
    EvidenceField {
        name: "nodes",
        about: "the 20 fullest, by name: `cpu` in cores and `cpu_percent`, `memory` in bytes and `memory_percent`",
    },
];

/// How many nodes the evidence tells about.
const TOLD: usize = 20;

/// One node and what is taken of it.
struct Row<'a> {
    name: &'a str,
    usage: Usage,
    cpu_percent: Option<f64>,
    memory_percent: Option<f64>,
}

impl Row<'_> {
    fn fullest(&self) -> f64 {
        self.cpu_percent.unwrap_or(f64::INFINITY).max(self.memory_percent.unwrap_or(f64::INFINITY))
    }

    fn evidence(&self) -> (String, Value) {
        let values = Value::table([
            ("cpu", Value::from(self.usage.cpu.as_f64())),
            ("cpu_percent", Value::from(self.cpu_percent)),
            ("memory", Value::from(self.usage.memory.whole())),
            ("memory_percent", Value::from(self.memory_percent)),
        ]);
        (self.name.to_owned(), values)
    }
}

/// All nodes together.
#[derive(Default)]
struct Whole<'a> {
    rows: Vec<Row<'a>>,
    taken: Usage,
    /// What each node has that takes pods.
    room: Vec<Usage>,
    over: Vec<String>,
    unmeasured: Vec<String>,
    clauses: Vec<String>,
}

impl Whole<'_> {
    /// What the usable nodes have without the largest so many.
    fn left_without(&self, down: usize) -> Usage {
        let left = |of: fn(&Usage) -> Quantity| {
            let mut all: Vec<Quantity> = self.room.iter().map(of).collect();
            all.sort_unstable_by(|a, b| b.cmp(a));
            all.into_iter().skip(down).sum()
        };
        Usage { cpu: left(|room| room.cpu), memory: left(|room| room.memory) }
    }
}

impl NodesHaveHeadroom {
    fn expected(&self) -> String {
        let mut expected = format!(
            "at most {}% of the CPU and {}% of the memory of each node taken",
            self.cpu_percent, self.memory_percent
        );
        for (percent, what) in [(self.cluster_cpu_percent, "CPU"), (self.cluster_memory_percent, "memory")] {
            if let Some(percent) = percent {
                let _ = write!(expected, ", at most {percent}% of the {what} of all of them");
            }
        }
        if self.nodes_down > 0 {
            let down = count(self.nodes_down as usize, "node");
            let _ = write!(expected, ", and room for all of it without {down}");
        }
        expected
    }

    fn weigh<'a>(&self, nodes: &'a [Node], taken: &Taken) -> Result<Whole<'a>, CheckError> {
        let mut whole = Whole::default();
        for node in nodes {
            let name = node.metadata.name.as_str();
            let Amounts { cpu: Some(cpu), memory: Some(memory) } = node.status.allocatable else {
                let message = format!("the node `{name}` does not say what it has for pods");
                return Err(CheckError::transient(message).remedy(format!("`kubectl describe node {name}`")));
            };
            if node.takes_pods() {
                whole.room.push(Usage { cpu, memory });
            }
            let Some(usage) = taken.of(name) else {
                if node.is_ready() {
                    whole.unmeasured.push(name.to_owned());
                }
                continue;
            };
            whole.taken.add(usage);
            let mut too_much = Vec::new();
            let (cpu_percent, memory_percent) = (usage.cpu.part_of(cpu), usage.memory.part_of(memory));
            for (what, taken, limit, has, percent) in [
                ("CPU", usage.cpu, self.cpu_percent, cpu, cpu_percent),
                ("memory", usage.memory, self.memory_percent, memory, memory_percent),
            ] {
                if taken.exceeds(limit, has) {
                    let share =
                        percent.map_or("more than it has".to_owned(), |percent| format!("{percent}%"));
                    too_much.push(format!("{share} of its {what}"));
                }
            }
            if !too_much.is_empty() {
                whole.clauses.push(format!("`{name}` has {} taken", too_much.join(" and ")));
                whole.over.push(name.to_owned());
            }
            whole.rows.push(Row { name, usage, cpu_percent, memory_percent });
        }
        whole.taken.add(taken.waiting().0);
        Ok(whole)
    }

    /// What the usable nodes have together, and what of it is not enough.
    fn weigh_all(&self, whole: &mut Whole<'_>) -> Usage {
        let room = whole.left_without(0);
        let taken = whole.taken;
        for (what, limit, taken, room) in [
            ("CPU", self.cluster_cpu_percent, taken.cpu, room.cpu),
            ("memory", self.cluster_memory_percent, taken.memory, room.memory),
        ] {
            if limit.is_some_and(|limit| taken.exceeds(limit, room)) {
                let share = taken.part_of(room).map_or("more".to_owned(), |percent| format!("{percent}%"));
                whole.clauses.push(format!("all nodes together have {share} of their {what} taken"));
            }
        }
        if self.nodes_down > 0 {
            let left = whole.left_without(self.nodes_down as usize);
            let down = count(self.nodes_down as usize, "node");
            for (fits, text) in [
                (taken.cpu <= left.cpu, format!("{} CPU taken, {} left", cores(taken.cpu), cores(left.cpu))),
                (
                    taken.memory <= left.memory,
                    format!("{} memory taken, {} left", bytes(taken.memory), bytes(left.memory)),
                ),
            ] {
                if !fits {
                    whole.clauses.push(format!("without {down} there is no room: {text}"));
                }
            }
        }
        room
    }

    pub(super) fn judge(&self, nodes: &[Node], taken: &Taken) -> CheckResult {
        let of = self.selector.as_ref().map_or_else(String::new, |selector| format!(" of `{selector}`"));
        let mut whole = self.weigh(nodes, taken)?;
        let room = self.weigh_all(&mut whole);
        let evidence = evidence(&mut whole, nodes.len(), room, taken);
        if nodes.is_empty() {
            return Ok(Outcome::Fail(
                Finding::new(format!("there are no nodes{of}"))
                    .expected(self.expected())
                    .actual("no nodes")
                    .remedy(
                        "see that the target is the right cluster and that `selector` names labels its nodes have",
                    )
                    .evidence(evidence),
            ));
        }
        let total = nodes.len();
        if !whole.clauses.is_empty() {
            let summary = match whole.over.len() {
                0 => format!("{}{of} together have too little left", count(total, "node")),
                number => {
                    let verb = if number == 1 { "has" } else { "have" };
                    format!("{number} of {}{of} {verb} too little left", count(total, "node"))
                }
            };
            let unmeasured = match whole.unmeasured.as_slice() {
                [] => String::new(),
                unmeasured => format!("; no metrics of {}", names(unmeasured)),
            };
            let remedy = match whole.over.first() {
                Some(first) => {
                    format!("`kubectl describe node {first}` shows what is on it; move it, or add nodes")
                }
                None => "add nodes, or take something off them".to_owned(),
            };
            let finding = Finding::new(format!("{summary}{}", by(taken))).expected(self.expected());
            return Ok(Outcome::Fail(
                finding
                    .actual(format!("{}{unmeasured}", clauses(&whole.clauses)))
                    .remedy(remedy)
                    .advice(Advice::Investigate)
                    .evidence(evidence),
            ));
        }
        if let Some(first) = whole.unmeasured.first() {
            return Err(unmeasured(&whole.unmeasured, first, total, taken));
        }
        if whole.rows.is_empty() {
            return Err(CheckError::transient(format!("none of {} is measured", count(total, "node")))
                .remedy("see whether the nodes are ready: `kubectl get nodes`"));
        }
        let highest = |of: fn(&Row<'_>) -> Option<f64>| whole.rows.iter().filter_map(of).fold(0.0, f64::max);
        let aside = match total - whole.room.len() {
            0 => String::new(),
            number => format!("; {number} {} not ready or cordoned, and no room", is(number)),
        };
        let summary = format!(
            "{}{of} {} at most {}% of their CPU and {}% of their memory taken{aside}{}",
            count(total, "node"),
            if total == 1 { "has" } else { "have" },
            highest(|row| row.cpu_percent),
            highest(|row| row.memory_percent),
            by(taken),
        );
        Ok(Outcome::Pass(Finding::new(summary).evidence(evidence)))
    }
}

/// By what it was judged, where that is not what is used.
fn by(taken: &Taken) -> &'static str {
    match taken {
        Taken::Used { .. } => "",
        Taken::Requested { instead: false, .. } => ", by what the pods request",
        Taken::Requested { instead: true, .. } => {
            ", by what the pods request, as no metrics are installed that say what they use"
        }
    }
}

fn unmeasured(all: &[String], first: &str, total: usize, taken: &Taken) -> CheckError {
    let error = CheckError::transient(format!(
        "{} of {} {} no metrics that count: {}",
        all.len(),
        count(total, "node"),
        if all.len() == 1 { "has" } else { "have" },
        names(all)
    ));
    let stale = match taken {
        Taken::Used { stale, .. } => stale.get(first),
        Taken::Requested { .. } => None,
    };
    let error = match stale {
        Some(at) => error.because(&Cause(format!("those of `{first}` are of {at}, or not whole"))),
        None => error,
    };
    error.remedy("see the metrics server: `kubectl -n kube-system logs deployment/metrics-server`, and `kubectl top nodes`")
}

fn evidence(whole: &mut Whole<'_>, total: usize, room: Usage, taken: &Taken) -> Evidence {
    whole.rows.sort_by(|a, b| b.fullest().total_cmp(&a.fullest()).then(a.name.cmp(b.name)));
    let highest = |of: fn(&Row<'_>) -> Option<f64>| whole.rows.iter().filter_map(of).max_by(f64::total_cmp);
    let oldest = match taken {
        Taken::Used { oldest, .. } => *oldest,
        Taken::Requested { .. } => None,
    };
    Evidence::new()
        .with("source", taken.source())
        .with("measured_at", oldest)
        .with("total", total)
        .with("usable", whole.room.len())
        .measured("cpu", whole.taken.cpu.as_f64(), Unit::Cores)
        .measured("cpu_allocatable", room.cpu.as_f64(), Unit::Cores)
        .measured("cpu_percent", whole.taken.cpu.part_of(room.cpu), Unit::Percent)
        .measured("memory", whole.taken.memory.whole(), Unit::Bytes)
        .measured("memory_allocatable", room.memory.whole(), Unit::Bytes)
        .measured("memory_percent", whole.taken.memory.part_of(room.memory), Unit::Percent)
        .measured("highest_cpu_percent", highest(|row| row.cpu_percent), Unit::Percent)
        .measured("highest_memory_percent", highest(|row| row.memory_percent), Unit::Percent)
        .with("over", whole.over.clone())
        .with("unmeasured", whole.unmeasured.clone())
        .with("pods_waiting", taken.waiting().1)
        .with("nodes", Value::Table(whole.rows.iter().take(TOLD).map(Row::evidence).collect()))
}

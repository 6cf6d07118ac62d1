//! What is used, against what may be.

use std::fmt::Write as _;

use vapora_preflight::{
    Advice, CheckError, CheckResult, Evidence, EvidenceField, Finding, Outcome, Unit, Value,
};

use super::{
    UsageRecorded,
    collect::{Collected, Usage},
    growth::{Baseline, Growth},
};
use crate::{
    quantity::Quantity,
    resource::Resource,
    wording::{bytes, clauses, cores, count, is, names},
};

pub(super) const EVIDENCE: &[EvidenceField] = &[
    EvidenceField { name: "measured_at", about: "when the oldest of the metrics was measured" },
    EvidenceField { name: "total", about: "how many deployments were asked for or found" },
    EvidenceField { name: "missing", about: "the names of those that do not exist" },
    EvidenceField { name: "pods", about: "how many of their pods run" },
    EvidenceField { name: "unmeasured", about: "the names of the pods without metrics that count" },
    EvidenceField { name: "cpu", about: "how many cores all of them use" },
    EvidenceField { name: "memory", about: "how many bytes of memory all of them use" },
    EvidenceField {
        name: "cpu_limit_percent",
        about: "how much of its CPU limit the container uses that uses the most of it, in percent",
    },
    EvidenceField {
        name: "memory_limit_percent",
        about: "how much of its memory limit the container uses that uses the most of it, in percent",
    },
    EvidenceField { name: "near_limit", about: "what uses more of a limit than `limit_percent`" },
    EvidenceField { name: "unlimited", about: "the containers that lack a limit, as in `backend/app`" },
    EvidenceField { name: "compared_with", about: "when the baseline was recorded" },
    EvidenceField {
        name: "cpu_growth_percent",
        about: "how much more CPU than in the baseline the deployment uses that grew the most, in percent",
    },
    EvidenceField {
        name: "memory_growth_percent",
        about: "how much more memory than in the baseline the deployment uses that grew the most, in percent",
    },
    EvidenceField {
        name: "deployments",
        about: "by name: its `pods`, `cpu`, `cpu_request` and `cpu_limit` in cores (of the containers that have one), `memory`, `memory_request` and \
                `memory_limit` in bytes, `cpu_limit_percent`, `memory_limit_percent`, `cpu_growth_percent` and \
                `memory_growth_percent`",
    },
];

fn row(usage: &Usage, growth: Growth) -> (String, Value) {
    let cpu = |amount: Option<Quantity>| Value::from(amount.map(Quantity::as_f64));
    let memory = |amount: Option<Quantity>| Value::from(amount.map(Quantity::whole));
    let values = Value::table([
        ("pods", Value::from(usage.pods)),
        ("cpu", cpu(Some(usage.cpu))),
        ("cpu_request", cpu(usage.requests.cpu)),
        ("cpu_limit", cpu(usage.limits.cpu)),
        ("cpu_limit_percent", Value::from(usage.cpu_limit_percent)),
        ("cpu_growth_percent", Value::from(growth.cpu)),
        ("memory", memory(Some(usage.memory))),
        ("memory_request", memory(usage.requests.memory)),
        ("memory_limit", memory(usage.limits.memory)),
        ("memory_limit_percent", Value::from(usage.memory_limit_percent)),
        ("memory_growth_percent", Value::from(growth.memory)),
    ]);
    (usage.name.clone(), values)
}

fn most<T>(all: &[T], of: impl Fn(&T) -> Option<f64>) -> Option<f64> {
    all.iter().filter_map(of).max_by(f64::total_cmp)
}

fn evidence(missing: &[String], collected: &Collected, baseline: Option<&Baseline>) -> Evidence {
    let all = &collected.deployments;
    let grown: Vec<Growth> = all
        .iter()
        .map(|usage| baseline.map_or_else(Growth::default, |baseline| baseline.growth(usage)))
        .collect();
    let near: Vec<String> = all.iter().flat_map(|usage| usage.near.clone()).collect();
    let unlimited: Vec<String> = all.iter().flat_map(|usage| usage.unlimited.clone()).collect();
    let rows = all.iter().zip(&grown).map(|(usage, growth)| row(usage, *growth)).collect();
    Evidence::new()
        .with("measured_at", collected.oldest)
        .with("total", all.len() + missing.len())
        .with("missing", missing.to_vec())
        .with("pods", all.iter().map(|usage| usage.pods).sum::<usize>())
        .with("unmeasured", collected.unmeasured.clone())
        .measured("cpu", all.iter().map(|usage| usage.cpu).sum::<Quantity>().as_f64(), Unit::Cores)
        .measured("memory", all.iter().map(|usage| usage.memory).sum::<Quantity>().whole(), Unit::Bytes)
        .measured("cpu_limit_percent", most(all, |usage| usage.cpu_limit_percent), Unit::Percent)
        .measured("memory_limit_percent", most(all, |usage| usage.memory_limit_percent), Unit::Percent)
        .with("near_limit", near)
        .with("unlimited", unlimited)
        .with("compared_with", baseline.map(|baseline| baseline.at))
        .measured("cpu_growth_percent", most(&grown, |growth| growth.cpu), Unit::Percent)
        .measured("memory_growth_percent", most(&grown, |growth| growth.memory), Unit::Percent)
        .with("deployments", Value::Table(rows))
}

impl UsageRecorded {
    fn expected(&self) -> String {
        let mut expected = "figures of every deployment".to_owned();
        if let Some(percent) = self.limit_percent {
            let _ = write!(expected, ", no container above {percent}% of a limit");
        }
        for (percent, what) in [(self.cpu_growth_percent, "CPU"), (self.memory_growth_percent, "memory")] {
            if let Some(percent) = percent {
                let _ = write!(expected, ", at most {percent}% more {what} than before");
            }
        }
        expected
    }

    pub(super) fn nothing(&self, missing: &[String], no_namespace: Option<String>) -> Outcome {
        let nothing = self.choice().nothing(Resource::DEPLOYMENTS, missing, no_namespace);
        Outcome::Fail(nothing.expected(self.expected()).evidence(evidence(
            missing,
            &Collected::default(),
            None,
        )))
    }

    pub(super) fn judge(
        &self,
        missing: &[String],
        collected: &Collected,
        baseline: Option<&Baseline>,
    ) -> CheckResult {
        let namespace = &self.namespace;
        let all = &collected.deployments;
        let evidence = evidence(missing, collected, baseline);
        let idle: Vec<&str> =
            all.iter().filter(|usage| usage.pods == 0).map(|usage| usage.name.as_str()).collect();
        let mut excess: Vec<String> = all.iter().flat_map(|usage| usage.near.clone()).collect();
        if let Some(baseline) = baseline {
            for usage in all.iter().filter(|usage| usage.pods > 0) {
                excess.extend(baseline.excess(self, usage)?);
            }
        }
        let failed = |summary: String, actual: String, remedy: String, advice: Advice| {
            let finding = Finding::new(summary).expected(self.expected()).actual(actual).remedy(remedy);
            Ok(Outcome::Fail(finding.advice(advice).evidence(evidence.clone())))
        };
        let total = count(all.len() + missing.len(), "deployment");
        let top = format!("`kubectl -n {namespace} top pods --containers`");
        if !excess.is_empty() {
            let summary = format!("the deployments in `{namespace}` use more than they should");
            return failed(summary, clauses(&excess), top, Advice::RollBack);
        }
        let number = idle.len() + missing.len();
        if number > 0 {
            let absent = missing.iter().map(|name| format!("`{name}` does not exist"));
            let idle = idle.iter().map(|name| format!("`{name}` has no pod that runs"));
            let said: Vec<String> = absent.chain(idle).collect();
            let summary = format!("{number} of {total} in `{namespace}` {} not running", is(number));
            let remedy = format!("`kubectl -n {namespace} get deployments,pods`");
            return failed(summary, clauses(&said), remedy, Advice::Investigate);
        }
        if !collected.unmeasured.is_empty() {
            let pods = collected.unmeasured.len();
            return Err(CheckError::transient(format!(
                "{} in `{namespace}` {} no metrics that count: {}",
                count(pods, "pod"),
                if pods == 1 { "has" } else { "have" },
                names(&collected.unmeasured)
            ))
            .remedy(format!("a new pod has some after a minute; else see the metrics server, and {top}")));
        }
        if self.limit_percent.is_some() && !all.iter().any(Usage::is_limited) {
            let summary = format!("no container of {total} in `{namespace}` has a limit to compare with");
            let remedy = "give the containers limits, or leave out `limit_percent`".to_owned();
            return failed(summary, "no limits of CPU or memory".to_owned(), remedy, Advice::Investigate);
        }
        Ok(Outcome::Pass(Finding::new(self.summary(&total, collected, baseline)).evidence(evidence)))
    }

    fn summary(&self, total: &str, collected: &Collected, baseline: Option<&Baseline>) -> String {
        let all = &collected.deployments;
        let (cpu, memory) =
            (all.iter().map(|usage| usage.cpu).sum(), all.iter().map(|usage| usage.memory).sum());
        let pods = count(all.iter().map(|usage| usage.pods).sum(), "pod");
        let verb = if all.len() == 1 { "uses" } else { "use" };
        let mut summary =
            format!("{total} in `{}` {verb} {} and {} in {pods}", self.namespace, cores(cpu), bytes(memory));
        let highest = [
            most(all, |usage| usage.cpu_limit_percent).map(|percent| format!("{percent}% of a CPU limit")),
            most(all, |usage| usage.memory_limit_percent)
                .map(|percent| format!("{percent}% of a memory limit")),
        ];
        let highest: Vec<String> = highest.into_iter().flatten().collect();
        if !highest.is_empty() {
            let _ = write!(summary, ", at most {}", highest.join(" and "));
        }
        let unlimited = all.iter().map(|usage| usage.unlimited.len()).sum::<usize>();
        if self.limit_percent.is_some() && unlimited > 0 {
            let verb = if unlimited == 1 { "lacks" } else { "lack" };
            let _ = write!(summary, "; {} {verb} one of the two", count(unlimited, "container"));
        }
        if let Some(baseline) = baseline {
            let grown: Vec<Growth> = all.iter().map(|usage| baseline.growth(usage)).collect();
            let more = [
                most(&grown, |growth| growth.cpu).map(|percent| format!("{percent:+}% CPU")),
                most(&grown, |growth| growth.memory).map(|percent| format!("{percent:+}% memory")),
            ];
            let more: Vec<String> = more.into_iter().flatten().collect();
            if !more.is_empty() {
                let _ = write!(summary, "; since {} at most {}", baseline.at.to_minute(), more.join(" and "));
            }
        }
        summary
    }
}

//! `k8s.logs_clean`

mod lines;
mod log;
mod reading;
mod search;
mod tally;

use std::{num::NonZeroU32, sync::atomic::AtomicU64};

use futures::StreamExt as _;
use schemars::JsonSchema;
use serde::Deserialize;
use vapora_preflight::{
    Advice, Bytes, Check, CheckContext, CheckError, CheckResult, Evidence, EvidenceField, Finding, Kind,
    Outcome, Period, Problems, Requirements, Unit, Value, async_trait,
};

use self::{
    log::{Log, Offered},
    reading::{LogReader, Reading},
    search::Search,
    tally::Tally,
};
use super::{may_look_for_namespace, missing_namespace};
use crate::{
    KubernetesTarget, LabelSelector, Namespace, ObjectName, Pattern, WorkloadName,
    picked::{Picked, PodChoice},
    read::Reader,
    refused::Cause,
    resource::Resource,
    wording::{clauses, count, is, names, short},
};

/// How many logs are read at a time.
const AT_A_TIME: usize = 8;
/// How many lines a finding shows.
const SHOWN: usize = 6;

/// The logs of pods have no errors in them.
///
/// # Why
///
/// A backend that cannot reach its database may be ready all the same. What it says about it is in its log, in one of its
/// containers, or in the log of the run before its last restart, which is the one that `kubectl logs` does not show.
///
/// # What it asks
///
/// It finds the pods: those that a workload owns, by the uids of its replica sets and pods, or those with the labels of
/// `selector`, or those named in `pods`. Of each it reads the logs of all containers, sidecars included, eight at a time, and
/// keeps no more of them than the lines that should not be there. A container that was started again within `since` (at any
/// time, without it) has the log of its run before read too, as far as its node still has it.
///
/// A line counts when one of `patterns` is found in it and none of `ignore`. Without `patterns`, these are looked for: the
/// levels `ERROR`, `ERR`, `FATAL`, `CRITICAL`, `CRIT`, `SEVERE`, `PANIC`, `EMERG` and `ALERT` as a word in capitals with
/// brackets, a colon or space around it; `[error]` and the like; `level=error` and `"level":"error"` with the usual other names
/// for both, in any case, and `"level":50` or `60`; lines of klog that begin with `E` or `F`; `panicked at`, `panic: `, `fatal
/// error: `, `Exception in thread`, `Traceback`, and lines that begin with `error: `. Colours are taken out before, and bytes
/// that are no UTF-8 are replaced. Of a line, the first 64 KiB are searched.
///
/// What the finding and the evidence show of the lines goes into the journal and all reports. The run takes out the secrets it
/// has resolved itself, and knows no others.
///
/// # What fails
///
/// More lines than `max_matches`. A pod none of whose logs has a line that `require` asks for. A log without any lines, unless
/// `allow_silent` is set: with `since`, one that was written to before is only quiet. A workload or pod that does not exist, and
/// one without pods.
///
/// # What warns
///
/// A pod that was evicted, and the log of a run before a restart that its node no longer has: they were clean as far as anybody
/// can tell.
///
/// # What errs
///
/// A log that could not be read, where the others are clean: its container has not started, its node does not answer, the
/// right to get `pods/log` is missing, or the node has removed it. Lines without times, which are not the container's. More to
/// read than `max_bytes`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LogsClean {
    /// The namespace the pods are in.
    pub namespace: Namespace,
    /// The workloads whose pods they are, as in `deployment/vapora-backend`, `statefulset/vapora-db` or
    /// `daemonset/vapora-agent`; a name alone is that of a deployment.
    #[serde(default)]
    pub workloads: Vec<WorkloadName>,
    /// Or the labels of the pods.
    #[serde(default)]
    pub selector: Option<LabelSelector>,
    /// Or the names of the pods.
    #[serde(default)]
    pub pods: Vec<ObjectName>,
    /// Only these containers; by default all of them but init containers.
    #[serde(default)]
    pub containers: Vec<ObjectName>,
    /// Whether init containers count too. Their logs may have nothing in them.
    #[serde(default)]
    pub init: bool,
    /// How many lines are read from the end of each log; by default all.
    #[serde(default)]
    pub tail: Option<NonZeroU32>,
    /// How far back the lines count, by the clocks of the nodes, in whole seconds.
    #[serde(default)]
    pub since: Option<Period>,
    /// Whether the logs of the runs before the last restarts are read: `true` for every container that was ever restarted,
    /// and then they have to be there; `false` for none; by default for those restarted in the time that counts, as far as
    /// they are there.
    #[serde(default)]
    pub previous: Option<bool>,
    /// Regular expressions that speak of an error, in place of those above.
    #[serde(default)]
    pub patterns: Option<Vec<Pattern>>,
    /// More regular expressions that speak of an error, besides those above.
    #[serde(default)]
    pub also: Vec<Pattern>,
    /// Regular expressions of lines that do not count.
    #[serde(default)]
    pub ignore: Vec<Pattern>,
    /// Regular expressions of lines that the logs of each pod have to have, each at least once.
    #[serde(default)]
    pub require: Vec<Pattern>,
    /// How many lines may speak of an error.
    #[serde(default)]
    pub max_matches: u64,
    /// Whether a log may have no lines at all.
    #[serde(default)]
    pub allow_silent: bool,
    /// How much of all logs together is read at most.
    #[serde(default = "max_bytes")]
    pub max_bytes: Bytes,
}

fn max_bytes() -> Bytes {
    Bytes::new(64 * 1024 * 1024)
}

/// What was found of the pods and their logs.
#[derive(Debug)]
struct Seen {
    pods: usize,
    lacking: Vec<String>,
    tally: Tally,
}

impl LogsClean {
    fn choice(&self) -> PodChoice<'_> {
        let Self { namespace, workloads, selector, pods, .. } = self;
        PodChoice { namespace, workloads, selector: selector.as_ref(), pods }
    }

    async fn read(&self, reader: &Reader<'_>, picked: Picked) -> Result<Seen, CheckError> {
        let search = Search::new(self.patterns.as_deref(), &self.also, &self.ignore, &self.require)?;
        let mut tally = Tally::default();
        let mut logs: Vec<Log> = Vec::new();
        for pod in &picked.pods {
            let offered = Offered::by(pod, self, reader.cx.now());
            tally.containers.extend(offered.containers);
            tally.gone.extend(offered.gone);
            for (log, why) in offered.not_started {
                let error = CheckError::transient(format!("could not read the log of `{log}`"))
                    .because(&Cause(why))
                    .remedy(format!("`kubectl -n {} describe pod {}`", self.namespace, pod.metadata.name));
                tally.unread.push((log, error));
            }
            logs.extend(offered.logs);
        }
        let left = AtomicU64::new(self.max_bytes.get());
        let log_reader = LogReader { reader, check: self, search: &search, left };
        let readings: Vec<_> = logs.iter().map(|log| log_reader.read(log)).collect();
        let mut readings = futures::stream::iter(readings).buffered(AT_A_TIME);
        let mut logs = logs.iter();
        while let Some(reading) = readings.next().await {
            let reading: Reading = reading;
            if let Some(log) = logs.next() {
                tally.add(log.clone(), reading);
            }
        }
        Ok(Seen { pods: picked.pods.len(), lacking: picked.lacking, tally })
    }

    fn evidence(&self, seen: &Seen) -> Evidence {
        let tally = &seen.tally;
        let unread = tally.unread.iter().map(|(log, error)| (log.clone(), short(&error.to_string())));
        let lacking = tally.lacking().into_iter().map(|(place, pods)| {
            let pods: Vec<String> = pods.into_iter().map(str::to_owned).collect();
            (self.require[place].to_string(), pods)
        });
        Evidence::new()
            .with("pods", seen.pods)
            .with("logs", tally.logs)
            .with("lines", tally.lines)
            .measured("bytes", tally.bytes, Unit::Bytes)
            .with("matches", tally.matches)
            .with("ignored", tally.ignored)
            .with("found", tally.found())
            .with("lacking", Value::table(lacking))
            .with("silent", tally.silent.clone())
            .with("gone", tally.gone.clone())
            .with("unread", Value::table(unread))
    }

    fn expected(&self) -> String {
        let most = match self.max_matches {
            0 => "no lines that speak of an error".to_owned(),
            most => format!("at most {most} lines that speak of an error"),
        };
        match self.require.as_slice() {
            [] => most,
            require => {
                let texts: Vec<&str> = require.iter().map(Pattern::as_str).collect();
                format!("{most}, and in every pod {}", names(&texts))
            }
        }
    }

    /// The command that shows a log.
    fn command(&self, log: &Log) -> String {
        let since = self
            .since
            .map_or_else(String::new, |since| format!(" --since={}s", since.get().as_secs_f64().ceil()));
        let tail = self.tail.map_or_else(String::new, |tail| format!(" --tail={tail}"));
        let previous = if log.previous { " --previous" } else { "" };
        format!("kubectl -n {} logs {} -c {}{previous}{tail}{since}", self.namespace, log.pod, log.container)
    }

    fn nothing(&self, seen: &Seen, no_namespace: Option<String>) -> Outcome {
        let (namespace, called) = (&self.namespace, self.choice().called());
        let remedy = match no_namespace {
            Some(_) => "see that `namespace` is spelt right and the target is the right cluster",
            None => "see that they are spelt right, and that the release was deployed there",
        };
        let actual = no_namespace.unwrap_or_else(|| clauses(&seen.lacking));
        Outcome::Fail(
            Finding::new(format!("the pods of {called} are not all there in `{namespace}`"))
                .expected(format!("pods of {called}"))
                .actual(actual)
                .remedy(remedy)
                .advice(Advice::Investigate)
                .evidence(self.evidence(seen)),
        )
    }

    fn matched(&self, seen: &Seen) -> Outcome {
        let (tally, namespace) = (&seen.tally, &self.namespace);
        let hits = tally.hits.iter().take(SHOWN);
        let mut said: Vec<String> =
            hits.map(|hit| format!("`{}` at {}: {}", hit.log, hit.time, hit.line)).collect();
        let shown = said.len() as u64;
        if tally.matches > shown {
            said.push(format!("and {} before them", tally.matches - shown));
        }
        if !tally.unread.is_empty() {
            said.insert(0, format!("{} could not be read", count(tally.unread.len(), "log")));
        }
        let lines = count(usize::try_from(tally.matches).unwrap_or(usize::MAX), "line");
        let speak = if tally.matches == 1 { "speaks" } else { "speak" };
        let at_least = if tally.cut { "at least " } else { "" };
        let summary = format!(
            "{at_least}{lines} in the logs of {} in `{namespace}` {speak} of an error",
            self.choice().called()
        );
        let first = tally.hits.first().map(|hit| format!("`{}`", self.command(&hit.log))).unwrap_or_default();
        Outcome::Fail(
            Finding::new(summary)
                .expected(self.expected())
                .actual(clauses(&said))
                .remedy(format!("{first}; what is harmless goes into `ignore`"))
                .advice(Advice::Investigate)
                .evidence(self.evidence(seen)),
        )
    }

    fn judge(&self, mut seen: Seen, no_namespace: Option<String>) -> CheckResult {
        let (namespace, called) = (&self.namespace, self.choice().called());
        if seen.tally.matches > self.max_matches {
            return Ok(self.matched(&seen));
        }
        if !seen.lacking.is_empty() {
            return Ok(self.nothing(&seen, no_namespace));
        }
        if let Some(error) = seen.tally.refusal() {
            return Err(error);
        }
        let tally = &seen.tally;
        if let Some(unknown) = self.containers.iter().find(|name| !tally.containers.contains(name.as_str())) {
            let known: Vec<&String> = tally.containers.iter().collect();
            return Err(CheckError::permanent(format!("none of the pods has a container `{unknown}`"))
                .remedy(format!("name one of {}", names(&known))));
        }
        if tally.cut {
            let message = format!("there is more than {} to read in the logs", self.max_bytes);
            return Err(
                CheckError::permanent(message).remedy("read less by `tail` or `since`, or raise `max_bytes`")
            );
        }
        if tally.logs == 0 {
            return Err(CheckError::transient(format!(
                "there is no log to read of {called} in `{namespace}`"
            ))
            .because(&Cause(clauses(&tally.gone)))
            .remedy(format!("`kubectl -n {namespace} get pods`")));
        }
        let evidence = self.evidence(&seen);
        let fail = |summary: String, actual: String, remedy: &str| {
            let finding = Finding::new(summary).expected(self.expected()).actual(actual).remedy(remedy);
            Ok(Outcome::Fail(finding.advice(Advice::Investigate).evidence(evidence.clone())))
        };
        if let Some(first) = tally.silent.first() {
            let number = tally.silent.len();
            return fail(
                format!(
                    "{number} of {} of {called} in `{namespace}` {} empty",
                    count(tally.logs, "log"),
                    is(number)
                ),
                format!("nothing in {}", names(&tally.silent)),
                &format!(
                    "see whether `{first}` writes to its standard output at all; set `allow_silent` where it need not"
                ),
            );
        }
        let lacking = tally.lacking();
        if !lacking.is_empty() {
            let said: Vec<String> = lacking
                .iter()
                .map(|(place, pods)| {
                    format!("`{}` is not in the logs of {}", self.require[*place], names(pods))
                })
                .collect();
            return fail(
                format!("the logs of {called} in `{namespace}` lack a line they should have"),
                clauses(&said),
                "see whether it got so far; a larger `tail` or `since` reaches further back",
            );
        }
        let besides = match (tally.matches, tally.ignored) {
            (0, 0) => String::new(),
            (0, ignored) => format!(" (besides {ignored} ignored)"),
            (matches, ignored) => format!(" (besides {matches} allowed and {ignored} ignored)"),
        };
        let summary = format!(
            "{} of {} of {called} in `{namespace}` {} clean: {} read{besides}",
            count(tally.logs, "log"),
            count(seen.pods, "pod"),
            is(tally.logs),
            count(usize::try_from(tally.lines).unwrap_or(usize::MAX), "line"),
        );
        let finding = Finding::new(summary).evidence(evidence.clone());
        if tally.gone.is_empty() {
            return Ok(Outcome::Pass(finding));
        }
        Ok(Outcome::Warn(
            finding
                .expected("every log to be there")
                .actual(clauses(&tally.gone))
                .remedy("see what ended them: `kubectl get events`, or the logs where they are collected"),
        ))
    }
}

#[async_trait]
impl Check for LogsClean {
    async fn run(&self, cx: &CheckContext) -> CheckResult {
        let reader = Reader::of(cx)?;
        let picked = self.choice().pick(&reader).await?;
        let no_namespace =
            if picked.pods.is_empty() { missing_namespace(&reader, &self.namespace).await } else { None };
        let seen = self.read(&reader, picked).await?;
        self.judge(seen, no_namespace)
    }
}

impl Kind for LogsClean {
    const NAME: &'static str = "k8s.logs_clean";
    const EXAMPLE: &'static str = r#"
[check.logs]
kind      = "k8s.logs_clean"
title     = "The backend has no recent errors in its logs"
target    = "production"
namespace = "vapora"
workloads = ["deployment/vapora-backend"]
tail      = 50
ignore    = ["client closed the connection"]
"#;

    fn evidence() -> &'static [EvidenceField] {
        &[
            EvidenceField { name: "pods", about: "how many pods there are" },
            EvidenceField { name: "logs", about: "how many logs were read" },
            EvidenceField { name: "lines", about: "how many lines were read" },
            EvidenceField { name: "bytes", about: "how many bytes were read" },
            EvidenceField { name: "matches", about: "how many lines speak of an error" },
            EvidenceField { name: "ignored", about: "how many lines would, and are ignored" },
            EvidenceField {
                name: "found",
                about: "the newest of the lines, at most 50: `pod`, `container`, `previous`, `time` and `line`",
            },
            EvidenceField {
                name: "lacking",
                about: "by required pattern: the pods whose logs do not have it",
            },
            EvidenceField { name: "silent", about: "the logs with no lines that should have some" },
            EvidenceField { name: "gone", about: "what nobody can read any more" },
            EvidenceField { name: "unread", about: "by log: why it could not be read" },
        ]
    }

    fn validate(&self, problems: &mut Problems) {
        self.choice().validate(problems);
        if self.since.is_some_and(|since| since.get().is_zero()) {
            problems.at("since", "expected a `since` of more than nothing", "write it as in `2m` or `1h`");
        }
        let looks_for_nothing = self.patterns.as_ref().is_some_and(Vec::is_empty) && self.also.is_empty();
        if looks_for_nothing && self.require.is_empty() {
            problems.at(
                "patterns",
                "`patterns` is empty, so that nothing is looked for",
                "leave it out for the usual ones",
            );
        }
        if self.max_bytes.get() == 0 {
            problems.at("max_bytes", "no byte of a log may be read", "write it as in `64MiB`");
        }
    }

    fn requires(&self, needs: &mut Requirements) {
        needs.target::<KubernetesTarget>();
        self.choice().requires(needs);
        needs.permission(Resource::PODS.permission_on("get", "log", Some(&self.namespace)));
        may_look_for_namespace(needs, &self.namespace);
    }
}

//! `k8s.exec_succeeds`

mod evidence;
mod judged;

use futures::StreamExt as _;
use schemars::JsonSchema;
use serde::Deserialize;
use vapora_preflight::{
    Advice, Bytes, Check, CheckContext, CheckError, CheckResult, Effect, EvidenceField, ExposeSecret as _,
    Finding, Kind, Outcome, Problems, Requirements, TextOrSecret, async_trait, shell_words,
};

use self::judged::{Judged, Ran};
use super::{NO_SUCH_NAMESPACE, may_look_for_namespace, missing_namespace};
use crate::{
    KubernetesTarget, LabelSelector, Namespace, ObjectName, Pattern, WorkloadName,
    exec::{Command, container},
    object::Pod,
    picked::{Picked, PodChoice},
    read::Reader,
    resource::Resource,
    wording::{clauses, count, names},
};

/// In how many pods a command that only reads is run at a time.
const AT_A_TIME: usize = 8;
/// The most that may be kept of the output.
const MOST_OUTPUT: u64 = 64 << 20;

/// A command in a container ends with the right exit code, and says what it should.
///
/// # Why
///
/// Some things are known only inside: whether the database answers a query, whether a configuration file was mounted,
/// whether one service reaches another. A database that runs and answers nobody is green everywhere else.
///
/// # What it asks
///
/// It finds the pods: those that a workload owns, by the uids of its replica sets and pods, or those with the labels of
/// `selector`, or those named in `pods`. Those that have ended or are being deleted are left out. It runs the command in the
/// first of them, in the order of their names, whose container runs, and rather in one that is ready; with `all`, in each of
/// them. The command is started from a list of arguments and without a shell, over a websocket as `kubectl exec` does it, so
/// nothing but the API server is asked and no local program is needed.
///
/// What the command writes goes into the evidence, and so into the journal and all reports. The run takes out the secrets it has
/// resolved itself, and knows no others.
///
/// # How far it reaches
///
/// A command in a container can do anything. So the check counts as one that changes its target: it is refused on a protected
/// one, it runs only where the caller of the run allows changes, and it is not repeated when nobody knows what became of it.
/// Whoever writes the checklist can say of a command that it only asks, by `only_reads`; then it is treated like any other
/// question. Nothing can verify this.
///
/// A command that takes longer than the check's `timeout` goes on in the container: the API has no way to stop it. Let the
/// command itself have an end, as in `["timeout", "5", …]`.
///
/// # What fails
///
/// Another exit code than those of `exit_codes`. Output without a text of `contains`, without a match of `matches`, or with a
/// text of `lacks`. A workload or pod that does not exist, and one none of whose pods runs; with `all`, one of whose pods does
/// not. Where the command may change something, the first pod in which it fails is the last in which it is run.
///
/// # What errs
///
/// A program that the container does not have. A node that does not answer, a container that is gone by now, a connection that
/// ends before the command does, a missing right. More output than `output_limit`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExecSucceeds {
    /// The namespace the pods are in.
    pub namespace: Namespace,
    /// The workloads whose pods they are, as in `statefulset/vapora-db`, `deployment/vapora-backend` or
    /// `daemonset/vapora-agent`; a name alone is that of a deployment.
    #[serde(default)]
    pub workloads: Vec<WorkloadName>,
    /// Or the labels of the pods.
    #[serde(default)]
    pub selector: Option<LabelSelector>,
    /// Or the names of the pods.
    #[serde(default)]
    pub pods: Vec<ObjectName>,
    /// Whether it is run in each of the pods, and not in one of them.
    #[serde(default)]
    pub all: bool,
    /// The container it is run in: by default the one that the annotation `kubectl.kubernetes.io/default-container` of the pod
    /// names, or its only one.
    #[serde(default)]
    pub container: Option<ObjectName>,
    /// The program and its arguments, one by one, as in `["surreal", "isready"]`.
    pub argv: Vec<String>,
    /// What it reads on its standard input, a text or a secret as in `{ env = "QUERY" }`: by default nothing.
    #[serde(default)]
    pub input: Option<TextOrSecret>,
    /// Whether the command is known to change nothing.
    #[serde(default)]
    pub only_reads: bool,
    /// The exit codes that are right, each from 0 to 255.
    #[serde(default = "zero")]
    pub exit_codes: Vec<u8>,
    /// Texts that its standard output has to contain, all of them.
    #[serde(default)]
    pub contains: Vec<String>,
    /// Regular expressions that have to be found in its standard output without white space at its end, all of them.
    #[serde(default)]
    pub matches: Vec<Pattern>,
    /// Texts that its standard output must not contain, any of them.
    #[serde(default)]
    pub lacks: Vec<String>,
    /// How much it may write in one container, its standard output and standard error together: at most 64MiB.
    #[serde(default = "output_limit")]
    pub output_limit: Bytes,
}

fn zero() -> Vec<u8> {
    vec![0]
}

fn output_limit() -> Bytes {
    Bytes::new(256 << 10)
}

/// The pods to run it in, and those that cannot be.
#[derive(Debug, Default)]
struct Places<'a> {
    chosen: Vec<(&'a Pod, &'a str)>,
    /// Why not: a clause each.
    idle: Vec<String>,
}

impl ExecSucceeds {
    fn choice(&self) -> PodChoice<'_> {
        let Self { namespace, workloads, selector, pods, .. } = self;
        PodChoice { namespace, workloads, selector: selector.as_ref(), pods }
    }

    fn places<'a>(&'a self, picked: &'a Picked) -> Result<Places<'a>, CheckError> {
        let mut places = Places::default();
        for pod in picked.pods.iter().filter(|pod| !pod.has_ended() && !pod.metadata.is_going()) {
            let container = container(pod, self.container.as_ref())?;
            let status = pod.status.container_statuses.iter().find(|status| status.name == container);
            match status.filter(|status| status.state.running.is_some()) {
                Some(_) => places.chosen.push((pod, container)),
                None => places.idle.push(format!("`{}/{container}` does not run", pod.metadata.name)),
            }
        }
        if !self.all {
            let ready = |(pod, container): &(&Pod, &str)| {
                pod.status.container_statuses.iter().any(|status| status.name == *container && status.ready)
            };
            let first = places.chosen.iter().position(ready).unwrap_or(0);
            places.chosen = places.chosen.into_iter().skip(first).take(1).collect();
        }
        Ok(places)
    }

    async fn run_in(&self, reader: &Reader<'_>, places: &Places<'_>) -> Result<Vec<Judged>, CheckError> {
        let input = match &self.input {
            Some(TextOrSecret::Text(text)) => Some(text.clone().into_bytes()),
            Some(TextOrSecret::Secret(secret)) => {
                Some(reader.cx.secret(secret)?.expose_secret().as_bytes().to_vec())
            }
            None => None,
        };
        let run = |pod: String, container: String| {
            let input = input.as_deref();
            async move {
                let command = Command {
                    namespace: &self.namespace,
                    pod: &pod,
                    container: Some(&container),
                    argv: &self.argv,
                    input,
                    most: Bytes::new(self.output_limit.get().min(MOST_OUTPUT)),
                    may_run_again: self.only_reads,
                };
                let ended = command.run(reader).await?;
                Ok::<Judged, CheckError>(self.judge(Ran { pod, container, ended }))
            }
        };
        let runs: Vec<_> = places
            .chosen
            .iter()
            .map(|(pod, container)| run(pod.metadata.name.clone(), (*container).to_owned()))
            .collect();
        let at_a_time = if self.only_reads { AT_A_TIME } else { 1 };
        let mut runs = futures::stream::iter(runs).buffered(at_a_time);
        let mut all = Vec::new();
        while let Some(judged) = runs.next().await {
            let judged: Judged = judged?;
            let stop = !self.only_reads && !judged.unmet.is_empty();
            all.push(judged);
            if stop {
                break;
            }
        }
        Ok(all)
    }

    /// The command as one would type it.
    fn by_hand(&self, pod: &str, container: &str) -> String {
        let input = if self.input.is_some() { " -i" } else { "" };
        let words = shell_words(&self.argv);
        format!("kubectl -n {} exec{input} {pod} -c {container} -- {words}", self.namespace)
    }

    fn expected(&self) -> String {
        let codes: Vec<String> = self.exit_codes.iter().map(ToString::to_string).collect();
        let mut expected = vec![format!("exit code {}", codes.join(" or "))];
        expected.extend(self.contains.iter().map(|text| format!("output that contains `{text}`")));
        expected.extend(self.matches.iter().map(|pattern| format!("output that matches `{pattern}`")));
        expected.extend(self.lacks.iter().map(|text| format!("output without `{text}`")));
        clauses(&expected)
    }

    fn nothing(&self, picked: &Picked, places: &Places<'_>, no_namespace: Option<String>) -> Outcome {
        let (namespace, called) = (&self.namespace, self.choice().called());
        let lacking: Vec<String> = picked.lacking.iter().chain(&places.idle).cloned().collect();
        let remedy = match (&no_namespace, lacking.is_empty() || !places.idle.is_empty()) {
            (Some(_), _) => NO_SUCH_NAMESPACE.to_owned(),
            (None, true) => format!("`kubectl -n {namespace} get pods`: see why they do not run"),
            (None, false) => "see that they are spelt right, and that they were deployed there".to_owned(),
        };
        let actual = match no_namespace {
            Some(none) => none,
            None if lacking.is_empty() => "all of them have ended or are being deleted".to_owned(),
            None => clauses(&lacking),
        };
        let summary = if self.all {
            format!("the pods of {called} in `{namespace}` do not all run, so the command was not run")
        } else {
            format!("no pod of {called} in `{namespace}` runs, in which the command could be run")
        };
        let expected =
            if self.all { format!("running pods of {called}") } else { format!("a running pod of {called}") };
        Outcome::Fail(
            Finding::new(summary)
                .expected(expected)
                .actual(actual)
                .remedy(remedy)
                .advice(Advice::Investigate)
                .evidence(evidence::evidence(&[])),
        )
    }

    fn finding(&self, judged: &[Judged], not_run: usize) -> Outcome {
        let program = crate::wording::short(&self.argv.join(" "));
        let evidence = evidence::evidence(judged);
        let bad: Vec<&Judged> = judged.iter().filter(|judged| !judged.unmet.is_empty()).collect();
        let place = |judged: &Judged| format!("{}/{}", judged.ran.pod, judged.ran.container);
        let Some(first) = bad.first() else {
            let places: Vec<String> = judged.iter().map(place).collect();
            let codes: std::collections::BTreeSet<i64> =
                judged.iter().map(|judged| judged.ran.ended.exit_code).collect();
            let codes: Vec<String> = codes.iter().map(ToString::to_string).collect();
            let summary =
                format!("`{program}` ended with exit code {} in {}", codes.join(" or "), names(&places));
            return Outcome::Pass(Finding::new(summary).evidence(evidence));
        };
        let mut said: Vec<String> =
            bad.iter().map(|judged| format!("`{}`: {}", place(judged), clauses(&judged.unmet))).collect();
        if let Some(output) = first.ran.shown() {
            said[0] = format!("{}; {output}", said[0]);
        }
        if not_run > 0 {
            said.push(format!("not run in {} after it", count(not_run, "pod")));
        }
        let places: Vec<String> = bad.iter().map(|judged| place(judged)).collect();
        Outcome::Fail(
            Finding::new(format!("`{program}` does not succeed in {}", names(&places)))
                .expected(self.expected())
                .actual(clauses(&said))
                .remedy(format!("run it by hand: `{}`", self.by_hand(&first.ran.pod, &first.ran.container)))
                .advice(Advice::Investigate)
                .evidence(evidence),
        )
    }
}

#[async_trait]
impl Check for ExecSucceeds {
    async fn run(&self, cx: &CheckContext) -> CheckResult {
        let reader = Reader::of(cx)?;
        let picked = self.choice().pick(&reader).await?;
        let places = self.places(&picked)?;
        let incomplete = self.all && (!places.idle.is_empty() || !picked.lacking.is_empty());
        if incomplete || places.chosen.is_empty() {
            let no_namespace =
                if picked.pods.is_empty() { missing_namespace(&reader, &self.namespace).await } else { None };
            return Ok(self.nothing(&picked, &places, no_namespace));
        }
        let judged = self.run_in(&reader, &places).await?;
        Ok(self.finding(&judged, places.chosen.len() - judged.len()))
    }
}

impl Kind for ExecSucceeds {
    const NAME: &'static str = "k8s.exec_succeeds";
    const EFFECT: Effect = Effect::Mutates;
    const EXAMPLE: &'static str = r#"
[check.database-answers]
kind       = "k8s.exec_succeeds"
title      = "The database answers"
target     = "production"
namespace  = "vapora"
workloads  = ["statefulset/surrealdb"]
argv       = ["surreal", "isready", "--endpoint", "http://127.0.0.1:8000"]
only_reads = true
contains   = ["OK"]
"#;

    fn effect(&self) -> Effect {
        if self.only_reads { Effect::Reads } else { Self::EFFECT }
    }

    fn evidence() -> &'static [EvidenceField] {
        evidence::DECLARED
    }

    fn validate(&self, problems: &mut Problems) {
        self.choice().validate(problems);
        match self.argv.first() {
            None => problems.at(
                "argv",
                "there is no program",
                "give the program and its arguments, as in `[\"surreal\", \"isready\"]`",
            ),
            Some(program) if program.trim().is_empty() => {
                problems.at("argv", "the program has no name", "write it as in `[\"surreal\", \"isready\"]`");
            }
            Some(program) if self.argv.len() == 1 && program.contains(' ') => problems.at(
                "argv",
                format!("there is no shell that would split `{program}`"),
                "give the program and its arguments one by one",
            ),
            Some(_) => {}
        }
        if self.exit_codes.is_empty() {
            problems.at("exit_codes", "no exit code is right", "leave it out for 0 alone");
        }
        if self.contains.iter().chain(&self.lacks).any(String::is_empty) {
            problems.whole("a text to look for is empty", "an empty text is in every output: leave it out");
        }
        if self.output_limit.get() > MOST_OUTPUT {
            problems.at(
                "output_limit",
                format!("expected at most {}, found {}", Bytes::new(MOST_OUTPUT), self.output_limit),
                "keep less",
            );
        }
    }

    fn requires(&self, needs: &mut Requirements) {
        needs.target::<KubernetesTarget>();
        self.choice().requires(needs);
        let exec = |verb| Resource::PODS.permission_on(verb, "exec", Some(&self.namespace));
        // A websocket begins with GET. From version 1.35 on the server asks for `create` as well.
        needs.permission(exec("get"));
        needs.permission(exec("create").optional());
        may_look_for_namespace(needs, &self.namespace);
    }
}

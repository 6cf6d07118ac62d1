//! Asking a check, and its answer as text.

use std::{fmt::Write as _, sync::Arc};

use serde_json::Value;
use vapora_preflight::{
    CheckContext, CheckId, CheckResult, Evidence, Finding, Kind, Outcome, Problems, Resources, Target,
    TargetName, Timestamp, Value as Evident,
};
use vapora_preflight_k8s::{K8sClient, KubernetesTarget};
use vapora_preflight_sim::SimClock;

pub(crate) fn context(client: K8sClient, settings: KubernetesTarget) -> CheckContext {
    let name = TargetName::new("production").unwrap();
    let mut resources = Resources::new();
    resources.insert_for(&name, client);
    let target = Target::new(name, true).with(settings, Value::Null);
    CheckContext::alone(CheckId::new("a-check").unwrap(), Arc::new(resources)).with_target(Arc::new(target))
}

/// A check of these parameters.
pub(crate) fn kind<K: Kind>(parameters: Value) -> K {
    serde_json::from_value(parameters).expect("good parameters")
}

pub(crate) async fn ask<K: Kind>(parameters: Value, client: K8sClient) -> CheckResult {
    let result = kind::<K>(parameters).run(&context(client, KubernetesTarget::default())).await;
    documented::<K>(&result);
    result
}

/// The time at which most of the recordings were made, in seconds of Unix time.
pub(crate) const RECORDED: i64 = 1_795_435_750;

/// Asks at the time of the recordings.
pub(crate) async fn ask_then<K: Kind>(parameters: Value, client: K8sClient) -> CheckResult {
    let clock = Arc::new(SimClock::at_unix_seconds(RECORDED));
    let cx = context(client, KubernetesTarget::default()).with_clock(clock);
    let result = kind::<K>(parameters).run(&cx).await;
    documented::<K>(&result);
    result
}

/// Asks at a time, in seconds of Unix time, with what the same kind has said earlier as the baseline, if anything.
pub(crate) async fn ask_at<K: Kind>(
    seconds: i64,
    baseline: Option<&CheckResult>,
    parameters: Value,
    client: K8sClient,
) -> CheckResult {
    let clock = Arc::new(SimClock::at_unix_seconds(seconds));
    let mut cx = context(client, KubernetesTarget::default()).with_clock(clock);
    if let Some(Ok(earlier)) = baseline {
        let evidence = earlier.finding().evidence.clone();
        let finished = Timestamp::from_unix_seconds(RECORDED);
        cx = cx.with_baseline(CheckId::new("before").unwrap(), evidence, finished);
    }
    let result = kind::<K>(parameters).run(&cx).await;
    documented::<K>(&result);
    result
}

/// What is wrong with these parameters.
pub(crate) fn problems<K: Kind>(parameters: Value) -> Vec<String> {
    let mut problems = Problems::default();
    kind::<K>(parameters).validate(&mut problems);
    problems.messages().map(str::to_owned).collect()
}

/// Every value of the evidence is documented, and every documented value is there.
pub(crate) fn documented<K: Kind>(result: &CheckResult) {
    if let Ok(outcome) = result {
        let said: Vec<&str> =
            outcome.finding().evidence.items().iter().map(|item| item.name.as_str()).collect();
        let mut said_sorted = said.clone();
        let mut documented: Vec<&str> = K::evidence().iter().map(|field| field.name).collect();
        said_sorted.sort_unstable();
        documented.sort_unstable();
        assert_eq!(said_sorted, documented, "the evidence of {}", K::NAME);
    }
}

/// The same answer without a text that differs from run to run.
pub(crate) fn without(result: CheckResult, text: &str) -> CheckResult {
    let edit = |finding: Finding| {
        let clean = |part: Option<String>| part.map(|part| part.replace(text, ""));
        let mut edited = Finding::new(finding.summary.replace(text, ""));
        edited.expected = clean(finding.expected);
        edited.actual = clean(finding.actual);
        edited.remedy = clean(finding.remedy);
        edited.advice = finding.advice;
        edited.evidence = finding.evidence.attachments().iter().fold(Evidence::new(), |all, file| {
            let content = String::from_utf8(file.content.as_deref().unwrap_or_default().to_vec()).unwrap();
            all.attached(&file.name, &file.media_type, content.replace(text, "").into_bytes())
        });
        for item in finding.evidence.items() {
            edited.evidence.set(&item.name, value_without(item.value.clone(), text), item.unit);
        }
        edited
    };
    result.map(|outcome| match outcome {
        Outcome::Pass(finding) => Outcome::Pass(edit(finding)),
        Outcome::Warn(finding) => Outcome::Warn(edit(finding)),
        Outcome::Fail(finding) => Outcome::Fail(edit(finding)),
        other => other,
    })
}

fn value_without(value: Evident, text: &str) -> Evident {
    match value {
        Evident::Text(value) => Evident::Text(value.replace(text, "")),
        Evident::List(values) => {
            Evident::List(values.into_iter().map(|value| value_without(value, text)).collect())
        }
        other => other,
    }
}

/// An answer as text, to be read in a snapshot.
pub(crate) fn text(result: &CheckResult) -> String {
    match result {
        Ok(Outcome::Pass(finding)) => finding_text("pass", finding),
        Ok(Outcome::Warn(finding)) => finding_text("warn", finding),
        Ok(Outcome::Fail(finding)) => finding_text("fail", finding),
        Ok(other) => finding_text("other", other.finding()),
        Err(error) => {
            let sort = if error.is_transient() { "transient" } else { "permanent" };
            let remedy = error
                .report()
                .remedy
                .as_ref()
                .map_or(String::new(), |remedy| format!("  remedy: {remedy}\n"));
            format!("error ({sort}): {error}\n{remedy}")
        }
    }
}

fn finding_text(sort: &str, finding: &Finding) -> String {
    let mut text = format!("{sort}: {}\n", finding.summary);
    for (name, part) in
        [("expected", &finding.expected), ("actual", &finding.actual), ("remedy", &finding.remedy)]
    {
        if let Some(part) = part {
            let _ = writeln!(text, "  {name}: {part}");
        }
    }
    if let Some(advice) = finding.advice {
        let _ = writeln!(text, "  advice: {advice:?}");
    }
    for item in finding.evidence.items() {
        let _ = writeln!(text, "    {} = {}", item.name, item.value);
    }
    text
}

/// Several answers under their titles.
#[derive(Default)]
pub(crate) struct Sheet(String);

impl Sheet {
    pub(crate) fn add(&mut self, title: &str, result: &CheckResult) {
        self.add_text(title, &text(result));
    }

    pub(crate) fn add_text(&mut self, title: &str, text: &str) {
        let _ = write!(self.0, "# {title}\n{text}\n");
    }

    pub(crate) fn text(&self) -> &str {
        &self.0
    }
}

pub(crate) fn passes(result: &CheckResult) -> bool {
    matches!(result, Ok(Outcome::Pass(_)))
}

pub(crate) fn warns(result: &CheckResult) -> bool {
    matches!(result, Ok(Outcome::Warn(_)))
}

pub(crate) fn fails(result: &CheckResult) -> bool {
    matches!(result, Ok(Outcome::Fail(_)))
}

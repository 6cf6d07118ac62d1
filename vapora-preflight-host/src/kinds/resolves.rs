//! `net.resolves`

mod records;

use std::{collections::BTreeSet, net::SocketAddr};

use schemars::JsonSchema;
use serde::Deserialize;
use vapora_preflight::{
    Advice, Check, CheckContext, CheckResult, Evidence, EvidenceField, Finding, Kind, Outcome, Problems,
    async_trait,
};

use self::records::Answers;
pub use self::records::RecordKind;

/// A name resolves, to what it should.
///
/// # Why
///
/// A release that moves a service is half done while a name still leads to the old place, and a name that does not resolve on
/// one machine looks like a service that is down.
///
/// # What it asks
///
/// The addresses of the name, by the system's own resolver, as every program of this machine sees them. With another `record`,
/// or with a `server`, the name servers are asked by the DNS protocol: those of the machine, or that one.
///
/// # What fails
///
/// A name that does not exist, or has no such record. A value of `contains` that is not among the answers, and, with `exactly`,
/// an answer that is not among `contains`. Fewer than `at_least` answers.
///
/// # What errs
///
/// A name server that does not answer, refuses or fails. The system's resolver does not tell that from a name that does not
/// exist; asked by it, both are a failure.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Resolves {
    /// The name, as in `api.vapora.com`.
    pub name: String,
    /// What to ask for: `address` (IPv4 and IPv6, the default), `A`, `AAAA`, `CNAME`, `MX`, `NS`, `PTR`, `SRV` or `TXT`.
    #[serde(default)]
    pub record: RecordKind,
    /// The name server to ask, an IP address with an optional port, as in `192.0.2.53` or `127.0.0.1:5353`.
    #[serde(default)]
    pub server: Option<String>,
    /// Answers that have to be there, as `dig +short` shows them, without the final dot of names: `192.0.2.7`,
    /// `lb.example.com`, `10 mail.example.com`.
    #[serde(default)]
    pub contains: Vec<String>,
    /// Whether there may be no other answers than those of `contains`.
    #[serde(default)]
    pub exactly: bool,
    /// How many answers there have to be: one by default.
    #[serde(default = "one")]
    pub at_least: std::num::NonZeroU32,
}

fn one() -> std::num::NonZeroU32 {
    std::num::NonZeroU32::MIN
}

/// An answer in the form in which two can be compared.
fn plain(answer: &str) -> String {
    let answer = answer.trim();
    let bare = answer.strip_suffix('.').filter(|bare| !bare.is_empty()).unwrap_or(answer);
    match bare.parse::<std::net::IpAddr>() {
        Ok(address) => address.to_string(),
        Err(_) => bare.to_ascii_lowercase(),
    }
}

fn server(text: &str) -> Option<SocketAddr> {
    let address = text.parse().ok().map(|ip| SocketAddr::new(ip, 53));
    address.or_else(|| text.parse().ok()).filter(|address| address.port() > 0)
}

impl Resolves {
    /// The check that a name has an address.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            record: RecordKind::default(),
            server: None,
            contains: Vec::new(),
            exactly: false,
            at_least: one(),
        }
    }

    fn asked(&self) -> String {
        let by = self.server.as_ref().map_or_else(String::new, |server| format!(" at {server}"));
        match self.record {
            RecordKind::Address => format!("`{}`{by}", self.name),
            record => format!("{record} of `{}`{by}", self.name),
        }
    }

    /// The same question as a person asks it.
    fn by_hand(&self) -> String {
        if self.server.is_none() && self.record == RecordKind::Address {
            // `dig` asks name servers alone, and not `/etc/hosts`
            return format!("getent ahosts {}", self.name);
        }
        let server = self.server.as_deref().and_then(server).map(|server| match server.port() {
            53 => format!("@{}", server.ip()),
            port => format!("@{} -p {port}", server.ip()),
        });
        let record = (self.record != RecordKind::Address).then(|| self.record.to_string());
        let words = [Some("dig".to_owned()), server, Some(self.name.clone()), record];
        words.into_iter().flatten().collect::<Vec<_>>().join(" ")
    }

    fn enough(&self) -> String {
        match self.at_least.get() {
            1 => "at least 1 answer".to_owned(),
            more => format!("at least {more} answers"),
        }
    }

    fn judge(&self, answers: &BTreeSet<String>) -> Outcome {
        let wanted: BTreeSet<String> = self.contains.iter().map(|answer| plain(answer)).collect();
        let missing: Vec<&String> = wanted.difference(answers).collect();
        let other: Vec<&String> = answers.difference(&wanted).filter(|_| self.exactly).collect();
        let listed = |all: &[&String]| {
            let all: Vec<String> = all.iter().take(8).map(|one| format!("`{one}`")).collect();
            all.join(", ")
        };
        let evidence = Evidence::new()
            .with("answers", answers.iter().cloned().collect::<Vec<_>>())
            .with("missing", missing.iter().map(|one| (*one).clone()).collect::<Vec<_>>())
            .with("other", other.iter().map(|one| (*one).clone()).collect::<Vec<_>>());
        let asked = self.asked();
        let all = listed(&answers.iter().collect::<Vec<_>>());
        let fail = |summary: String, expected: String| {
            let actual = if answers.is_empty() { "no answers".to_owned() } else { all.clone() };
            let finding = Finding::new(summary).expected(expected).actual(actual).evidence(evidence.clone());
            let remedy = format!("look at it with `{}`", self.by_hand());
            Outcome::Fail(finding.advice(Advice::Investigate).remedy(remedy))
        };
        let at_least = self.at_least.get() as usize;
        if answers.is_empty() {
            return fail(format!("{asked} does not resolve"), self.enough());
        }
        if !missing.is_empty() {
            let summary = format!("{asked} does not lead to {}", listed(&missing));
            return fail(summary, listed(&wanted.iter().collect::<Vec<_>>()));
        }
        if !other.is_empty() {
            let summary = format!("{asked} leads to {} too", listed(&other));
            return fail(summary, format!("only {}", listed(&wanted.iter().collect::<Vec<_>>())));
        }
        if answers.len() < at_least {
            let summary = format!("{asked} has {} of the {at_least} answers that are needed", answers.len());
            return fail(summary, self.enough());
        }
        Outcome::Pass(Finding::new(format!("{asked} resolves to {all}")).evidence(evidence))
    }
}

#[async_trait]
impl Check for Resolves {
    async fn run(&self, cx: &CheckContext) -> CheckResult {
        cx.doing(format!("resolving {}", self.asked()));
        let answers = Answers::of(&self.name, self.record, self.server.as_deref().and_then(server)).await?;
        Ok(self.judge(&answers.iter().map(|answer| plain(answer)).collect()))
    }
}

impl Kind for Resolves {
    const NAME: &'static str = "net.resolves";
    const EXAMPLE: &'static str = r#"
[check.api-name]
kind   = "net.resolves"
title  = "api.vapora.com leads to the load balancer"
name   = "api.vapora.com"
record = "CNAME"
contains = ["lb.example.com"]
"#;

    fn evidence() -> &'static [EvidenceField] {
        &[
            EvidenceField { name: "answers", about: "all answers, sorted, without the final dot of names" },
            EvidenceField { name: "missing", about: "what was expected and is not among them" },
            EvidenceField { name: "other", about: "what is among them and was not expected, with `exactly`" },
        ]
    }

    fn validate(&self, problems: &mut Problems) {
        if !records::is_name(&self.name) {
            problems.at(
                "name",
                format!("`{}` is no name", self.name.escape_debug()),
                "write it as in `api.vapora.com`",
            );
        }
        if let Some(text) = self.server.as_ref().filter(|text| server(text).is_none()) {
            let message = format!("expected the address of a name server, found `{}`", text.escape_debug());
            problems.at("server", message, "write it as in `192.0.2.53` or `127.0.0.1:5353`");
        }
        if self.exactly && self.contains.is_empty() {
            problems.at("exactly", "`exactly` has nothing to compare with", "name the answers in `contains`");
        }
        if self.contains.iter().any(|answer| answer.trim().is_empty()) {
            problems.at("contains", "an empty answer never comes", "name the answer, or leave it out");
        }
    }
}

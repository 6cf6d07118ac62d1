//! `k8s.kubeconfig_valid`

mod accepted;
mod life;

use schemars::JsonSchema;
use serde::Deserialize;
use vapora_preflight::{
    Check, CheckContext, CheckError, CheckResult, Evidence, EvidenceField, Finding, Kind, Outcome, Period,
    Requirements, Timestamp, Unit, async_trait,
};

use self::{accepted::Accepted, life::Life};
use crate::{
    Credential, Credentials, K8sClient, KubernetesTarget,
    read::Reader,
    resource::Resource,
    wording::{clauses, short},
};

/// The credentials of the target are accepted, and outlast the deployment.
///
/// # Why
///
/// A certificate or token that expires half way through a deployment leaves nobody who could finish it, or take it back.
///
/// # What it asks
///
/// It looks at the user of the kubeconfig's context: the validity of the client certificate, the `exp` of a token that is a
/// JSON Web Token, the token in a file as it is now, and what a credential plugin has said. Then it asks the API server who
/// the credentials are for (a SelfSubjectReview), and where the server does not know that question, as before 1.28, for
/// an access review. Neither changes anything. No credential is told.
///
/// They have to be good until the maintenance window closes, or, where there is none, until the planned time T; and in any
/// case for as long as `outlasts` from now on.
///
/// # What fails
///
/// Credentials that the server does not accept, or accepts for another than `user`. A certificate or token that is not good
/// yet, has expired, or expires too soon; what a credential plugin gives, and the token of a pod, are renewed in time, so that
/// their expiry is only told. A context without credentials, or with a user that the kubeconfig does not have.
///
/// Credentials that expire within `warn_within` after they are needed are a warning, and so are those that do not say when
/// they expire, as an opaque token or a password, unless `allow_unsaid`.
///
/// # What errs
///
/// A server that cannot be reached. A client certificate or a token file that cannot be read. A client that was not made of
/// a kubeconfig or a pod's service account, and whose credentials nobody has described. A context that the kubeconfig does not
/// have, and a credential plugin that is not there, are errors of all checks of the target.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KubeconfigValid {
    /// How long from now on the credentials have to be good, as in `4h`.
    #[serde(default)]
    pub outlasts: Option<Period>,
    /// It warns where they expire within so long after they are needed.
    #[serde(default = "a_day")]
    pub warn_within: Period,
    /// Whom the server has to know them as, as in `system:serviceaccount:vapora:release`.
    #[serde(default)]
    pub user: Option<String>,
    /// Whether there may be credentials that do not say when they expire.
    #[serde(default)]
    pub allow_unsaid: bool,
}

fn a_day() -> Period {
    Period::from_secs(86_400)
}

/// Until when the credentials are needed, and why.
struct Needed {
    until: Timestamp,
    why: &'static str,
}

impl KubeconfigValid {
    fn needed(&self, cx: &CheckContext) -> Needed {
        let deployment = cx.deployment();
        let now = cx.now();
        let planned = match (deployment.window, deployment.planned) {
            (Some(window), _) => Some(Needed { until: window.closes, why: "the maintenance window closes" }),
            (None, Some(planned)) => Some(Needed { until: planned, why: "the deployment begins" }),
            (None, None) => None,
        };
        let own = Needed {
            until: self.outlasts.map_or(now, |period| now.plus(period.get())),
            why: if self.outlasts.is_some() { "they have to outlast" } else { "now" },
        };
        planned.filter(|planned| planned.until > own.until).unwrap_or(own)
    }

    fn expected(&self, needed: &Needed) -> String {
        let user = self.user.as_ref().map_or_else(String::new, |user| format!(" for `{}`", short(user)));
        format!(
            "credentials that are accepted{user} and good until {}, when {}",
            needed.until.to_minute(),
            needed.why
        )
        .replace(", when now", "")
        .replace(", when they have to outlast", "")
    }
}

/// What to call the place the credentials are from.
fn place(client: &K8sClient) -> String {
    match client.context() {
        Some(context) => format!("the context `{context}`"),
        None => "the target".to_owned(),
    }
}

fn described(client: &K8sClient) -> Result<&Credentials, CheckError> {
    client.credentials().ok_or_else(|| {
        CheckError::permanent("nothing is known of the credentials of this client, which was not made of a kubeconfig")
            .remedy(
                "the program that embeds this has to describe them, with `K8sClient::with_credentials(Credentials::of(…))`, or \
                 to make the client with `connect`",
            )
    })
}

#[async_trait]
impl Check for KubeconfigValid {
    async fn run(&self, cx: &CheckContext) -> CheckResult {
        let reader = Reader::of(cx)?;
        let client = &reader.client;
        let credentials = described(client)?;
        let needed = self.needed(cx);
        let lives = credentials.all().iter().map(Life::of).collect::<Result<Vec<Life>, CheckError>>()?;
        let mut evidence = evidence(client, credentials, &lives, &needed, cx.now());
        let from = place(client);
        let failed = |summary: String, actual: String, remedy: String, evidence: Evidence| {
            let finding = Finding::new(summary).expected(self.expected(&needed)).actual(actual);
            Ok(Outcome::Fail(finding.remedy(remedy).evidence(evidence)))
        };
        if lives.is_empty() {
            let actual = match credentials.user() {
                Some(user) => format!("the user `{user}` has none, or is not in the kubeconfig"),
                None => "it names no user".to_owned(),
            };
            let remedy =
                "give the context a user with credentials: `kubectl config view --minify`".to_owned();
            return failed(format!("{from} has no credentials"), actual, remedy, evidence);
        }

        let accepted = Accepted::of(&reader).await?;
        let mut troubles: Vec<String> = Vec::new();
        let username = match &accepted {
            Accepted::As { name, groups } => {
                evidence.set("username", name.as_str(), None);
                evidence.set("groups", groups.clone(), None);
                Some(name.clone())
            }
            Accepted::Unnamed => None,
            Accepted::Refused(why) => {
                troubles.push(why.clone());
                None
            }
        };
        troubles.extend(lives.iter().filter_map(|life| life.trouble(&needed, cx.now())));
        if !troubles.is_empty() {
            let summary = match &accepted {
                Accepted::Refused(_) => format!("the credentials of {from} are not accepted"),
                _ => format!("the credentials of {from} do not last long enough"),
            };
            return failed(summary, clauses(&troubles), renew(credentials), evidence);
        }
        if let Some(meant) = &self.user {
            match &username {
                Some(name) if name == meant => {}
                Some(name) => {
                    let summary = format!("the credentials of {from} are those of another user");
                    let remedy = "name the right `context`, or correct `user`".to_owned();
                    return failed(
                        summary,
                        format!("they are accepted for `{}`", short(name)),
                        remedy,
                        evidence,
                    );
                }
                None => {
                    return Err(CheckError::permanent(
                        "the server does not say whom the credentials are for",
                    )
                    .remedy("leave out `user`: servers before 1.28 do not know that question"));
                }
            }
        }
        let whose = username.map_or_else(String::new, |name| format!(" for `{}`", short(&name)));
        let summary = format!("the credentials of {from} are accepted{whose}");
        let earliest = earliest(&lives);
        let told = |finding: Finding| match earliest {
            Some(until) => finding.counts_until(until),
            None => finding,
        };
        let unsaid = lives.iter().filter(|life| !self.allow_unsaid && life.is_unsaid());
        let mut doubts: Vec<String> =
            unsaid.map(|life| format!("{} does not say when it expires", life.name)).collect();
        let soon = needed.until.plus(self.warn_within.get());
        doubts.extend(lives.iter().filter_map(|life| life.expires_before(soon)));
        if !doubts.is_empty() {
            return Ok(Outcome::Warn(told(
                Finding::new(format!("{summary}, and it is not sure that they last long enough"))
                    .expected(self.expected(&needed))
                    .actual(clauses(&doubts))
                    .remedy(renew(credentials))
                    .evidence(evidence),
            )));
        }
        let until = match earliest {
            Some(until) => format!(", and good until {}", until.to_minute()),
            None if lives.iter().all(|life| life.renewed) => ", and renewed when they expire".to_owned(),
            None => String::new(),
        };
        Ok(Outcome::Pass(told(Finding::new(format!("{summary}{until}")).evidence(evidence))))
    }
}

/// How to get better credentials.
fn renew(credentials: &Credentials) -> String {
    let user = credentials.user().map_or_else(String::new, |user| format!(" of the user `{user}`"));
    match credentials.all().first() {
        Some(Credential::Plugin { command, .. }) => {
            format!("log in again with `{command}`, as the context says")
        }
        Some(Credential::Certificate { .. } | Credential::UnreadableCertificate) => {
            format!("get a new client certificate{user}, and put it into the kubeconfig")
        }
        _ => format!("get a new token{user}, as with `kubectl create token`, and put it into the kubeconfig"),
    }
}

fn earliest(lives: &[Life]) -> Option<Timestamp> {
    lives.iter().filter_map(Life::until).min()
}

fn evidence(
    client: &K8sClient,
    credentials: &Credentials,
    lives: &[Life],
    needed: &Needed,
    now: Timestamp,
) -> Evidence {
    let of = |is: fn(&Credential) -> bool| {
        let mut matching = credentials.all().iter().zip(lives).filter(|(credential, _)| is(credential));
        matching.next().and_then(|(_, life)| life.said)
    };
    let plugin = credentials.all().iter().find_map(|credential| match credential {
        Credential::Plugin { command, .. } => Some(command.clone()),
        _ => None,
    });
    let days = earliest(lives).map(|until| until.since(now).as_secs() / 86_400);
    Evidence::new()
        .with("server", client.server())
        .with("context", client.context())
        .with("user", credentials.user())
        .with("username", None::<String>)
        .with("groups", Vec::<String>::new())
        .with("impersonates", credentials.impersonates())
        .with("credentials", lives.iter().map(|life| life.name.clone()).collect::<Vec<_>>())
        .with("certificate_expires", of(|it| matches!(it, Credential::Certificate { .. })))
        .with("token_expires", of(|it| matches!(it, Credential::Token(_) | Credential::TokenFile { .. })))
        .with("plugin", plugin)
        .with("plugin_expires", of(|it| matches!(it, Credential::Plugin { .. })))
        .with("expires", earliest(lives))
        .measured("days_left", days, Unit::Days)
        .with("needed_until", needed.until)
}

impl Kind for KubeconfigValid {
    const NAME: &'static str = "k8s.kubeconfig_valid";
    const EXAMPLE: &'static str = r#"
[check.credentials]
kind        = "k8s.kubeconfig_valid"
title       = "The kubeconfig is valid, and outlasts the deployment"
target      = "production"
outlasts    = "4h"
warn_within = "7d"
"#;

    fn evidence() -> &'static [EvidenceField] {
        &[
            EvidenceField { name: "server", about: "the URL of the API server" },
            EvidenceField { name: "context", about: "the context of the kubeconfig" },
            EvidenceField { name: "user", about: "the user of the context, by its name in the kubeconfig" },
            EvidenceField {
                name: "username",
                about: "whom the server knows the credentials as, where it says so",
            },
            EvidenceField { name: "groups", about: "the groups that the server counts that user among" },
            EvidenceField {
                name: "impersonates",
                about: "as whom the user acts, where it is not as themselves",
            },
            EvidenceField { name: "credentials", about: "what there is, as in `the client certificate`" },
            EvidenceField { name: "certificate_expires", about: "until when the client certificate is good" },
            EvidenceField { name: "token_expires", about: "until when the token is good, where it says so" },
            EvidenceField { name: "plugin", about: "the credential plugin" },
            EvidenceField {
                name: "plugin_expires",
                about: "until when what the plugin gave last is good, where it says so; it gives more",
            },
            EvidenceField {
                name: "expires",
                about: "the first time at which one of them expires that nobody renews",
            },
            EvidenceField { name: "days_left", about: "how many whole days that is from now" },
            EvidenceField { name: "needed_until", about: "until when they have to be good" },
        ]
    }

    fn requires(&self, needs: &mut Requirements) {
        needs.target::<KubernetesTarget>();
        // Everybody has them, unless that default was taken away. One of the two is enough.
        for review in [Resource::SELF_REVIEWS, Resource::ACCESS_REVIEWS] {
            needs.permission(review.permission("create", None).optional());
        }
    }
}

//! What can go wrong in the world.

use std::{fmt, str::FromStr};

macro_rules! faults {
    ($($variant:ident, $name:literal, $description:literal;)+) => {
        /// Something that goes wrong in the world, by a name in kebab-case.
        ///
        /// ```
        /// use vapora_preflight_sim::WorldFault;
        ///
        /// let fault: WorldFault = "pod-crash-loop".parse().unwrap();
        /// assert_eq!(fault, WorldFault::PodCrashLoop);
        /// assert_eq!(fault.to_string(), "pod-crash-loop");
        /// ```
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum WorldFault {
            $(#[doc = $description] $variant,)+
        }

        impl WorldFault {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Its name, as in `pod-crash-loop`.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// What it is, in one line.
            pub fn description(self) -> &'static str {
                match self { $(Self::$variant => $description,)+ }
            }
        }
    };
}

faults! {
    NodeNotReady, "node-not-ready", "a production Node is not `Ready`: its network is not up";
    NodeCordoned, "node-cordoned", "a production Node is `Ready` and takes no new Pods";
    NodeMemoryPressure, "node-memory-pressure", "a production Node is short of memory";
    NamespaceMissing, "namespace-missing", "the namespace `vapora` is missing on staging";
    DeploymentUnavailable, "deployment-unavailable", "a Pod of `vapora-backend` runs and is not ready";
    PodCrashLoop, "pod-crash-loop", "a container of `vapora-backend` ends again and again";
    PodImagePull, "pod-image-pull", "the image of a Pod of `vapora-backend` cannot be pulled";
    PodPending, "pod-pending", "no Node takes a Pod of `vapora-backend`";
    AccessDenied, "access-denied", "the release account has no rights on production";
    ApiUnreachable, "api-unreachable", "the production API server closes every connection";
    TokenRejected, "token-rejected", "the token of the release account is not accepted on production";
    ApiSlow, "api-slow", "the production API server does not answer";
    BackendUnhealthy, "backend-unhealthy", "the production backend says that it is degraded";
    CertificateExpired, "certificate-expired", "the certificate of `api.vapora.com` expired yesterday";
    CertificateWrongName, "certificate-wrong-name", "`api.vapora.com` serves the certificate of another name";
    ConfigDrift, "config-drift", "the ConfigMap on staging is not that of the release";
    BackupStale, "backup-stale", "the nightly backup on production has not run for three days";
    BackupDamaged, "backup-damaged", "the newest file of the nightly backup is cut short";
    ArtifactMissing, "artifact-missing", "the artifacts of the release lack `docker-compose.yml`";
    ArtifactEdited, "artifact-edited", "somebody has edited a manifest after the artifacts were unpacked";
    ManifestBroken, "manifest-broken", "a name is twice in the manifest of the Deployments";
    NodeBusy, "node-busy", "a production Node is near its capacity in memory";
    MetricsMissing, "metrics-missing", "production has no metrics server, so that nothing says what is used";
    ImageUnchanged, "image-unchanged", "the deployment leaves the images as they were";
    DatabaseDown, "database-down", "the database of production runs and does not answer";
    LogErrors, "log-errors", "the backend on production writes errors of its database to its log";
    ErrorsHigh, "errors-high", "a fifth of the requests to production fail";
    FiguresMissing, "figures-missing", "the Prometheus of production scrapes nothing any more";
    AlertFiring, "alert-firing", "an alert of production is firing";
    TicketClosed, "ticket-closed", "the ticket of the deployment is closed";
    ReviewMissing, "review-missing", "nobody but its author has looked at a change of the release";
    PipelineFailed, "pipeline-failed", "the pipeline that makes the artifacts fails";
    WebhookGone, "webhook-gone", "the webhook of the channel was taken away";
    CalendarConflict, "calendar-conflict", "the calendar of changes holds another change all week";
    DiskFull, "disk-full", "one hundredth of every disk is free";
}

impl fmt::Display for WorldFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A text that names no [`WorldFault`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected the name of a fault of the simulated world, found `{found}`")]
pub struct UnknownWorldFault {
    /// What was given.
    pub found: String,
}

impl FromStr for WorldFault {
    type Err = UnknownWorldFault;

    fn from_str(text: &str) -> Result<Self, UnknownWorldFault> {
        let named = Self::ALL.iter().find(|fault| fault.name() == text);
        named.copied().ok_or_else(|| UnknownWorldFault { found: text.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_is_known_by_its_name() {
        for fault in WorldFault::ALL {
            assert_eq!(fault.name().parse(), Ok(*fault));
            let written = format!("{fault:?}");
            let kebab: String = written
                .chars()
                .enumerate()
                .flat_map(|(at, c)| {
                    (at > 0 && c.is_uppercase()).then_some('-').into_iter().chain(c.to_lowercase())
                })
                .collect();
            assert_eq!(kebab, fault.name());
        }
        assert!("pod-crashloop".parse::<WorldFault>().is_err());
    }
}

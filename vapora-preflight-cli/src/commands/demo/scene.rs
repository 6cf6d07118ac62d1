//! What the program is given in the demonstration, in place of what a person would set.

use std::{fs, path::Path, path::PathBuf, sync::Arc};

use vapora_preflight::{
    Overrides, Plan, ReleaseId, Resources, SecretRef, SecretStore, SecretString, Timestamp,
};
use vapora_preflight_http::HttpClient;
use vapora_preflight_k8s::roles;
use vapora_preflight_sim::{AccessRule, Backend, World};
use vapora_preflight_storage::{Filesystems, Usage};

use super::machine::Machine;
use crate::exit::Stop;

/// The checklist of VAPORA, as it is shipped.
pub(super) const CHECKLIST: &[(&str, &str)] = &[
    ("00-checklist.toml", include_str!("../../../../examples/checklists/vapora/00-checklist.toml")),
    ("10-t-24h.toml", include_str!("../../../../examples/checklists/vapora/10-t-24h.toml")),
    ("20-t-4h.toml", include_str!("../../../../examples/checklists/vapora/20-t-4h.toml")),
    ("30-t-2h.toml", include_str!("../../../../examples/checklists/vapora/30-t-2h.toml")),
    ("40-t-1h.toml", include_str!("../../../../examples/checklists/vapora/40-t-1h.toml")),
    ("50-t-15min.toml", include_str!("../../../../examples/checklists/vapora/50-t-15min.toml")),
    ("60-after.toml", include_str!("../../../../examples/checklists/vapora/60-after.toml")),
    ("70-record.toml", include_str!("../../../../examples/checklists/vapora/70-record.toml")),
];

/// The files and settings of the demonstration.
pub(super) struct Scene {
    kubeconfig: PathBuf,
    roots: PathBuf,
    machine: Machine,
    monitoring: Backend,
    secrets: DemoSecrets,
}

/// The tokens of the simulated world, under the names that the checklist knows.
#[derive(Debug, Clone)]
pub(super) struct DemoSecrets(Arc<Vec<(&'static str, String)>>);

impl SecretStore for DemoSecrets {
    fn resolve(&self, reference: &SecretRef) -> Result<SecretString, String> {
        let SecretRef::Env(name) = reference else {
            return Err("the demonstration has no files of secrets".to_owned());
        };
        let found = self.0.iter().find(|(own, _)| own == name);
        found
            .map(|(_, value)| value.clone().into())
            .ok_or_else(|| "the demonstration does not set it".to_owned())
    }
}

impl Scene {
    /// Writes what a release machine has: a kubeconfig, trusted roots, a repository.
    pub(super) async fn set(folder: &Path, world: &World) -> Result<Self, Stop> {
        let files = folder.join("demo");
        fs::create_dir_all(&files)?;
        let files = fs::canonicalize(files)?;
        let kubeconfig = files.join("kubeconfig.yaml");
        fs::write(&kubeconfig, world.kubeconfig())?;
        let roots = files.join("roots.pem");
        fs::write(&roots, world.endpoint().ca_pem())?;
        let monitoring = Backend::serve("monitoring").await?;
        let secrets = DemoSecrets(Arc::new(vec![
            ("VAPORA_TOKEN", world.production_backend().token().to_owned()),
            ("VAPORA_STAGING_TOKEN", world.staging_backend().token().to_owned()),
            ("VAPORA_DASHBOARD_TOKEN", monitoring.token().to_owned()),
            ("VAPORA_FORGE_TOKEN", World::FORGE_TOKEN.to_owned()),
            ("CHAT_WEBHOOK_URL", world.chat().slack_webhook()),
            ("STATUSPAGE_KEY", world.status_page().key().to_owned()),
            ("CHANGE_CALENDAR_URL", world.calendar().url()),
        ]));
        let machine = Machine::set(&files)?;
        Ok(Self { kubeconfig, roots, machine, monitoring, secrets })
    }

    /// Lays out the files that the world has by now.
    pub(super) fn lay_out(&self, world: &World) -> Result<(), Stop> {
        world.publish_artifacts()?;
        self.machine.lay_out(world)
    }

    pub(super) fn secrets(&self) -> DemoSecrets {
        self.secrets.clone()
    }

    /// What is set in place of what the checklist says: where the simulated world answers, and who is who.
    pub(super) fn overrides(&self, world: &World, release: ReleaseId, planned: Timestamp) -> Overrides {
        let minutes = |count: u64| std::time::Duration::from_secs(60 * count);
        let text = |path: &Path| format!("{:?}", path.display().to_string());
        let mut overrides = Overrides::new()
            .release(release)
            .planned(planned)
            .window(planned.minus(minutes(30)), planned.plus(minutes(60)))
            .var("backend_url", &format!("{:?}", world.production_backend().url()))
            .var("staging_url", &format!("{:?}", world.staging_backend().url()))
            .var("dashboards", &format!("[\"{}/health\"]", self.monitoring.url()))
            .var("prometheus_url", &format!("{:?}", world.monitoring().url()))
            .var("alertmanager_url", &format!("{:?}", world.monitoring().url()))
            .var("api_endpoint", &format!("\"{}\"", world.endpoint().address()))
            .var("forge_url", &format!("{:?}", world.forge().url()))
            .var("project", &format!("{:?}", World::PROJECT))
            .var("ticket", &World::TICKET.to_string())
            .var("deployed_tag", "\"v1.3.0\"")
            .var("tls_roots", &text(&self.roots))
            .var("status_api", &format!("{:?}", world.status_page().statuspage_api()))
            .var("status_page_id", &format!("{:?}", world.status_page().page()))
            .var("repository", &text(&self.machine.repository))
            .var("validate_program", &text(&self.machine.nu))
            .var("kubectl", &text(&self.machine.kubectl))
            .var("config_manifest", &text(&self.machine.config_manifest))
            .var("deployment_manifest", &text(&self.machine.deployment_manifest))
            .var("artifacts", &text(&self.machine.artifacts))
            .var("artifacts_archive", &text(&self.machine.archive))
            .var("generated", &text(&self.machine.generated))
            .var("backup_files", "true")
            .var("backups", &text(&self.machine.backups))
            .role("deployment_lead", "Ada Lovelace")
            .role("on_call", "Grace Hopper")
            .role("communications_lead", "Hedy Lamarr")
            .role("backup", "Katherine Johnson")
            .change(
                "what",
                "the images of vapora-backend, vapora-agents and vapora-llm-router, to release 2.0.0",
            )
            .change("why", "a fix for projects that were listed twice")
            .change("rollback", "kubectl rollout undo for each deployment; the ConfigMap does not change");
        if let Some(disk) = world.disks().first() {
            overrides = overrides.var("data_path", &text(Path::new(&disk.path)));
        }
        overrides
    }

    /// Gives the release account what `rbac` prints for this checklist, and nothing more.
    pub(super) fn grant(plan: &Plan, world: &World) -> Result<(), Stop> {
        for (target, cluster) in [("staging", world.staging()), ("production", world.production())] {
            let mut rules = Vec::new();
            for role in roles(plan, target) {
                for rule in role.rules {
                    let granted =
                        AccessRule::new(rule.verbs, [rule.group], rule.resources).role("vapora-preflight");
                    let granted = if rule.names.is_empty() { granted } else { granted.named(rule.names) };
                    rules.push(match &role.namespace {
                        Some(namespace) => granted.in_namespaces([namespace.as_str()]),
                        None => granted,
                    });
                }
            }
            cluster.set_rules(World::ACCOUNT, rules).map_err(|error| Stop::failed(error.to_string()))?;
        }
        Ok(())
    }

    /// The clients of the run: real ones, for the simulated world.
    pub(super) async fn resources(&self, plan: &Plan, world: &World) -> Result<Arc<Resources>, Stop> {
        let mut resources = Resources::new();
        vapora_preflight_k8s::connect_all(plan, Some(&self.kubeconfig), &mut resources).await;
        resources.insert(crate::setup::pages());
        // the simulated backends speak plain HTTP; the roots are named so that a machine without any can show this too
        resources.insert(HttpClient::builder().root_certificates_pem(world.endpoint().ca_pem()).build()?);
        resources.insert(Filesystems::fixed(world.disks().iter().map(|disk| {
            let usage =
                Usage::new(disk.total_bytes, disk.free_bytes).inodes(disk.total_inodes, disk.free_inodes);
            (disk.path.clone(), usage)
        })));
        Ok(Arc::new(resources))
    }
}

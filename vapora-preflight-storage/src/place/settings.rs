//! How an object store is reached.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vapora_preflight::{Problems, SecretRef};

use super::{Place, Provider};

/// How an object store is reached: where it is, and what proves who asks.
///
/// Credentials are never looked for: they are named here, or the checklist says with `credentials` where they come from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct StoreSettings {
    /// The address of a server that is not the provider's own, as in `https://minio.example.com`.
    #[serde(default)]
    pub endpoint: Option<String>,
    /// S3: the region of the bucket; `us-east-1` unless said otherwise.
    #[serde(default)]
    pub region: Option<String>,
    /// S3: whether the bucket is named in the path and not in the host. By default it is where there is an `endpoint`, or a
    /// dot in the name of the bucket.
    #[serde(default)]
    pub path_style: Option<bool>,
    /// S3: the access key.
    #[serde(default)]
    pub access_key: Option<SecretRef>,
    /// S3: the secret key that goes with it.
    #[serde(default)]
    pub secret_key: Option<SecretRef>,
    /// S3: the token of a session, for temporary keys.
    #[serde(default)]
    pub session_token: Option<SecretRef>,
    /// Google: the JSON key of a service account.
    #[serde(default)]
    pub service_account: Option<SecretRef>,
    /// Google and Azure: a bearer token.
    #[serde(default)]
    pub token: Option<SecretRef>,
    /// Azure: the name of the storage account.
    #[serde(default)]
    pub account: Option<String>,
    /// Azure: the key of the account.
    #[serde(default)]
    pub account_key: Option<SecretRef>,
    /// Azure: a shared access signature, as in `sv=…&sig=…`.
    #[serde(default)]
    pub sas: Option<SecretRef>,
    /// Where the credentials come from, if they are not named here.
    #[serde(default)]
    pub credentials: Option<CredentialsFrom>,
}

/// Where credentials come from that are not named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CredentialsFrom {
    /// The environment variables that the provider's own tools read. S3: `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and, if
    /// set, `AWS_SESSION_TOKEN`. Google: `GOOGLE_APPLICATION_CREDENTIALS`, the path of the key of a service account.
    /// Azure: `AZURE_STORAGE_KEY` or `AZURE_STORAGE_SAS_TOKEN`.
    Environment,
    /// There are none: the bucket is public.
    None,
}

impl StoreSettings {
    /// The credentials that are named, with the providers they are for.
    fn named(&self) -> [(&'static str, Option<&SecretRef>, &'static [Provider]); 7] {
        use Provider::{Azure, Google, S3};
        [
            ("access_key", self.access_key.as_ref(), &[S3]),
            ("secret_key", self.secret_key.as_ref(), &[S3]),
            ("session_token", self.session_token.as_ref(), &[S3]),
            ("service_account", self.service_account.as_ref(), &[Google]),
            ("token", self.token.as_ref(), &[Google, Azure]),
            ("account_key", self.account_key.as_ref(), &[Azure]),
            ("sas", self.sas.as_ref(), &[Azure]),
        ]
    }

    /// Checks the settings of a place, which are the parameter `store`.
    pub(crate) fn validate(settings: Option<&Self>, place: &Place, problems: &mut Problems) {
        match (place.provider(), settings) {
            (None, None) => {}
            (None, Some(_)) => problems.at(
                "store",
                format!("`{place}` is no object store"),
                "leave out `store`, or name a bucket as in `s3://bucket/prefix`",
            ),
            (Some(_), None) => problems.whole(
                format!("how `{place}` is reached is not said"),
                "add `store = { access_key = { env = \"…\" }, secret_key = { env = \"…\" } }`, or `store = { credentials = \"environment\" }`",
            ),
            (Some(provider), Some(settings)) => settings.suit(provider, problems),
        }
    }

    fn suit(&self, provider: Provider, problems: &mut Problems) {
        let mut wrong = |message: String, help: &str| problems.at("store", message, help);
        let scheme = provider.scheme();
        let of_s3 = [("region", self.region.is_some()), ("path_style", self.path_style.is_some())];
        let others = of_s3.into_iter().filter(|_| provider != Provider::S3);
        let others = others.chain([("account", self.account.is_some() && provider != Provider::Azure)]);
        for (name, _) in others.filter(|(_, given)| *given) {
            wrong(format!("`{name}` is not for `{scheme}` places"), "leave it out");
        }
        let named: Vec<_> = self.named().into_iter().filter(|(_, secret, _)| secret.is_some()).collect();
        for (name, _, providers) in &named {
            if !providers.contains(&provider) {
                wrong(format!("`{name}` is not for `{scheme}` places"), "leave it out");
            }
        }
        if named.is_empty() && self.credentials.is_none() {
            let help = match provider {
                Provider::S3 => {
                    "name `access_key` and `secret_key`, or write `credentials = \"environment\"`"
                }
                Provider::Google => {
                    "name `service_account` or `token`, or write `credentials = \"environment\"`"
                }
                Provider::Azure => {
                    "name `account_key`, `sas` or `token`, or write `credentials = \"environment\"`"
                }
            };
            wrong("there are no credentials".to_owned(), help);
        }
        let keys_of_s3 =
            self.access_key.is_some() || self.secret_key.is_some() || self.session_token.is_some();
        let ways = [
            self.credentials.is_some(),
            keys_of_s3,
            self.service_account.is_some(),
            self.token.is_some(),
            self.account_key.is_some(),
            self.sas.is_some(),
        ];
        if ways.into_iter().filter(|given| *given).count() > 1 {
            wrong("there are credentials of more than one sort".to_owned(), "keep one of them");
        }
        if keys_of_s3 && (self.access_key.is_none() || self.secret_key.is_none()) {
            wrong("`access_key` and `secret_key` go together".to_owned(), "name both");
        }
        if provider == Provider::Azure && self.account.as_deref().is_none_or(|account| !is_name(account)) {
            wrong("there is no `account`".to_owned(), "name the storage account, as in `vaporabackups`");
        }
        if self.region.as_deref().is_some_and(|region| !is_name(region)) {
            wrong("`region` is no name of a region".to_owned(), "write it as in `eu-central-1`");
        }
        if let Some(why) = self.endpoint.as_deref().and_then(|endpoint| endpoint_of(endpoint).err()) {
            wrong(format!("`endpoint` {why}"), "write it as in `https://minio.example.com`");
        }
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// Reads an endpoint: a URL of `http` or `https` without credentials, query or fragment.
pub(crate) fn endpoint_of(text: &str) -> Result<reqwest::Url, String> {
    let url = reqwest::Url::parse(text).map_err(|error| format!("is no URL: {error}"))?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err("is no URL of `http` or `https`".to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("holds credentials".to_owned());
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("has a query or a fragment".to_owned());
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(place: &str, settings: Option<&str>) -> Vec<String> {
        let settings: Option<StoreSettings> = settings.map(|text| toml::from_str(text).unwrap());
        let mut problems = Problems::default();
        StoreSettings::validate(settings.as_ref(), &place.parse().unwrap(), &mut problems);
        problems.messages().map(str::to_owned).collect()
    }

    const KEYS: &str = "access_key = { env = 'A' }\nsecret_key = { env = 'B' }";

    #[test]
    fn settings_that_suit_their_place_are_right() {
        for (place, settings) in [
            ("/var/backups", None),
            ("s3://backups", Some(KEYS)),
            (
                "s3://backups",
                Some("credentials = 'none'\nendpoint = 'http://127.0.0.1:9000/s3'\npath_style = false"),
            ),
            ("gs://backups", Some("service_account = { file = '/run/key.json' }")),
            ("az://backups", Some("account = 'vapora'\nsas = { env = 'SAS' }")),
        ] {
            assert_eq!(problems(place, settings), Vec::<String>::new(), "{place} {settings:?}");
        }
    }

    #[test]
    fn settings_that_do_not_are_all_told() {
        let both = format!(
            "{KEYS}\ncredentials = 'environment'\nregion = 'eu central'\nendpoint = 'https://a:b@host'"
        );
        insta::assert_debug_snapshot!(
            [
                problems("/var/backups", Some("credentials = 'none'")),
                problems("s3://backups", None),
                problems("s3://backups", Some("account = 'x'")),
                problems("s3://backups", Some(&both)),
                problems("s3://backups", Some("secret_key = { env = 'B' }\nsas = { env = 'S' }\nendpoint = 'ftp://x'")),
                problems("gs://backups", Some("path_style = true\ncredentials = 'none'\nendpoint = 'https://x/?a=b'")),
                problems("az://backups", Some("token = { env = 'T' }")),
            ],
            @r#"
        [
            [
                "`/var/backups` is no object store",
            ],
            [
                "how `s3://backups` is reached is not said",
            ],
            [
                "`account` is not for `s3` places",
                "there are no credentials",
            ],
            [
                "there are credentials of more than one sort",
                "`region` is no name of a region",
                "`endpoint` holds credentials",
            ],
            [
                "`sas` is not for `s3` places",
                "there are credentials of more than one sort",
                "`access_key` and `secret_key` go together",
                "`endpoint` is no URL of `http` or `https`",
            ],
            [
                "`path_style` is not for `gs` places",
                "`endpoint` has a query or a fragment",
            ],
            [
                "there is no `account`",
            ],
        ]
        "#
        );
    }
}

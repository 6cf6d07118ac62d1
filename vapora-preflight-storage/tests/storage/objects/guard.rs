//! Addresses that a checklist must not reach.

use std::net::{IpAddr, SocketAddr};

use vapora_preflight::{ForbiddenAddress, Resources};
use vapora_preflight_storage::{BackupRecent, ObjectStores};

use super::{client, client_that_resolves, with};
use crate::ask::{Secrets, ask_in, context, error};

fn asked(endpoint: &str) -> String {
    format!(
        "from = 's3://vapora-backups'\nname = '*'\nmax_age = '24h'\nstore = {{ endpoint = '{endpoint}', credentials = 'none' }}"
    )
}

#[tokio::test]
async fn metadata_addresses_are_refused_in_every_spelling() {
    for endpoint in [
        "http://169.254.169.254",
        "http://2852039166",
        "http://0xa9fea9fe/latest",
        "http://[::ffff:169.254.169.254]",
        "http://[fd00:ec2::254]",
        "http://[fe80::1]",
        "http://metadata.google.internal",
        "http://METADATA.google.internal.:80/x",
    ] {
        let answer = ask_in::<BackupRecent>(&with(&[]), &asked(endpoint)).await;
        let error = error(&answer);
        assert!(!error.is_transient(), "{endpoint}: {error}");
        assert!(error.message().contains("link-local or metadata address"), "{endpoint}: {error}");
    }
}

#[tokio::test]
async fn a_name_that_the_client_refuses_is_told_so() {
    struct Guarded;
    impl reqwest::dns::Resolve for Guarded {
        fn resolve(&self, name: reqwest::dns::Name) -> reqwest::dns::Resolving {
            let refused =
                ForbiddenAddress::behind(name.as_str(), IpAddr::from([169, 254, 169, 254])).unwrap();
            Box::pin(async move { Err(refused.into()) })
        }
    }
    let client = super::builder().dns_resolver(std::sync::Arc::new(Guarded)).build().unwrap();
    let mut resources = Resources::new();
    resources.insert(ObjectStores::new(client));
    let answer = ask_in::<BackupRecent>(
        &context(resources, Secrets::default()),
        &asked("http://innocent.example.com"),
    )
    .await;
    assert!(error(&answer).message().contains("`innocent.example.com` leads to"), "{answer:?}");
}

#[tokio::test]
async fn they_can_be_allowed() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut resources = Resources::new();
    let there = SocketAddr::new(IpAddr::from([127, 0, 0, 1]), nobody.port());
    let client = client_that_resolves("metadata.google.internal", there);
    resources.insert(ObjectStores::new(client).allow_metadata_addresses());
    let endpoint = format!("http://metadata.google.internal:{}", nobody.port());
    let answer = ask_in::<BackupRecent>(&context(resources, Secrets::default()), &asked(&endpoint)).await;
    assert!(error(&answer).message().contains("refused the connection"), "it was asked: {answer:?}");
}

#[tokio::test]
async fn without_object_stores_a_bucket_is_an_error() {
    let answer =
        ask_in::<BackupRecent>(&context(Resources::new(), Secrets::default()), &asked("http://127.0.0.1"))
            .await;
    assert!(!error(&answer).is_transient(), "{answer:?}");
    assert!(format!("{:?}", ObjectStores::new(client())).starts_with("ObjectStores"));
}

//! A real server: nginx, from Debian's `nginx-light`, with certificates made for the test.

use std::{
    fs,
    io::Write as _,
    net::{SocketAddr, TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    time::Duration,
};

use tempfile::TempDir;
use vapora_preflight::{Outcome, Value};

use crate::{
    ask::{ask, column, seen},
    authority::{Authority, Leaf, days, params},
    staples::{Issued, assert_comes_to},
    weakness::Rsa,
};

/// nginx with one certificate; it ends when this is dropped.
struct Nginx {
    process: Child,
    address: SocketAddr,
    folder: TempDir,
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn program() -> Option<&'static str> {
    ["/usr/sbin/nginx", "/usr/bin/nginx", "/usr/local/sbin/nginx"]
        .into_iter()
        .find(|path| fs::exists(path).unwrap_or(false))
}

impl Nginx {
    /// Nothing where there is no nginx, which is told.
    fn start(test: &str, leaf: &Leaf, above: &[&Authority], protocols: &str) -> Option<Self> {
        Self::start_with(test, leaf, above, protocols, None)
    }

    /// With an OCSP answer that it staples.
    fn start_with(
        test: &str,
        leaf: &Leaf,
        above: &[&Authority],
        protocols: &str,
        staple: Option<&[u8]>,
    ) -> Option<Self> {
        let Some(program) = program() else {
            // written past the capture of the test harness, so that it can be counted
            let told = format!("\nskipped: {test}: there is no nginx on this machine\n");
            let _ = std::io::stderr().write_all(told.as_bytes());
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().display();
        let bundle: String =
            std::iter::once(leaf.pem.clone()).chain(above.iter().map(|it| it.pem.clone())).collect();
        fs::write(folder.path().join("bundle.pem"), bundle).unwrap();
        fs::write(folder.path().join("key.pem"), leaf.key_pem()).unwrap();
        let staple = staple.map(|answer| {
            fs::write(folder.path().join("staple.der"), answer).unwrap();
            format!("ssl_stapling on;\nssl_stapling_file {path}/staple.der;\n")
        });
        let staple = staple.unwrap_or_default();
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let config = format!(
            "daemon off;\nmaster_process off;\npid {path}/pid;\nerror_log {path}/error.log;\nevents {{}}\nhttp {{\n\
             access_log off;\nclient_body_temp_path {path}/a;\nproxy_temp_path {path}/b;\nfastcgi_temp_path {path}/c;\n\
             uwsgi_temp_path {path}/d;\nscgi_temp_path {path}/e;\nserver {{\nlisten {address} ssl;\n\
             ssl_certificate {path}/bundle.pem;\nssl_certificate_key {path}/key.pem;\nssl_protocols {protocols};\nssl_ciphers DEFAULT@SECLEVEL=0;\n\
             {staple}return 204;\n}}\n}}\n"
        );
        fs::write(folder.path().join("nginx.conf"), config).unwrap();
        let process = Command::new(program)
            .args(["-p", &path.to_string(), "-c", "nginx.conf", "-e", "error.log"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let it = Self { process, address, folder };
        for _ in 0..500 {
            if TcpStream::connect(address).is_ok() {
                return Some(it);
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!(
            "nginx does not listen: {}",
            fs::read_to_string(it.folder.path().join("error.log")).unwrap_or_default()
        );
    }
}

#[tokio::test]
async fn the_certificate_of_a_real_server_is_judged() {
    const TEST: &str = "the_certificate_of_a_real_server_is_judged";
    let root = Authority::root("root");
    let between = root.below("between", 2000);
    let stranger = Authority::root("stranger");
    let mut expired = params("expired");
    expired.not_after = days(-2);
    let mut other = params("other");
    other.subject_alt_names = vec![rcgen::SanType::DnsName("www.example.net".try_into().unwrap())];
    for (title, leaf, above, words) in [
        ("good", between.issue(&params("leaf")), vec![&between], None),
        ("expired", between.issue(&expired), vec![&between], Some("expired on")),
        ("another name", between.issue(&other), vec![&between], Some("it is for `www.example.net`")),
        ("unknown issuer", stranger.issue(&params("leaf")), vec![], Some("which is no trusted root")),
        (
            "missing intermediate",
            between.issue(&params("leaf")),
            vec![],
            Some("did not send the certificate of its issuer"),
        ),
    ] {
        let Some(nginx) = Nginx::start(TEST, &leaf, &above, "TLSv1.2 TLSv1.3") else { return };
        let outcome = ask(nginx.address, &root.pem, "").await.unwrap();
        match words {
            None => {
                assert!(matches!(outcome, Outcome::Pass(_)), "{title}: {outcome:?}");
                assert_eq!(seen(&outcome, "protocol"), &Value::from("TLSv1.3"));
            }
            Some(words) => {
                assert!(matches!(outcome, Outcome::Fail(_)), "{title}: {outcome:?}");
                let summary = &outcome.finding().summary;
                assert!(summary.contains(words), "{title}: {summary}");
                // what was shown is told all the same
                assert_eq!(seen(&outcome, "verified"), &Value::Bool(false));
            }
        }
    }
}

#[tokio::test]
async fn a_real_server_without_the_newest_protocol_is_told() {
    const TEST: &str = "a_real_server_without_the_newest_protocol_is_told";
    let root = Authority::root("root");
    let leaf = root.issue(&params("leaf"));
    let Some(nginx) = Nginx::start(TEST, &leaf, &[], "TLSv1.2") else { return };
    let outcome = ask(nginx.address, &root.pem, "min_protocol = 'TLSv1.3'").await.unwrap();
    assert!(matches!(outcome, Outcome::Fail(_)), "{outcome:?}");
    assert!(matches!(ask(nginx.address, &root.pem, "min_protocol = 'TLSv1.2'").await, Ok(Outcome::Pass(_))));
    // and one that has only what this client does not speak shows no certificate at all
    let Some(nginx) = Nginx::start(TEST, &leaf, &[], "TLSv1.1") else { return };
    assert!(ask(nginx.address, &root.pem, "").await.is_err());
}

#[tokio::test]
async fn what_a_real_server_staples_is_judged() {
    const TEST: &str = "what_a_real_server_staples_is_judged";
    let issued = Issued::new();
    let (leaf, above) = (&issued.leaf, [&issued.between]);
    for (title, answer, words) in issued.cases() {
        // nginx does not load what is no answer
        if title == "garbage" {
            continue;
        }
        for protocols in ["TLSv1.2", "TLSv1.2 TLSv1.3"] {
            let Some(nginx) = Nginx::start_with(TEST, leaf, &above, protocols, Some(&answer)) else { return };
            assert_comes_to(title, ask(nginx.address, &issued.root.pem, "").await, words);
        }
    }
}

#[tokio::test]
async fn a_weak_key_of_a_real_server_fails() {
    const TEST: &str = "a_weak_key_of_a_real_server_fails";
    let root = Authority::root("root");
    let weak = root.issue_weak(&params("leaf"), &Rsa::of_1024_bits(), include_str!("weak.key"));
    for protocols in ["TLSv1.2", "TLSv1.2 TLSv1.3"] {
        let Some(nginx) = Nginx::start(TEST, &weak, &[], protocols) else { return };
        let outcome = ask(nginx.address, &root.pem, "").await.unwrap();
        assert!(matches!(outcome, Outcome::Fail(_)), "{outcome:?}");
        assert!(outcome.finding().summary.contains("has a weak key: `CN=leaf`"), "{outcome:?}");
        assert_eq!(column(&outcome, "key"), ["RSA 1024"]);
    }
}

//! `git.commits_expected` with real signatures, by ssh and by gpg. Whom git trusts stands in the configuration of whoever runs it, which
//! is a folder of the test here: the test runs itself once more with that folder as its home.

#![allow(clippy::unwrap_used, reason = "these are tests")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use vapora_preflight_host::CommitsExpected;

#[path = "support/told.rs"]
mod told;

use told::{Answer, ask, fails, is_there, passes, told};

/// Where the test that runs itself finds what it made.
const FOLDER: &str = "PREFLIGHT_SIGNATURES";

/// A folder with a home in it, a repository, and whatever keys there are.
struct Signing {
    folder: PathBuf,
}

impl Signing {
    fn home(&self) -> PathBuf {
        self.folder.join("home")
    }

    fn run(&self, program: &str, arguments: &[&str]) -> String {
        let output = Command::new(program)
            .args(arguments)
            .current_dir(self.folder.join("repository"))
            .envs(environment(&self.folder))
            .output()
            .unwrap();
        let (said, complained) =
            (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{program} {arguments:?}: {said}{complained}");
        said.trim_end().to_owned()
    }

    fn git(&self, arguments: &[&str]) -> String {
        self.run("git", arguments)
    }

    /// A commit of one file on a branch of its own, signed or not.
    fn branch(&self, name: &str, more: &[&str]) {
        self.git(&["checkout", "-q", "-B", name, "v1"]);
        fs::write(self.folder.join("repository").join(name), name).unwrap();
        self.git(&["add", "."]);
        self.git(&[more, &["commit", "-q", "-m", name]].concat());
    }

    /// The same commit with another message, and the signature of what it was.
    fn forged(&self, of: &str, name: &str) {
        let raw = self.git(&["cat-file", "commit", of]).replace(&format!("\n\n{of}"), "\n\nanother message");
        assert!(raw.contains("gpgsig") && raw.ends_with("another message"), "{raw}");
        let file = self.folder.join("forged");
        fs::write(&file, raw + "\n").unwrap();
        let commit = self.git(&["hash-object", "-t", "commit", "-w", file.to_str().unwrap()]);
        self.git(&["update-ref", &format!("refs/heads/{name}"), &commit]);
    }
}

fn environment(folder: &Path) -> Vec<(&'static str, PathBuf)> {
    let home = folder.join("home");
    vec![
        ("HOME", home.clone()),
        ("XDG_CONFIG_HOME", home.join("none")),
        ("GNUPGHOME", home.join("gnupg")),
        ("GIT_CONFIG_SYSTEM", "/dev/null".into()),
        ("GIT_CONFIG_GLOBAL", home.join(".gitconfig")),
    ]
}

/// The folder, in the run that has it as its home. In the first run: makes it, runs the test of that name again, and gives nothing.
fn at_home(test: &str, programs: &[&str], prepare: impl FnOnce(&Signing)) -> Option<Signing> {
    #[expect(clippy::disallowed_methods, reason = "it is how the test hands itself its folder")]
    let folder = std::env::var_os(FOLDER);
    if let Some(folder) = folder {
        return Some(Signing { folder: folder.into() });
    }
    if !programs.iter().all(|program| is_there(program)) {
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let it = Signing { folder: folder.path().to_owned() };
    fs::create_dir_all(it.home()).unwrap();
    fs::create_dir_all(it.folder.join("repository")).unwrap();
    fs::write(it.home().join(".gitconfig"), "[user]\nname = ada\nemail = ada@example.com\n").unwrap();
    it.git(&["init", "-q", "-b", "main"]);
    it.git(&["commit", "-q", "--allow-empty", "-m", "begin"]);
    it.git(&["tag", "v1"]);
    prepare(&it);
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .envs(environment(folder.path()))
        .env(FOLDER, folder.path())
        .output()
        .unwrap();
    let told =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && told.contains("1 passed"), "{told}");
    None
}

async fn asked(it: &Signing, branch: &str) -> Answer {
    let mut check = CommitsExpected::new(it.folder.join("repository"), "v1");
    branch.clone_into(&mut check.to);
    check.signed = true;
    ask(&check).await
}

/// A branch passes, or fails with these words.
async fn comes_to(it: &Signing, branch: &str, words: Option<&str>) {
    let answer = asked(it, branch).await;
    match words {
        None => assert!(passes(&answer), "{branch}: {answer:?}"),
        Some(words) => {
            assert!(fails(&answer) && told(&answer).contains(words), "{branch}: {}", told(&answer));
        }
    }
}

#[tokio::test]
async fn signatures_by_ssh_are_checked() {
    let prepare = |it: &Signing| {
        for key in ["ada", "eve"] {
            let file = it.home().join(key);
            it.run("ssh-keygen", &["-q", "-t", "ed25519", "-N", "", "-C", key, "-f", file.to_str().unwrap()]);
        }
        let public = fs::read_to_string(it.home().join("ada.pub")).unwrap();
        fs::write(it.home().join("signers"), format!("ada@example.com {public}")).unwrap();
        let signers = it.home().join("signers");
        it.git(&["config", "--global", "gpg.format", "ssh"]);
        it.git(&["config", "--global", "gpg.ssh.allowedSignersFile", signers.to_str().unwrap()]);
        for (branch, key) in [("signed", "ada"), ("stranger", "eve")] {
            let key = format!("user.signingKey={}", it.home().join(key).display());
            it.branch(branch, &["-c", &key, "-c", "commit.gpgSign=true"]);
        }
        it.branch("unsigned", &[]);
        it.forged("signed", "forged");
    };
    let programs = ["git", "ssh-keygen"];
    let Some(it) = at_home("signatures_by_ssh_are_checked", &programs, prepare) else { return };
    comes_to(&it, "signed", None).await;
    comes_to(&it, "stranger", Some("its signature is good, and the key is not trusted")).await;
    comes_to(&it, "unsigned", Some("it is not signed")).await;
    comes_to(&it, "forged", Some("its signature is bad")).await;
}

#[tokio::test]
async fn signatures_by_gpg_are_checked() {
    let prepare = |it: &Signing| {
        let keys = it.home().join("gnupg");
        fs::create_dir(&keys).unwrap();
        fs::set_permissions(&keys, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
        for user in ["ada <ada@example.com>", "eve <eve@example.com>"] {
            it.run(
                "gpg",
                &[
                    "--batch",
                    "--quiet",
                    "--passphrase",
                    "",
                    "--quick-generate-key",
                    user,
                    "ed25519",
                    "sign",
                    "never",
                ],
            );
        }
        for (branch, key) in [("signed", "ada@example.com"), ("stranger", "eve@example.com")] {
            let key = format!("user.signingKey={key}");
            it.branch(branch, &["-c", &key, "-c", "commit.gpgSign=true"]);
        }
        it.branch("unsigned", &[]);
        it.forged("signed", "forged");
        // nobody knows the second key any more
        let listed = it.run("gpg", &["--batch", "--with-colons", "--list-keys", "eve@example.com"]);
        let eve =
            listed.lines().find_map(|line| line.strip_prefix("fpr:")).unwrap().trim_matches(':').to_owned();
        it.run("gpg", &["--batch", "--yes", "--delete-secret-and-public-key", &eve]);
        it.run("gpgconf", &["--kill", "all"]);
    };
    let programs = ["git", "gpg", "gpgconf"];
    let Some(it) = at_home("signatures_by_gpg_are_checked", &programs, prepare) else { return };
    comes_to(&it, "signed", None).await;
    comes_to(&it, "stranger", Some("cannot be checked, as its key is missing")).await;
    comes_to(&it, "unsigned", Some("it is not signed")).await;
    comes_to(&it, "forged", Some("its signature is bad")).await;
    it.run("gpgconf", &["--kill", "all"]);
}

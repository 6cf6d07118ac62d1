//! What the remote says.

use vapora_preflight::CheckError;

use crate::git::Git;
use crate::git::is_commit;

/// The commit of a reference on a remote, where the remote has it.
pub(super) async fn commit(git: &Git, remote: &str, reference: &str) -> Result<Option<String>, CheckError> {
    let answer = git.ask(&["remote", "get-url", "--", remote]).await?;
    // 2 says that there is no such remote; an older git says 128.
    if matches!(answer.code(), Some(2 | 128)) {
        let error = CheckError::permanent(format!("the clone has no remote `{remote}`"));
        return Err(error.remedy(format!("correct `remote`, or add it: git remote add {remote} <address>")));
    }
    let address = answer.text()?;
    if address.is_empty() {
        return Err(CheckError::permanent(format!("the remote `{remote}` has no address")));
    }
    let answer = git.ask_remote(&["ls-remote", "--exit-code", "--", &address, reference]).await?;
    match answer.code() {
        Some(0) => {}
        Some(2) => return Ok(None),
        _ => {
            let complaint = without_password(&answer.complaint(), &address);
            return Err(CheckError::transient(format!("`{remote}` could not be asked: {complaint}")).remedy(
                "see that the remote can be reached without a prompt; what the repository's own configuration says \
                 about reaching it (such as `core.sshCommand`) is not used, your own configuration is",
            ));
        }
    }
    let said = answer.text()?;
    // The pattern also finds references that only end like it.
    let commit = said.lines().find_map(|line| {
        let (commit, name) = line.split_once('\t')?;
        (name == reference).then_some(commit)
    });
    match commit {
        Some(commit) if is_commit(commit) => Ok(Some(commit.to_owned())),
        Some(other) => {
            Err(CheckError::permanent(format!("`{remote}` answered `{other}`, which is no commit")))
        }
        None if said.lines().all(|line| line.contains("\trefs/")) => Ok(None),
        None => {
            Err(CheckError::permanent(format!("`{remote}` gave an answer that is no list of references")))
        }
    }
}

/// A text without the user and password that an address may carry.
fn without_password(text: &str, address: &str) -> String {
    let authority = address.split_once("://").and_then(|(_, rest)| rest.split('/').next());
    match authority.and_then(|authority| authority.rsplit_once('@')) {
        Some((user, _)) if !user.is_empty() => text.replace(&format!("{user}@"), "[redacted]@"),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_in_an_address_is_not_repeated() {
        let address = "https://ci:hunter22@git.example.com/a@b.git";
        let text = format!("fatal: unable to access '{address}/': refused");
        assert_eq!(
            without_password(&text, address),
            "fatal: unable to access 'https://[redacted]@git.example.com/a@b.git/': refused"
        );
        assert_eq!(without_password("no such file /srv/a@b", "/srv/a@b"), "no such file /srv/a@b");
    }
}

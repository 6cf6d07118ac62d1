//! How manifests are named in a checklist.

use std::path::{Component, Path, PathBuf};

use globset::{GlobBuilder, GlobMatcher};

use crate::name::text;

/// What makes a text a pattern.
const SIGNS: [char; 4] = ['*', '?', '[', '{'];

/// A pattern whose `*` ends at a `/`.
fn glob(text: &str) -> Option<GlobMatcher> {
    let glob = GlobBuilder::new(text).literal_separator(true).backslash_escape(false).build().ok()?;
    Some(glob.compile_matcher())
}

fn is_path(text: &str) -> bool {
    !text.trim().is_empty() && !text.contains('\0') && glob(text).is_some()
}

fn is_entry(text: &str) -> bool {
    !text.trim().is_empty() && !text.starts_with('/') && glob(text).is_some()
}

text! {
    /// Manifests on this machine: a file, a folder, an archive, or a pattern such as `deploy/*.yaml`.
    ManifestPath, is_path, "a file, folder, archive or pattern as in `deploy/*.yaml`"
}
text! {
    /// A pattern of the paths inside of a folder or archive, such as `**/deployment.yaml`.
    EntryPattern, is_entry, "a pattern of paths inside of a folder or archive, as in `**/deployment.yaml`"
}

impl ManifestPath {
    /// It as a path, taken word for word.
    pub(super) fn path(&self) -> &Path {
        Path::new(self.as_str())
    }

    /// The folder that a pattern begins in, and the pattern; none where it is a plain path.
    pub(super) fn pattern(&self) -> Option<(PathBuf, GlobMatcher)> {
        self.as_str().contains(SIGNS).then_some(())?;
        let plain = |part: &Component<'_>| !part.as_os_str().to_string_lossy().contains(SIGNS);
        let base: PathBuf = self.path().components().take_while(plain).collect();
        let rest: PathBuf = self.path().components().skip_while(plain).collect();
        let base = if base.as_os_str().is_empty() { PathBuf::from(".") } else { base };
        Some((base, glob(&rest.to_string_lossy())?))
    }
}

impl EntryPattern {
    pub(super) fn matcher(&self) -> Option<GlobMatcher> {
        glob(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_begins_in_the_folder_before_its_first_sign() {
        let of = |text: &str| ManifestPath::new(text).unwrap().pattern();
        assert!(of("deploy/app.yaml").is_none());
        let (base, glob) = of("/srv/deploy/*/app-?.yaml").unwrap();
        assert_eq!(base, Path::new("/srv/deploy"));
        assert!(
            glob.is_match("a/app-1.yaml") && !glob.is_match("app-1.yaml") && !glob.is_match("a/b/app-1.yaml")
        );
        assert_eq!(of("*.yaml").unwrap().0, Path::new("."));
        for bad in ["", " ", "a[", "{a"] {
            assert!(ManifestPath::new(bad).is_err(), "{bad}");
        }
        assert!(EntryPattern::new("/a").is_err());
    }
}

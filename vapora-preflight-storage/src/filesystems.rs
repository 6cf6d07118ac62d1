//! The file systems that checks ask about.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use vapora_preflight::{CheckContext, CheckError, Resources};

mod mount;
mod system;
mod usage;

pub use self::usage::Usage;

/// The file systems that checks ask about: the machine's own, or ones given as data.
///
/// A check takes it from the resources of the run (`cx.resource::<Filesystems>()`), and asks the machine where none was
/// given.
#[derive(Debug, Clone)]
pub struct Filesystems {
    source: Source,
}

#[derive(Debug, Clone)]
enum Source {
    System,
    Fixed(Vec<(PathBuf, Usage)>),
}

/// What lies behind a path.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Behind {
    /// Where the file system is mounted, where that is known.
    pub(crate) mount: Option<PathBuf>,
    pub(crate) usage: Usage,
}

impl Filesystems {
    /// The file systems of this machine, as `statvfs` and `/proc/self/mountinfo` tell them.
    pub fn system() -> Self {
        Self { source: Source::System }
    }

    /// File systems given as data, each with its mount point. A path belongs to the longest mount point that leads to
    /// it; nothing is looked up on this machine.
    pub fn fixed<P: Into<PathBuf>>(mounts: impl IntoIterator<Item = (P, Usage)>) -> Self {
        let mounts = mounts.into_iter().map(|(path, usage)| (path.into(), usage)).collect();
        Self { source: Source::Fixed(mounts) }
    }

    /// The file systems that a check is given, or the machine's own where the run was given none.
    pub(crate) fn of(cx: &CheckContext) -> Result<Arc<Self>, CheckError> {
        cx.resource::<Self>().or_else(|error| {
            // A target whose file systems cannot be reached is not answered for by this machine.
            let target = cx.target().map(|target| &target.name);
            let none_given = Resources::new().get::<Self>(target).map_err(|error| error.message().to_owned());
            if none_given.is_err_and(|message| message == error.message()) {
                Ok(Arc::new(Self::system()))
            } else {
                Err(error)
            }
        })
    }

    /// What lies behind a path.
    pub(crate) async fn behind(&self, path: &Path) -> io::Result<Behind> {
        match &self.source {
            Source::System => system::ask(path).await,
            Source::Fixed(mounts) => mounts
                .iter()
                .filter(|(mount, _)| path.starts_with(mount))
                .max_by_key(|(mount, _)| mount.components().count())
                .map(|(mount, usage)| Behind { mount: Some(mount.clone()), usage: usage.clone() })
                .ok_or_else(|| io::Error::from(io::ErrorKind::NotFound)),
        }
    }
}

impl Default for Filesystems {
    fn default() -> Self {
        Self::system()
    }
}

#[cfg(test)]
mod tests {
    use vapora_preflight::{CheckId, Target, TargetName};

    use super::*;

    fn alone(resources: Resources) -> CheckContext {
        CheckContext::alone(CheckId::new("disk").unwrap(), Arc::new(resources))
    }

    #[test]
    fn the_machine_is_asked_where_nothing_else_was_given() {
        let system = Filesystems::of(&alone(Resources::new())).unwrap();
        assert!(matches!(system.source, Source::System));
        let mut resources = Resources::new();
        resources.insert(Filesystems::fixed([("/", Usage::new(1, 1))]));
        assert!(matches!(Filesystems::of(&alone(resources)).unwrap().source, Source::Fixed(_)));
    }

    #[test]
    fn the_machine_does_not_answer_for_a_target_that_cannot_be_reached() {
        let name = TargetName::new("production").unwrap();
        let mut resources = Resources::new();
        resources.fail_for::<Filesystems>(&name, "no agent answers there", None);
        let target = Arc::new(Target::new(name, false));
        let cx = alone(resources).with_target(Arc::clone(&target));
        assert_eq!(Filesystems::of(&cx).unwrap_err().message(), "no agent answers there");
        let cx = alone(Resources::new()).with_target(target);
        assert!(matches!(Filesystems::of(&cx).unwrap().source, Source::System));
    }
}

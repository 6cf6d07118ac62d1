//! Writing an object into a bucket.

use bytes::Bytes;
use object_store::path::Path;
use vapora_preflight::{CheckContext, CheckError};

use super::{Came, REMOVED_WITHIN};
use crate::objects::{Bucket, Denied};

const REMEDY: &str = "give the credentials the rights to write, read, list and delete objects there";
/// Nothing else has the name that is listed.
const MOST_LISTED: usize = 10;

pub(super) async fn write(
    cx: &CheckContext,
    bucket: Bucket,
    path: Path,
    content: Vec<u8>,
) -> Result<Came, CheckError> {
    let mut came = Came::default();
    let (again, gone) = (bucket.clone(), path.clone());
    let promise =
        cx.put_back(format!("remove `{path}` from `{}`", bucket.url()), REMOVED_WITHIN, move || {
            let (bucket, path) = (again.clone(), gone.clone());
            async move {
                bucket.remove(&path).await?.map_err(|Denied(why)| {
                    CheckError::permanent(format!("the object `{path}` may not be removed: {why}"))
                        .remedy(REMEDY)
                })
            }
        });
    cx.doing(format!("writing `{path}` into `{}`", bucket.url()));
    let content = Bytes::from(content);
    if let Err(Denied(why)) = bucket.write(&path, content.clone()).await? {
        // Nothing was written, so that nothing is to be removed.
        promise.settled();
        came.removed = true;
        return Ok(came.stopped(format!("may not be written: {why}"), REMEDY));
    }
    came.written = true;
    cx.doing(format!("reading `{path}` back from `{}`", bucket.url()));
    let stopped = read_back(&bucket, &path, &content).await?;
    came.read_back = stopped.is_none();
    cx.doing(format!("removing `{path}` from `{}`", bucket.url()));
    let removed = bucket.remove(&path).await?;
    // Of a list that comes it is known that it was made; that one object is not found may have other reasons.
    came.removed = removed.is_ok() && bucket.list(path.as_ref(), true, MOST_LISTED).await?.is_empty();
    if came.removed {
        promise.settled();
    }
    Ok(match (stopped, removed) {
        (Some((what, remedy)), _) => came.stopped(what, remedy),
        (None, Err(Denied(why))) => came
            .stopped(format!("can be written, but what was written there may not be removed: {why}"), REMEDY),
        (None, Ok(())) if !came.removed => came
            .stopped("still has the object after it was removed", "find out what puts it back or keeps it"),
        (None, Ok(())) => came,
    })
}

/// Reads an object back. Tells what is wrong with what came back.
async fn read_back(
    bucket: &Bucket,
    path: &Path,
    content: &Bytes,
) -> Result<Option<(String, &'static str)>, CheckError> {
    let other = "do not rely on what is stored there; ask whoever keeps it";
    let Some(object) = bucket.look(path).await? else {
        return Ok(Some(("does not have the object that was just written".to_owned(), other)));
    };
    let size = content.len() as u64;
    let same = object.size == size && bucket.read(&object, 0..size).await? == *content;
    Ok((!same).then(|| ("gives back something else than was written there".to_owned(), other)))
}

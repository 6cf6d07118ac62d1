//! Work that may block, on a thread of its own.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use tokio::sync::oneshot;

/// Whether anybody still waits for the work.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wanted {
    gone: Arc<AtomicBool>,
}

/// Says that nobody waits any more when it is dropped.
struct Waiting(Wanted);

impl Wanted {
    /// An error where nobody waits any more.
    pub(crate) fn check(&self) -> io::Result<()> {
        if self.gone.load(Ordering::Relaxed) {
            Err(io::Error::other("nobody waits for it any more"))
        } else {
            Ok(())
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.gone.store(true, Ordering::Relaxed);
    }
}

/// Does the work on a thread of its own. A system call on a dead network file system may never return: then that thread is
/// left to itself, and neither the caller nor the end of the runtime waits for it. Work that takes long asks its [`Wanted`]
/// now and then.
///
/// # Errors
///
/// There is no such thread, or it ended by a panic.
pub(crate) async fn on_thread<T: Send + 'static>(
    work: impl FnOnce(&Wanted) -> T + Send + 'static,
) -> io::Result<T> {
    let (sender, answer) = oneshot::channel();
    let wanted = Wanted::default();
    let waiting = Waiting(wanted.clone());
    thread::Builder::new().name("storage".to_owned()).spawn(move || {
        // Nobody may be left to take the answer.
        let _ = sender.send(work(&wanted));
    })?;
    let answer = answer.await;
    drop(waiting);
    answer.map_err(|_| io::Error::other("the thread that worked on it ended"))
}

#[cfg(test)]
mod tests {
    use std::{future::Future, pin::pin, sync::mpsc, task};

    use super::*;

    #[tokio::test]
    async fn work_that_panics_is_an_error() {
        assert_eq!(on_thread(|_| 7).await.unwrap(), 7);
        let nothing: [u8; 0] = [];
        assert!(on_thread(move |_| nothing.first().copied().unwrap()).await.is_err());
    }

    #[test]
    fn work_that_nobody_waits_for_is_told_so() {
        let (proceed, wait) = mpsc::channel::<()>();
        let (tell, told) = mpsc::channel();
        {
            let working = pin!(on_thread(move |wanted| {
                wait.recv().unwrap();
                tell.send(wanted.check().is_err()).unwrap();
            }));
            let mut cx = task::Context::from_waker(task::Waker::noop());
            assert!(working.poll(&mut cx).is_pending());
        }
        proceed.send(()).unwrap();
        assert!(told.recv().unwrap());
    }
}

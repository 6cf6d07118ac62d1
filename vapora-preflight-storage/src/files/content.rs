//! The content of one file, read where reading may block.

use std::{
    fs,
    io::{self, Read, Seek, SeekFrom},
    ops::Range,
};

use bytes::Bytes;
use object_store::ObjectMeta;
use tokio::sync::{mpsc, oneshot};
use vapora_preflight::CheckError;

use super::unreadable;
use crate::{
    blocking::{self, Wanted},
    objects::Bucket,
};

/// How much of an object is asked for after a jump.
const FIRST_PIECE: u64 = 256 << 10;
/// How much of it is asked for at most, after pieces that followed one another.
const LARGEST_PIECE: u64 = 8 << 20;

/// The content of one file. What goes wrong while it is read is kept, so that it is not taken for a flaw of the content.
#[derive(Debug)]
pub(crate) struct Content {
    source: Source,
    size: u64,
    position: u64,
    trouble: Option<CheckError>,
}

#[derive(Debug)]
enum Source {
    File { file: fs::File, shown: String, wanted: Wanted },
    Object(Pieces),
}

/// An object, read piece by piece by whoever holds the other end.
#[derive(Debug)]
struct Pieces {
    ask: mpsc::Sender<Wish>,
    piece: Bytes,
    /// Where the piece begins.
    from: u64,
    next_size: u64,
}

/// A part of an object that is wanted, and where to send it.
type Wish = (Range<u64>, oneshot::Sender<Result<Bytes, CheckError>>);

impl Content {
    pub(super) fn of_file(file: fs::File, shown: &str, size: u64, wanted: Wanted) -> Self {
        Self::new(Source::File { file, shown: shown.to_owned(), wanted }, size)
    }

    fn new(source: Source, size: u64) -> Self {
        Self { source, size, position: 0, trouble: None }
    }

    /// Its size in bytes.
    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// What went wrong while it was read, which says nothing about the content.
    pub(super) fn into_trouble(self) -> Option<CheckError> {
        self.trouble
    }
}

impl Source {
    fn read(&mut self, position: u64, size: u64, buffer: &mut [u8]) -> Result<usize, CheckError> {
        match self {
            Self::File { file, shown, wanted } => {
                wanted.check()?;
                let read = file.read(buffer).map_err(|error| unreadable(shown, &error))?;
                if read == 0 {
                    return Err(CheckError::transient(format!("`{shown}` became shorter while it was read")));
                }
                Ok(read)
            }
            Self::Object(pieces) => pieces.read(position, size, buffer),
        }
    }
}

impl Pieces {
    fn read(&mut self, position: u64, size: u64, buffer: &mut [u8]) -> Result<usize, CheckError> {
        let end = self.from + self.piece.len() as u64;
        if !(self.from..end).contains(&position) {
            let follows = position == end;
            self.next_size = if follows { (self.next_size * 2).min(LARGEST_PIECE) } else { FIRST_PIECE };
            let range = position..size.min(position.saturating_add(self.next_size));
            let gone = || CheckError::transient("nobody waits for it any more");
            let (sender, answer) = oneshot::channel();
            self.ask.blocking_send((range, sender)).map_err(|_| gone())?;
            self.piece = answer.blocking_recv().map_err(|_| gone())??;
            self.from = position;
        }
        let rest = &self.piece[(position - self.from) as usize..];
        let length = rest.len().min(buffer.len());
        buffer[..length].copy_from_slice(&rest[..length]);
        Ok(length)
    }
}

impl Read for Content {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.trouble.is_some() {
            return Err(io::Error::other("it could not be read"));
        }
        let left = self.size.saturating_sub(self.position);
        let most = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
        if most == 0 {
            return Ok(0);
        }
        match self.source.read(self.position, self.size, &mut buffer[..most]) {
            Ok(read) => {
                self.position += read as u64;
                Ok(read)
            }
            Err(trouble) => {
                self.trouble = Some(trouble);
                Err(io::Error::other("it could not be read"))
            }
        }
    }
}

impl Seek for Content {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::End(by) => self.size.checked_add_signed(by),
            SeekFrom::Current(by) => self.position.checked_add_signed(by),
        };
        let position = position.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        if let Source::File { file, shown, .. } = &mut self.source
            && let Err(error) = file.seek(SeekFrom::Start(position))
        {
            self.trouble = Some(unreadable(shown, &error));
            return Err(error);
        }
        self.position = position;
        Ok(position)
    }
}

/// Reads an object: `work` runs on a thread of its own, and gets piece by piece what it asks for.
pub(super) async fn read_object<T: Send + 'static>(
    bucket: &Bucket,
    object: &ObjectMeta,
    work: impl FnOnce(&mut Content) -> T + Send + 'static,
) -> Result<T, CheckError> {
    let (ask, mut wishes) = mpsc::channel::<Wish>(1);
    let size = object.size;
    let working = blocking::on_thread(move |_| {
        let pieces = Pieces { ask, piece: Bytes::new(), from: u64::MAX, next_size: FIRST_PIECE };
        let mut content = Content::new(Source::Object(pieces), size);
        let done = work(&mut content);
        content.into_trouble().map_or(Ok(done), Err)
    });
    let serving = async {
        while let Some((range, sender)) = wishes.recv().await {
            // The work may have ended without waiting for it.
            let _ = sender.send(bucket.read(object, range).await);
        }
        // All wishes are served: the work is about to end.
        std::future::pending::<()>().await;
    };
    tokio::select! {
        done = working => done?,
        () = serving => Err(CheckError::transient("the work ended before it was done")),
    }
}

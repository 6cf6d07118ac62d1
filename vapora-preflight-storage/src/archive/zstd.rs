//! Decompressing zstd, frame after frame.

use std::io::{self, BufRead, Read};

use ruzstd::decoding::{
    BlockDecodingStrategy, FrameDecoder,
    errors::{FrameDecoderError, ReadFrameHeaderError},
};

/// Decompresses all frames of a stream, and holds each to its checksum and its announced size.
pub(super) struct Decoder<R> {
    source: R,
    frame: FrameDecoder,
    /// How much of the current frame was read, where there is one.
    read: Option<u64>,
    frames: u64,
}

impl<R: BufRead> Decoder<R> {
    pub(super) fn new(source: R) -> Self {
        Self { source, frame: FrameDecoder::new(), read: None, frames: 0 }
    }

    /// Begins the next frame. There is none where the source has come to its end.
    fn begin(&mut self) -> io::Result<bool> {
        loop {
            if self.source.fill_buf()?.is_empty() {
                let end = io::ErrorKind::UnexpectedEof;
                return if self.frames == 0 { Err(end.into()) } else { Ok(false) };
            }
            self.frames += 1;
            match self.frame.reset(&mut self.source) {
                Ok(()) => return Ok(true),
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                    length,
                    ..
                })) => {
                    let length = u64::from(length);
                    if io::copy(&mut (&mut self.source).take(length), &mut io::sink())? != length {
                        return Err(io::ErrorKind::UnexpectedEof.into());
                    }
                }
                Err(error) => return Err(broken(error)),
            }
        }
    }

    fn end(&mut self, read: u64) -> io::Result<()> {
        let announced = self.frame.content_size();
        if announced != 0 && announced != read {
            return Err(io::Error::other("a zstd frame has another size than it announces"));
        }
        match self.frame.get_checksum_from_data() {
            Some(sum) if self.frame.get_calculated_checksum() != Some(sum) => {
                Err(io::Error::other("the checksum of a zstd frame is wrong"))
            }
            _ => Ok(()),
        }
    }
}

fn broken(error: FrameDecoderError) -> io::Error {
    use FrameDecoderError as Error;
    let early = |error: &io::Error| error.kind() == io::ErrorKind::UnexpectedEof;
    let ends = match &error {
        Error::ReadFrameHeaderError(
            ReadFrameHeaderError::MagicNumberReadError(error)
            | ReadFrameHeaderError::FrameDescriptorReadError(error)
            | ReadFrameHeaderError::WindowDescriptorReadError(error)
            | ReadFrameHeaderError::DictionaryIdReadError(error)
            | ReadFrameHeaderError::FrameContentSizeReadError(error),
        )
        | Error::FailedToReadChecksum(error) => early(error),
        _ => false,
    };
    if ends {
        return io::ErrorKind::UnexpectedEof.into();
    }
    match error {
        Error::ReadFrameHeaderError(ReadFrameHeaderError::BadMagicNumber(_)) => {
            io::Error::other("it is not zstd")
        }
        Error::WindowSizeTooBig { requested, max } => super::Flaw::unknown(format!(
            "it needs a window of {requested} bytes, and no more than {max} are given to it"
        ))
        .into(),
        Error::DictNotProvided { .. } => super::Flaw::unknown("it needs a dictionary").into(),
        error => io::Error::other(error.to_string()),
    }
}

impl<R: BufRead> Read for Decoder<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            let Some(read) = self.read else {
                if !self.begin()? {
                    return Ok(0);
                }
                self.read = Some(0);
                continue;
            };
            while self.frame.can_collect() < buffer.len() && !self.frame.is_finished() {
                let more = BlockDecodingStrategy::UptoBytes(buffer.len() - self.frame.can_collect());
                self.frame.decode_blocks(&mut self.source, more).map_err(broken)?;
            }
            let length = self.frame.read(buffer)?;
            self.read = Some(read + length as u64);
            if length > 0 {
                return Ok(length);
            }
            self.end(read)?;
            self.read = None;
        }
    }
}

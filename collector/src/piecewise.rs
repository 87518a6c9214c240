//! An answer's bytes on their way out: counted until the connection has taken them, and given to it piece by piece, so that an
//! answer that nobody reads can still be taken back.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};

use crate::limits;
use crate::shares::Share;

/// The body of an answer.
#[derive(Debug)]
pub struct Piecewise {
    rest: Bytes,
    /// Of the piece that was given out last.
    out: Arc<Mutex<Out>>,
    ended: bool,
    /// Over HTTP/1 a piece that was given out is written before the next is asked for, and what cannot be taken back is its connection.
    waits: bool,
    _share: Share,
}

#[derive(Debug, Default)]
struct Out {
    is_out: bool,
    waker: Option<Waker>,
}

/// A piece: it says when the connection lets go of it.
#[derive(Debug)]
struct Piece {
    bytes: Bytes,
    out: Arc<Mutex<Out>>,
}

impl Piecewise {
    /// These bytes, which the share counts; `is_multiplexed` over HTTP/2.
    #[must_use]
    pub fn new(body: Vec<u8>, is_multiplexed: bool, share: Share) -> Self {
        Self { rest: Bytes::from(body), out: Arc::default(), ended: false, waits: is_multiplexed, _share: share }
    }
}

impl Body for Piecewise {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    /// The next piece; over HTTP/2 once the one before it has left. There the end is said only when everything has, for a stream
    /// that was ended can no longer be taken back.
    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        if out.is_out && self.waits {
            out.waker = Some(context.waker().clone());
            return Poll::Pending;
        }
        out.is_out = !self.rest.is_empty();
        drop(out);
        if self.rest.is_empty() {
            self.ended = true;
            return Poll::Ready(None);
        }
        let length = self.rest.len().min(limits::ANSWER_PIECE);
        let piece = Piece { bytes: self.rest.split_to(length), out: Arc::clone(&self.out) };
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_owner(piece)))))
    }

    fn is_end_stream(&self) -> bool {
        self.ended
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.rest.len() as u64)
    }
}

impl AsRef<[u8]> for Piece {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Piece {
    fn drop(&mut self) {
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        out.is_out = false;
        let waker = out.waker.take();
        drop(out);
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::*;
    use crate::peer::Party;
    use crate::shares::Shares;

    #[tokio::test]
    async fn it_is_counted_until_the_last_piece_has_left_and_whole_again_behind() {
        let shares = Shares::new(4 * limits::ANSWER_PIECE);
        let bytes: Vec<u8> = (0..=255).cycle().take(limits::ANSWER_PIECE + 7).collect();
        let mut share = shares.share(Party::Unknown);
        share.grow(bytes.len()).unwrap();
        let mut piecewise = Piecewise::new(bytes.clone(), true, share);
        assert_eq!(piecewise.size_hint().exact(), Some(bytes.len() as u64));
        let first = piecewise.frame().await.unwrap().unwrap().into_data().unwrap();
        assert!(!piecewise.is_end_stream());
        let (first, second) = {
            let mut next = poll(&mut piecewise);
            assert!(next.is_none(), "the first piece is still out");
            let kept = first.to_vec();
            drop(first);
            next = poll(&mut piecewise);
            (kept, next.unwrap().unwrap())
        };
        assert_eq!([first, second.to_vec()].concat(), bytes);
        assert!(poll(&mut piecewise).is_none(), "the end is not said before the last piece has left");
        drop(second);
        assert!(poll(&mut piecewise).unwrap().is_none() && piecewise.is_end_stream());
        assert_eq!(shares.taken(), bytes.len());
        drop(piecewise);
        assert_eq!(shares.taken(), 0);
    }

    /// The next piece, `Some(None)` at the end, `None` while there is none.
    fn poll(piecewise: &mut Piecewise) -> Option<Option<Bytes>> {
        let mut context = Context::from_waker(Waker::noop());
        match Pin::new(piecewise).poll_frame(&mut context) {
            Poll::Pending => None,
            Poll::Ready(frame) => Some(frame.map(|frame| frame.unwrap().into_data().unwrap())),
        }
    }
}

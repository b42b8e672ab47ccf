//! What an answer means: acknowledged, to be tried again, or refused.

use std::time::Duration;

use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::{Response, StatusCode};
use selfheal_core::error::{Error, ErrorKind, Retry};
use selfheal_core::time::Timestamp;
use serde::Deserialize;

/// Bytes of an explicit acknowledgement that are read.
const ACKNOWLEDGEMENT_MAX: usize = 16 * 1024;

/// Why an attempt didn't deliver.
#[derive(Debug)]
pub(super) struct Failed {
    pub(super) error: Error,
    /// Whether another attempt in the same call makes sense.
    pub(super) again: Again,
}

/// Whether and when to try again in the same call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Again {
    /// Not in this call; the error's retry status says whether in another.
    No,
    /// Soon.
    Soon,
    /// Not before this time has passed: the receiver said so.
    After(Duration),
}

pub(super) fn error(kind: ErrorKind, message: impl Into<String>) -> Error {
    Error::new(kind, "notifier.notify", message)
}

/// The receiver's status.
pub(super) fn judge(status: StatusCode, headers: &HeaderMap, now: Timestamp) -> Result<(), Failed> {
    if status.is_success() {
        return Ok(());
    }
    let answered = |kind, what: &str| {
        error(kind, format!("the receiver {what}")).with_context("status", status.as_u16().to_string())
    };
    let permanent = |kind, what| Failed { error: answered(kind, what), again: Again::No };
    Err(match status.as_u16() {
        408 | 429 | 500..=599 => {
            let error = answered(ErrorKind::Unavailable, "can't take it now").with_retry(Retry::Retryable);
            match retry_after(headers, now) {
                Some(wait) => Failed {
                    error: error.with_context("retry_after_s", wait.as_secs().to_string()),
                    again: Again::After(wait),
                },
                None => Failed { error, again: Again::Soon },
            }
        }
        300..=399 => permanent(ErrorKind::Invalid, "redirects, which is not followed: configure the final address"),
        401 | 403 => permanent(ErrorKind::Forbidden, "doesn't accept it from us: compare address and secret"),
        404 | 410 => permanent(ErrorKind::NotFound, "has nothing at this address"),
        _ => permanent(ErrorKind::Invalid, "refused it"),
    })
}

/// `Retry-After` in either of its forms (RFC 9110, 10.2.3); what can't be read is as if it weren't there.
fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    let since_epoch = date.duration_since(std::time::UNIX_EPOCH).ok()?;
    Some(Timestamp::default().after(since_epoch).since(now))
}

/// What the body of an explicit acknowledgement must say.
#[derive(Deserialize)]
struct Statement {
    acknowledged: bool,
    by: String,
}

/// Reads who acknowledged.
pub(super) async fn acknowledged_by(response: Response) -> Result<String, Failed> {
    let body = bounded(response).await?;
    let statement = serde_json::from_slice(&body).ok();
    match statement {
        Some(Statement { acknowledged: true, by }) if !by.trim().is_empty() => Ok(by),
        // Asking again at once won't bring anybody to the screen.
        _ => Err(not_yet("received, but nobody acknowledged it; expected {\"acknowledged\": true, \"by\": \"…\"}")),
    }
}

async fn bounded(mut response: Response) -> Result<Vec<u8>, Failed> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(transport)? {
        if body.len() + chunk.len() > ACKNOWLEDGEMENT_MAX {
            return Err(not_yet("received, but the answer is too long for an acknowledgement"));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn not_yet(what: &str) -> Failed {
    Failed { error: error(ErrorKind::Unavailable, what).with_retry(Retry::Retryable), again: Again::No }
}

/// No answer, or not all of it. Whether it arrived is unknown, and doesn't matter: a repetition has the same id.
pub(super) fn transport(cause: reqwest::Error) -> Failed {
    let what = match &cause {
        cause if cause.is_timeout() => "no answer in time",
        cause if cause.is_connect() => "no connection",
        _ => "the exchange broke off",
    };
    // The cause would show the whole address.
    let error = error(ErrorKind::Unavailable, what).with_retry(Retry::Retryable).with_source(cause.without_url());
    Failed { error, again: Again::Soon }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(status: u16, retry_after: Option<&str>) -> Result<(), (ErrorKind, Retry, Again)> {
        let mut headers = HeaderMap::new();
        if let Some(value) = retry_after {
            headers.insert(RETRY_AFTER, value.parse().unwrap());
        }
        // 1994-11-06 08:49:37 UTC, the example date of RFC 9110.
        let now = Timestamp::from_millis(784_111_777_000);
        let judged = judge(StatusCode::from_u16(status).unwrap(), &headers, now);
        judged.map_err(|failed| (failed.error.kind(), failed.error.retry(), failed.again))
    }

    #[test]
    fn only_what_may_pass_is_tried_again() {
        for fine in [200, 202, 204] {
            assert_eq!(judged(fine, None), Ok(()));
        }
        for passing in [408, 429, 500, 502, 503, 504] {
            assert_eq!(
                judged(passing, None),
                Err((ErrorKind::Unavailable, Retry::Retryable, Again::Soon)),
                "{passing}"
            );
        }
        let lasting = [
            (301, ErrorKind::Invalid),
            (308, ErrorKind::Invalid),
            (400, ErrorKind::Invalid),
            (401, ErrorKind::Forbidden),
            (403, ErrorKind::Forbidden),
            (404, ErrorKind::NotFound),
            (410, ErrorKind::NotFound),
            (422, ErrorKind::Invalid),
        ];
        for (status, kind) in lasting {
            assert_eq!(judged(status, None), Err((kind, Retry::Permanent, Again::No)), "{status}");
        }
    }

    #[test]
    fn retry_after_is_read_in_both_forms() {
        let again = |value| judged(503, Some(value)).unwrap_err().2;
        assert_eq!(again("120"), Again::After(Duration::from_secs(120)));
        assert_eq!(again("Sun, 06 Nov 1994 08:50:07 GMT"), Again::After(Duration::from_secs(30)));
        assert_eq!(again("Sun, 06 Nov 1994 08:00:00 GMT"), Again::After(Duration::ZERO));
        for unreadable in ["soon", "-1", "1.5"] {
            assert_eq!(again(unreadable), Again::Soon, "{unreadable}");
        }
    }
}

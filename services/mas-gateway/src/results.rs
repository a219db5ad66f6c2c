//! What MAS answers, from the queue `mas.resume-results` (events, section 6.2). A result may come more than once.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use messaging::{Receive, ReceiveError, Received};
use serde_json::Value;
use storage::Db;
use web::json::Object;

use crate::model::{Outcome, Settled, TransactionId};
use crate::verbs::{self, Recorded};

/// Most characters of `detail`.
const MAX_DETAIL_CHARS: usize = 1000;
/// Most digits of a transaction that comes as text.
const MAX_DIGITS: usize = 16;

/// Applies results to tickets.
#[derive(Debug)]
pub(crate) struct Results {
    db: Db,
}

impl Results {
    pub(crate) fn new(db: Db) -> Self {
        Self { db }
    }

    async fn apply(&self, body: &[u8]) -> Result<(), ReceiveError> {
        let (transaction, settled) = read(body).map_err(|reason| ReceiveError::Unfit(reason.to_owned()))?;
        let outcome = settled.outcome.as_str();
        match self.db.write(async |tx| verbs::record_outcome(tx, transaction, settled).await).await? {
            Recorded::Applied | Recorded::Repeated => Ok(()),
            Recorded::TooLate => {
                tracing::warn!(transaction.id = %transaction, outcome, "MAS takes back what it had completed; ignored");
                Ok(())
            }
            Recorded::Unknown => Err(ReceiveError::Unfit(format!("transaction {transaction} is unknown"))),
        }
    }
}

impl Receive for Results {
    fn receive<'a>(&'a self, message: &'a Received) -> BoxFuture<'a, Result<(), ReceiveError>> {
        self.apply(&message.body).boxed()
    }
}

/// Reads a result as its schema has it. The reasons are for the log, so they repeat nothing of the body.
fn read(body: &[u8]) -> Result<(TransactionId, Settled), &'static str> {
    let object = Object::parse(body).map_err(|_| "the result is no JSON object")?;
    let transaction = object.get("transaction_id").and_then(transaction).ok_or("its transaction_id does not fit")?;
    let outcome = object.get("outcome").and_then(Value::as_str).and_then(Outcome::parse);
    let outcome = outcome.ok_or("its outcome is neither completed nor rejected")?;
    let detail = match object.get("detail") {
        None => None,
        Some(Value::String(text)) if text.chars().count() <= MAX_DETAIL_CHARS => Some(text.clone()),
        Some(_) => return Err("its detail is no text, or too long"),
    };
    Ok((transaction, Settled { outcome, detail }))
}

/// An integer from 1 to 2^53 - 1, or 1 to 16 digits.
fn transaction(value: &Value) -> Option<TransactionId> {
    let number = match value {
        Value::String(text) => {
            let is_digits = text.len() <= MAX_DIGITS && text.bytes().all(|byte| byte.is_ascii_digit());
            text.parse::<i64>().ok().filter(|_| is_digits)?
        }
        // JSON schema: 5.0 is an integer, too. Below 2^53 the conversion is exact.
        Value::Number(number) => number.as_i64().or_else(|| {
            number
                .as_f64()
                .filter(|float| float.fract() == 0.0 && float.abs() <= TransactionId::MAX as f64)
                .map(|float| float as i64)
        })?,
        _ => return None,
    };
    (1..=TransactionId::MAX).contains(&number).then_some(TransactionId(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_read_as_their_schema_says() {
        for (body, expected) in [
            (r#"{"transaction_id":100000457,"outcome":"completed","detail":"Service resumed"}"#, 100_000_457),
            (r#"{"transaction_id":"100000457","outcome":"rejected"}"#, 100_000_457),
            (r#"{"transaction_id":5.0,"outcome":"rejected","detail":null,"more":[1]}"#, 5),
            (r#"{"transaction_id":9007199254740991,"outcome":"completed"}"#, 9_007_199_254_740_991),
            (r#"{"transaction_id":"0000000000000007","outcome":"completed"}"#, 7),
        ] {
            assert_eq!(read(body.as_bytes()).map(|(id, _)| id.0), Ok(expected), "{body}");
        }
    }

    #[test]
    fn everything_else_is_unfit() {
        let long = format!(r#"{{"transaction_id":1,"outcome":"completed","detail":"{}"}}"#, "é".repeat(1001));
        for body in [
            "",
            "completed",
            "[]",
            "{}",
            r#"{"transaction_id":1}"#,
            r#"{"outcome":"completed"}"#,
            r#"{"transaction_id":null,"outcome":"completed"}"#,
            r#"{"transaction_id":0,"outcome":"completed"}"#,
            r#"{"transaction_id":-1,"outcome":"completed"}"#,
            r#"{"transaction_id":1.5,"outcome":"completed"}"#,
            r#"{"transaction_id":9007199254740992,"outcome":"completed"}"#,
            r#"{"transaction_id":"","outcome":"completed"}"#,
            r#"{"transaction_id":"+1","outcome":"completed"}"#,
            r#"{"transaction_id":"12345678901234567","outcome":"completed"}"#,
            r#"{"transaction_id":1,"outcome":"COMPLETED"}"#,
            r#"{"transaction_id":1,"outcome":"done"}"#,
            r#"{"transaction_id":1,"outcome":"completed","detail":5}"#,
            r#"{"transaction_id":1,"outcome":"completed","detail":"a\u0000b"}"#,
            &long,
        ] {
            assert!(read(body.as_bytes()).is_err(), "{body}");
        }
    }
}

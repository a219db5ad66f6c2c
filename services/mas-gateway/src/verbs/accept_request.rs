//! A request is accepted: ticket, event and command in one statement, or nothing.
//!
//! The same request again gets the transaction it got first. Two at the same time both find nothing; the unique index
//! lets one of them in, and the other reads what that one got.

use domain::TicketKey;
use messaging::commit;
use storage::Db;
use web::Fault;

use crate::db::{self, Claim};
use crate::error::Error;
use crate::model::{Submission, Ticket, TransactionId};

pub(crate) async fn accept_request(db: &Db, submission: Submission) -> Result<TransactionId, Error> {
    let transaction = match claim(db, &submission).await? {
        Claim::Known(transaction) => return Ok(transaction),
        Claim::New(transaction) => transaction,
    };
    let key = TicketKey(db.clock().new_id());
    let change = Ticket::accept(key, transaction, submission.clone(), db.now())?;
    match db.write(async |tx| commit(tx, change).await).await {
        Ok(_) => Ok(transaction),
        Err(error) if db::is_same_request(&error) => match claim(db, &submission).await? {
            Claim::Known(first) => Ok(first),
            Claim::New(_) => Err(Fault::Unavailable("the same request was there, and is gone".to_owned()).into()),
        },
        Err(error) => Err(error.into()),
    }
}

/// On a connection that goes back to the pool before anything is written.
async fn claim(db: &Db, submission: &Submission) -> Result<Claim, Error> {
    let mut conn = db.conn().await?;
    Ok(db::claim(&mut conn, submission).await?)
}

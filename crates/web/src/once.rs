//! Runs a write once per `Idempotency-Key` (contracts, README 3.10).

use actix_web::HttpResponse;
use storage::once::{Claim, Key, claim, store};
use storage::{Db, DbError, Tx};

use crate::{Fault, Reply};

/// Runs `work` and answers with its reply; a repeated request gets the stored answer and changes nothing. The reply is
/// stored in the transaction of the work. Without a key every request runs.
pub async fn once<E>(
    db: &Db,
    key: Option<&Key>,
    work: impl AsyncFnOnce(&mut Tx) -> Result<Reply, E>,
) -> Result<HttpResponse, E>
where
    E: From<DbError> + From<Fault>,
{
    let Some(key) = key else { return Ok(db.write(work).await?.into_response()) };
    let mut tx = db.begin();
    match claim(&mut tx, key).await? {
        Claim::First => {}
        Claim::Done(answer) => {
            tx.abandon().await;
            return Ok(Reply::replay(answer));
        }
        Claim::Reused => {
            tx.abandon().await;
            return Err(Fault::KeyReused.into());
        }
        Claim::InUse => {
            tx.abandon().await;
            return Err(Fault::KeyInUse.into());
        }
    }
    let reply = match work(&mut tx).await {
        Ok(reply) => reply,
        Err(error) => {
            tx.abandon().await;
            return Err(error);
        }
    };
    store(&mut tx, key, &reply.to_answer()).await?;
    tx.finish().await?;
    Ok(reply.into_response())
}

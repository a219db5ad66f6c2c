-- What GET /support/tickets?limit=20 does in the database: a page, and the number of all for X-Total-Count.
select id, subject, status, priority, created_at, updated_at
from tickets where owner = :owner order by created_at desc, id desc limit 20;
select count(*) from tickets where owner = :owner;

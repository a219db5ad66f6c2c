-- What GET /support/tickets?limit=20 does in the database: a page, and on each row the number of all.
select ticket_key, subject, line_status, line_priority, created_at, updated_at,
       (select count(*) from tickets where user_id = :owner) as total
from tickets where user_id = :owner
order by created_at desc, ticket_key desc limit 20 offset 0;

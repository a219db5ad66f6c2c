-- What GET /support/tickets/{ticketId} does in the database: the ticket, then its messages.
select id, owner, subject, description, status, priority, category_id, assigned_agent, created_at
from tickets where id = :ticket_id and owner = :owner;
select id, sender, content, sent_at from messages where ticket_id = :ticket_id and not internal order by sent_at, id;

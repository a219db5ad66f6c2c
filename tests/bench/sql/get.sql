-- What GET /support/tickets/{ticketId} does in the database: the ticket with its messages, in one statement.
select tickets.*, (select json_agg(json_build_object('id', message_id, 'sender', sender, 'content', content,
       'attachments', attachments, 'at', created_at) order by created_at, message_id)
       from messages where messages.ticket_key = tickets.ticket_key) as messages
from tickets where ticket_key = :ticket_id and (false or user_id = :owner);

-- What POST /support/tickets leaves in the loan database, as five statements of one transaction: the ticket, its event,
-- and the event marked as published, which in Crossdesk the relay does a moment later.
begin;
insert into tickets (ticket_key, version, user_id, subject, description, category_id, status, line_status, priority,
                     line_priority, attachments, created_at, updated_at)
values (gen_random_uuid(), 1, :owner, 'Payment failed', 'The payment was refused twice, and the amount is reserved.',
        'category_001', 'new', 'Open', 'high', 'High', '{}', now(), now())
returning ticket_key as new_key \gset
insert into ticket_events (stream, version, event_id, kind, data, traceparent, occurred_at)
values (:new_key, 1, gen_random_uuid(), 'ticket.opened',
        '{"line":"loan","actor":{"id":"user_1","role":"customer"},"status":"new","version":1,"category":"category_001","priority":"high","ticketId":"ticket_0199a4c83f5b7d21a6e04c9b8f1d2e37","requester":"user_1","ticketKey":"0199a4c8-3f5b-7d21-a6e0-4c9b8f1d2e37","lineStatus":"Open"}',
        '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', now());
update ticket_events set published_at = clock_timestamp() where stream = :new_key and version = 1;
commit;

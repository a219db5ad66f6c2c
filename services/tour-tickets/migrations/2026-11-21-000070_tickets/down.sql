DROP TABLE replies;
DROP TABLE tickets;
DROP SEQUENCE ticket_ids;

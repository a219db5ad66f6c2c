DROP TABLE messages;
DROP TABLE tickets;
DROP SEQUENCE transaction_ids;

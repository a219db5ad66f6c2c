DROP TABLE provider_deliveries;
DROP TABLE messages;
DROP TABLE executions;
DROP TABLE tickets;

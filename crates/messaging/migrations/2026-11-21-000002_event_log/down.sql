DROP TABLE parked_events;
DROP TABLE applied_streams;
DROP TABLE relay_lease;
DROP TABLE ticket_events;

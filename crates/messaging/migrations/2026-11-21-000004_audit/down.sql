DROP INDEX ticket_events_unaudited;
ALTER TABLE ticket_events DROP COLUMN audited;
DROP TABLE audit_head;
DROP TABLE audit_log;
DROP FUNCTION refuse_change_of_audit();

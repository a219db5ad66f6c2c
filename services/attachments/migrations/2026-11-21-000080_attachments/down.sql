DROP TABLE attachments;
DROP TABLE uploads;
DROP TABLE files;
DROP SEQUENCE attachment_ids;
DROP TABLE attachment_streams;

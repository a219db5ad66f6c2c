DROP TABLE resume_requests;

-- What is known of queues: how fast each was served lately.
CREATE TABLE queues (
    board TEXT NOT NULL,
    name TEXT NOT NULL,
    record TEXT NOT NULL,
    PRIMARY KEY (board, name)
) WITHOUT ROWID;

INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES ('queues', 'queues', '100 100 1');
ANALYZE sqlite_master;

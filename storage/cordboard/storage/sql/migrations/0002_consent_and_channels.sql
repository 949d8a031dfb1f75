-- What customers have said of texts from us. Who opted in again keeps a row, so that their opting out is not forgotten.
CREATE TABLE consents (
    board TEXT NOT NULL,
    number TEXT NOT NULL,
    customer TEXT NOT NULL,
    opted_out BOOLEAN NOT NULL,
    record TEXT NOT NULL,
    PRIMARY KEY (board, number, customer)
) WITHOUT ROWID;

-- What is known of channels: whether they are stopped, and up to when their carriers were asked for what was missed.
CREATE TABLE channels (
    board TEXT NOT NULL,
    name TEXT NOT NULL,
    record TEXT NOT NULL,
    PRIMARY KEY (board, name)
) WITHOUT ROWID;

-- Texts of which the carrier has not said yet what became of them.
ALTER TABLE messages ADD COLUMN awaits_report BOOLEAN NOT NULL DEFAULT FALSE;

CREATE INDEX messages_awaiting_report ON messages (board, channel, id) WHERE awaits_report;

-- Something is still to be done with it: it is to be sent, or its attachments are to be fetched.
ALTER TABLE messages RENAME COLUMN unsent TO in_hand;

DROP INDEX unsent_messages;

CREATE INDEX messages_in_hand ON messages (board, id) WHERE in_hand;

DELETE FROM sqlite_stat1 WHERE idx = 'unsent_messages';
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('consents', 'consents', '10000 10000 1000 1'),
    ('channels', 'channels', '10 10 1'),
    ('messages', 'messages_in_hand', '100 100 1'),
    ('messages', 'messages_awaiting_report', '1000 1000 500 1');
ANALYZE sqlite_master;

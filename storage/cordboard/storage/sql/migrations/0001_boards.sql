-- Every table carries the board's name: many boards can share one database.
-- A record is kept whole, as JSON in `record`; beside it stand only the columns that queries ask for.
-- Apart from "WITHOUT ROWID" (a table is stored once, in the order of its key), this is PostgreSQL's SQL too.

-- The last numbers that a board has given out.
CREATE TABLE boards (
    board TEXT NOT NULL PRIMARY KEY,
    counters TEXT NOT NULL
) WITHOUT ROWID;

-- Apart from `boards`, which every commit rewrites, because a configuration may be large.
CREATE TABLE configurations (
    board TEXT NOT NULL PRIMARY KEY REFERENCES boards (board),
    record TEXT NOT NULL
) WITHOUT ROWID;

-- Delivery reports that wait for their message: all of a board's in one list.
CREATE TABLE early_reports (
    board TEXT NOT NULL PRIMARY KEY REFERENCES boards (board),
    record TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE reps (
    board TEXT NOT NULL REFERENCES boards (board),
    name TEXT NOT NULL,
    record TEXT NOT NULL,
    PRIMARY KEY (board, name)
) WITHOUT ROWID;

CREATE TABLE conversations (
    board TEXT NOT NULL,
    id BIGINT NOT NULL,
    number TEXT NOT NULL,
    customer TEXT NOT NULL,
    state TEXT NOT NULL,
    queue TEXT,
    holder TEXT,              -- the rep it is with now
    rep TEXT,                 -- the rep it was last with
    live BOOLEAN NOT NULL,    -- open, or in wrap-up
    record TEXT NOT NULL,
    PRIMARY KEY (board, id)
) WITHOUT ROWID;

-- Finds a customer's conversations, and the last one of a number and a customer.
CREATE INDEX conversations_by_customer ON conversations (board, customer, number, id);

-- The last line of defence: a customer never has two open conversations with one number.
CREATE UNIQUE INDEX one_open_conversation ON conversations (board, number, customer) WHERE state <> 'closed';

-- What starting reads, and what waits on a queue.
CREATE INDEX live_conversations ON conversations (board, queue, id) WHERE live;

CREATE INDEX conversations_by_holder ON conversations (board, holder, id) WHERE holder IS NOT NULL;

-- Every rep who ever had a conversation active: it stays in their sight.
CREATE TABLE holders (
    board TEXT NOT NULL,
    rep TEXT NOT NULL,
    conversation BIGINT NOT NULL,
    PRIMARY KEY (board, rep, conversation),
    FOREIGN KEY (board, conversation) REFERENCES conversations (board, id)
) WITHOUT ROWID;

CREATE TABLE messages (
    board TEXT NOT NULL,
    id BIGINT NOT NULL,
    conversation BIGINT,      -- NULL: a text to a number that was not configured
    channel TEXT NOT NULL,
    provider_id TEXT,
    direction TEXT NOT NULL,
    unsent BOOLEAN NOT NULL,  -- in the outbox's hands
    record TEXT NOT NULL,
    PRIMARY KEY (board, id),
    FOREIGN KEY (board, conversation) REFERENCES conversations (board, id)
) WITHOUT ROWID;

-- Finds a message by its carrier's id, and is the last line of defence: no text comes in twice. A carrier that gives
-- two texts of ours the same id breaks its own promise, not ours, and must not stop the board: those may be equal.
CREATE UNIQUE INDEX messages_by_provider_id
    ON messages (board, channel, provider_id, (CASE direction WHEN 'inbound' THEN 0 ELSE id END))
    WHERE provider_id IS NOT NULL;

CREATE INDEX messages_by_conversation ON messages (board, conversation, id);

CREATE INDEX unsent_messages ON messages (board, id) WHERE unsent;

CREATE TABLE events (
    board TEXT NOT NULL,
    seq BIGINT NOT NULL,
    conversation BIGINT,
    record TEXT NOT NULL,
    PRIMARY KEY (board, seq)
) WITHOUT ROWID;

CREATE INDEX events_by_conversation ON events (board, conversation, seq) WHERE conversation IS NOT NULL;

-- For people with a shell: when, what, and the whole of it. As columns, these would cost every event a tenth more.
CREATE VIEW journal AS
SELECT
    board,
    seq,
    datetime(json_extract(record, '$.at') / 1000, 'unixepoch') AS at,
    json_extract(record, '$.type') AS type,
    conversation,
    record
FROM events;

-- First outcomes of requests that may be repeated.
CREATE TABLE answers (
    board TEXT NOT NULL,
    key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    at BIGINT NOT NULL,
    outcome TEXT NOT NULL,
    PRIMARY KEY (board, key)
) WITHOUT ROWID;

CREATE INDEX answers_by_age ON answers (board, at);

-- What the query planner is to expect: one board, and many of everything on it. Without that it takes a board for ten
-- rows and reads all of them. The numbers are a contact centre's after a million conversations; only their proportions
-- matter. Each says how many rows there are, then how many share the first column of the index, the first two, and so on.
ANALYZE sqlite_master;
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('boards', 'boards', '1 1'),
    ('configurations', 'configurations', '1 1'),
    ('early_reports', 'early_reports', '1 1'),
    ('reps', 'reps', '100 100 1'),
    ('conversations', 'conversations', '1000000 1000000 1'),
    ('conversations', 'conversations_by_customer', '1000000 1000000 4 3 1'),
    ('conversations', 'one_open_conversation', '10000 10000 1000 1'),
    ('conversations', 'live_conversations', '10000 10000 1000 1'),
    ('conversations', 'conversations_by_holder', '1000 1000 5 1'),
    ('holders', 'holders', '1000000 1000000 10000 1'),
    ('messages', 'messages', '5000000 5000000 1'),
    ('messages', 'messages_by_provider_id', '5000000 5000000 2500000 1 1'),
    ('messages', 'messages_by_conversation', '5000000 5000000 5 1'),
    ('messages', 'unsent_messages', '100 100 1'),
    ('events', 'events', '20000000 20000000 1'),
    ('events', 'events_by_conversation', '20000000 20000000 20 1'),
    ('answers', 'answers', '10000 10000 1'),
    ('answers', 'answers_by_age', '10000 10000 10 1');
ANALYZE sqlite_master;

-- The SQLite store's statements. One begins at a line "-- name: …". A line that ends with "-- each" is repeated for
-- every row of a chunk, so that one statement carries hundreds of rows; some may be NULL throughout, and do not count.


-- A commit, in this order

-- name: keep_board
INSERT INTO boards (board, counters)
VALUES (?, ?)
ON CONFLICT (board) DO UPDATE SET counters = excluded.counters

-- name: keep_configuration
INSERT INTO configurations (board, record)
VALUES (?, ?)
ON CONFLICT (board) DO UPDATE SET record = excluded.record

-- name: keep_early_reports
INSERT INTO early_reports (board, record)
VALUES (?, ?)
ON CONFLICT (board) DO UPDATE SET record = excluded.record

-- name: keep_reps
INSERT INTO reps (board, name, record)
SELECT * FROM (VALUES
(?, ?, ?) -- each
) AS given WHERE column1 IS NOT NULL
ON CONFLICT (board, name) DO UPDATE SET record = excluded.record

-- Number and customer never change; not naming them leaves their index alone.
-- name: keep_conversations
INSERT INTO conversations (board, id, number, customer, state, queue, holder, rep, live, record)
SELECT * FROM (VALUES
(?, ?, ?, ?, ?, ?, ?, ?, ?, ?) -- each
) AS given WHERE column1 IS NOT NULL
ON CONFLICT (board, id) DO UPDATE SET
    state = excluded.state,
    queue = excluded.queue,
    holder = excluded.holder,
    rep = excluded.rep,
    live = excluded.live,
    record = excluded.record

-- name: keep_holders
INSERT INTO holders (board, rep, conversation)
SELECT * FROM (VALUES
(?, ?, ?) -- each
) AS given WHERE column1 IS NOT NULL
ON CONFLICT (board, rep, conversation) DO NOTHING

-- name: keep_messages
INSERT INTO messages (board, id, conversation, channel, provider_id, direction, in_hand, awaits_report, record)
SELECT * FROM (VALUES
(?, ?, ?, ?, ?, ?, ?, ?, ?) -- each
) AS given WHERE column1 IS NOT NULL
ON CONFLICT (board, id) DO UPDATE SET
    provider_id = excluded.provider_id,
    in_hand = excluded.in_hand,
    awaits_report = excluded.awaits_report,
    record = excluded.record

-- name: keep_consents
INSERT INTO consents (board, number, customer, opted_out, record)
SELECT * FROM (VALUES
(?, ?, ?, ?, ?) -- each
) AS given WHERE column1 IS NOT NULL
ON CONFLICT (board, number, customer) DO UPDATE SET opted_out = excluded.opted_out, record = excluded.record

-- name: keep_channels
INSERT INTO channels (board, name, record)
SELECT * FROM (VALUES
(?, ?, ?) -- each
) AS given WHERE column1 IS NOT NULL
ON CONFLICT (board, name) DO UPDATE SET record = excluded.record

-- name: keep_queues
INSERT INTO queues (board, name, record)
SELECT * FROM (VALUES
(?, ?, ?) -- each
) AS given WHERE column1 IS NOT NULL
ON CONFLICT (board, name) DO UPDATE SET record = excluded.record

-- name: append_events
INSERT INTO events (board, seq, conversation, record)
SELECT * FROM (VALUES
(?, ?, ?, ?) -- each
) AS given WHERE column1 IS NOT NULL

-- name: keep_answers
INSERT INTO answers (board, key, fingerprint, at, outcome)
SELECT * FROM (VALUES
(?, ?, ?, ?, ?) -- each
) AS given WHERE column1 IS NOT NULL
ON CONFLICT (board, key) DO UPDATE SET
    fingerprint = excluded.fingerprint,
    at = excluded.at,
    outcome = excluded.outcome

-- name: forget_answers
DELETE FROM answers WHERE board = ? AND at < ?


-- Loading a board

-- name: board
SELECT counters FROM boards WHERE board = ?

-- name: configuration
SELECT record FROM configurations WHERE board = ?

-- name: early_reports
SELECT record FROM early_reports WHERE board = ?

-- name: reps
SELECT record FROM reps WHERE board = ? ORDER BY name

-- name: live_conversations
SELECT record FROM conversations WHERE board = ? AND live ORDER BY id

-- name: messages_in_hand
SELECT record FROM messages WHERE board = ? AND in_hand ORDER BY id

-- name: consents
SELECT record FROM consents WHERE board = ? ORDER BY number, customer

-- name: channels
SELECT record FROM channels WHERE board = ? ORDER BY name

-- name: queues
SELECT record FROM queues WHERE board = ? ORDER BY name


-- What a batch may need to know of the past

-- name: messages_by_provider_id
SELECT record FROM messages
WHERE board = ? AND channel = ? AND provider_id IS NOT NULL AND provider_id IN (
? -- each
)

-- name: messages_by_id
SELECT record FROM messages
WHERE board = ? AND id IN (
? -- each
)

-- name: conversations_by_id
SELECT record FROM conversations
WHERE board = ? AND id IN (
? -- each
)

-- name: latest_conversations
SELECT record FROM conversations
WHERE board = ? AND id IN (
    SELECT max(id) FROM conversations
    WHERE board = ? AND number = ? AND customer IN (
? -- each
    )
    GROUP BY customer
)

-- name: answers
SELECT key, fingerprint, at, outcome FROM answers
WHERE board = ? AND key IN (
? -- each
)


-- The past, page by page

-- name: conversation
SELECT record FROM conversations WHERE board = :board AND id = :conversation

-- A list of conversations is this statement, then what narrows it, then its order.
-- name: conversations
SELECT record FROM conversations WHERE board = :board AND id < :before

-- name: in_state
AND state = :state

-- name: among_live
AND id IN (SELECT id FROM conversations WHERE board = :board AND live AND state = :state)

-- name: on_queue
AND queue = :queue

-- name: with_rep
AND (holder = :rep OR rep = :rep) AND id IN (
    SELECT conversation FROM holders WHERE board = :board AND rep = :rep
    UNION
    SELECT id FROM conversations WHERE board = :board AND holder = :rep
)

-- name: of_customer
AND customer = :customer

-- name: on_number
AND number = :number

-- name: in_sight
AND id IN (
    SELECT conversation FROM holders WHERE board = :board AND rep = :eyes
    UNION
    SELECT id FROM conversations WHERE board = :board AND holder = :eyes
    UNION
    SELECT id FROM conversations
    WHERE board = :board AND live AND state = 'queued' AND queue IN (SELECT value FROM json_each(:queues))
)

-- name: newest_first
ORDER BY id DESC LIMIT :limit

-- name: messages
SELECT record FROM messages
WHERE board = :board AND conversation = :conversation AND id > :after
ORDER BY id LIMIT :limit

-- name: message
SELECT record FROM messages WHERE board = :board AND id = :message

-- name: awaiting_report
SELECT record FROM messages
WHERE board = :board AND channel = :channel AND awaits_report AND id > :after
ORDER BY id LIMIT :limit

-- name: unroutable
SELECT record FROM messages
WHERE board = :board AND conversation IS NULL AND id > :after
ORDER BY id LIMIT :limit

-- name: events
SELECT record FROM events
WHERE board = :board AND seq > :after
ORDER BY seq LIMIT :limit

-- name: events_of_conversation
SELECT record FROM events
WHERE board = :board AND conversation = :conversation AND seq > :after
ORDER BY seq LIMIT :limit

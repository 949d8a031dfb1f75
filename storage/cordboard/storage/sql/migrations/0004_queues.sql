-- What is known of queues: how fast each was served lately.
CREATE TABLE queues (
    board TEXT NOT NULL,
    name TEXT NOT NULL,
    record TEXT NOT NULL,
    PRIMARY KEY (board, name)
) WITHOUT ROWID;

INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES ('queues', 'queues', '100 100 1');
ANALYZE sqlite_master;

-- Since when what waits, or is offered, has been on its queue, and on which queues since a rep last had it: the journal
-- knows.
CREATE TEMP TABLE stays AS
SELECT
    conversations.board,
    conversations.id,
    max(events.seq) FILTER (
        WHERE json_extract(events.record, '$.type') IN ('offer_accepted', 'conversation_picked', 'conversation_resumed')
    ) AS had,
    max(events.seq) FILTER (WHERE json_extract(events.record, '$.type') = 'conversation_reopened') AS reopened
FROM conversations
INNER JOIN events ON events.board = conversations.board AND events.conversation = conversations.id
WHERE conversations.live AND conversations.state IN ('queued', 'assigned')
GROUP BY conversations.board, conversations.id;

CREATE TEMP TABLE landings AS
SELECT
    stays.board,
    stays.id,
    max(json_extract(events.record, '$.at')) AS entered_at,
    json_group_array(DISTINCT json_extract(events.record, '$.queue')) AS visited
FROM stays
INNER JOIN events ON events.board = stays.board AND events.conversation = stays.id
WHERE
    events.seq > coalesce(stays.had, 0)
    AND events.seq >= coalesce(stays.reopened, 0)
    AND json_extract(events.record, '$.type') IN (
        'conversation_queued', 'conversation_requeued', 'conversation_released', 'conversation_reopened'
    )
GROUP BY stays.board, stays.id;

UPDATE conversations
SET record = json_set(record, '$.entered_at', landings.entered_at, '$.visited', json(landings.visited))
FROM landings
WHERE landings.board = conversations.board AND landings.id = conversations.id;

DROP TABLE landings;

DROP TABLE stays;

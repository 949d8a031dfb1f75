-- A wrap-up has always had an end until now; since it may have none, what closes a conversation says whether there is
-- one. A board that is replayed would otherwise know of none, and give its rep's capacity away.
UPDATE events
SET record = json_set(record, '$.wraps_up', json('true'))
WHERE
    json_extract(record, '$.type') = 'conversation_closed'
    AND json_extract(record, '$.wrap_up_until') IS NOT NULL
    AND json_extract(record, '$.wraps_up') IS NULL;

-- Which move an assignment came of: the journal knows.
CREATE TEMP TABLE grants AS
SELECT
    conversations.board,
    conversations.id,
    CASE json_extract(events.record, '$.type')
        WHEN 'conversation_offered' THEN 'assign'
        WHEN 'conversation_picked' THEN 'pick'
        WHEN 'conversation_resumed' THEN 'resume'
        WHEN 'conversation_woken' THEN 'wake'
        WHEN 'conversation_transferred' THEN 'transfer'
    END AS origin
FROM conversations
INNER JOIN events ON events.board = conversations.board AND events.conversation = conversations.id
WHERE
    conversations.live
    AND json_extract(conversations.record, '$.assignment.origin') IS NULL
    AND json_extract(events.record, '$.assignment') = json_extract(conversations.record, '$.assignment.id');

UPDATE conversations
SET record = json_set(record, '$.assignment.origin', grants.origin)
FROM grants
WHERE grants.board = conversations.board AND grants.id = conversations.id;

DROP TABLE grants;

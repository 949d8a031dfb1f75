-- Gives texts of version 1 what version 2 keeps of a text: what became of its attachments, when it was tried and sent,
-- and whether its carrier still has to say what became of it. JSON is taken apart by SQLite's own functions.

-- Nobody fetched customers' attachments then, and by now their carrier may have them no more: they say so. The journal
-- says so too, or a board that is replayed would wait for them for ever.
CREATE TEMP TABLE given_up AS
SELECT DISTINCT messages.board, messages.id
FROM messages, json_each(messages.record, '$.media') AS media
WHERE
    messages.direction = 'inbound'
    AND NOT messages.in_hand
    AND coalesce(json_extract(media.value, '$.key'), '') = ''
    AND coalesce(json_extract(media.value, '$.problem'), '') = '';

UPDATE messages
SET record = json_set(record, '$.media', (
    SELECT json_group_array(json_set(media.value, '$.problem', 'It came before attachments were kept here.'))
    FROM json_each(messages.record, '$.media') AS media
))
WHERE (board, id) IN (SELECT board, id FROM given_up);

UPDATE events
SET record = json_set(record, '$.media', (
    SELECT json_group_array(json_set(media.value, '$.problem', 'It came before attachments were kept here.'))
    FROM json_each(events.record, '$.media') AS media
))
WHERE
    json_extract(record, '$.type') IN ('message_received', 'text_unroutable')
    AND (board, json_extract(record, '$.message')) IN (SELECT board, id FROM given_up);

DROP TABLE given_up;

-- What the journal has always known of our texts.
CREATE TEMP TABLE sendings AS
SELECT
    board,
    json_extract(record, '$.message') AS message,
    min(CASE WHEN json_extract(record, '$.type') = 'send_started' THEN json_extract(record, '$.at') END)
        AS first_tried_at,
    max(CASE WHEN json_extract(record, '$.type') = 'send_started' THEN json_extract(record, '$.at') END) AS tried_at,
    min(
        CASE WHEN json_extract(record, '$.type') IN ('message_sent', 'delivery_updated')
            THEN json_extract(record, '$.at') END
    ) AS sent_at,
    max(CASE WHEN json_extract(record, '$.type') = 'delivery_disputed' THEN seq END) AS disputed_by
FROM events
WHERE
    json_extract(record, '$.type') IN ('send_started', 'message_sent', 'delivery_updated', 'delivery_disputed')
GROUP BY board, json_extract(record, '$.message');

UPDATE messages
SET record = json_set(
    record,
    '$.first_tried_at', sendings.first_tried_at,
    '$.tried_at', sendings.tried_at,
    '$.sent_at', sendings.sent_at,
    '$.disputed', (
        SELECT json_extract(events.record, '$.status')
        FROM events
        WHERE events.board = sendings.board AND events.seq = sendings.disputed_by
    )
)
FROM sendings
WHERE
    sendings.board = messages.board
    AND sendings.message = messages.id
    AND json_extract(messages.record, '$.first_tried_at') IS NULL;

DROP TABLE sendings;

UPDATE messages
SET awaits_report = TRUE
WHERE
    direction = 'outbound'
    AND NOT awaits_report
    AND json_extract(record, '$.status') = 'sent'
    AND NOT coalesce(json_extract(record, '$.unreported'), FALSE);

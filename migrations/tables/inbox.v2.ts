import type { Knex } from 'knex';

/**
 * Dead letters store any message, bytes as bytes, and are identified by a fingerprint, because offsets are reused when
 * a topic is recreated. The same goes for attempts. Older code can still read `key` and the `headers` of earlier dead
 * letters, but cannot park messages any more.
 */
export const upgradeInbox = async (db: Knex): Promise<void> => {
  await db.raw(`
    alter table dead_letters
      add fingerprint text, add sequence text, add position bigint, add message_key bytea, add message_headers json,
      drop constraint dead_letters_consumer_topic_partition_offset_key`);
  await db.raw(`
    update dead_letters set
      fingerprint = id::text,
      sequence = topic || '/' || case
        when key = partition || ':' || "offset" then '#' || id
        when key ~ '^[0-9A-Za-z_-]{1,100}$' then key
        else 'sha256:' || encode(sha256(convert_to(key, 'UTF8')), 'hex')
      end,
      position = place.position,
      message_key = case when key <> partition || ':' || "offset" then convert_to(key, 'UTF8') end,
      message_headers = (
        select coalesce(json_agg(json_build_array(name, translate(encode(convert_to(value, 'UTF8'), 'base64'), chr(10), ''))), '[]')
          from jsonb_each_text(headers) as header(name, value))
    from (select id as letter, row_number() over (order by parked_at, partition, "offset") as position from dead_letters) as place
    where place.letter = id`);
  await db.raw('alter table dead_letters drop key'); // also drops its index
  await db.raw(`
    alter table dead_letters
      add key text generated always as (substr(sequence, length(topic) + 2)) stored,
      alter headers set default '{}',
      alter message_headers set not null,
      alter fingerprint set not null,
      alter sequence set not null,
      alter position set not null,
      alter position add generated always as identity`);
  await db.raw(`select setval(pg_get_serial_sequence('dead_letters', 'position'), (select count(*) + 1 from dead_letters))`);
  await db.raw(`comment on column dead_letters.message_key is 'null where the message has none'`);
  await db.raw(`comment on column dead_letters.message_headers is 'a list of [name, value in base64 or null]'`);
  await db.raw(`comment on column dead_letters.fingerprint is 'a hash of the message: tells it from another one at the same offset'`);
  await db.raw(`comment on column dead_letters.sequence is 'topic and key, the latter hashed where it is not short and plain'`);
  await db.raw(`comment on column dead_letters.position is 'the order in which they were parked, and are replayed'`);
  await db.raw(
    `comment on column dead_letters.key is 'the part of the sequence that stands for the key: the key itself where it is plain'`,
  );
  await db.raw(`comment on column dead_letters.headers is 'of what was parked before there were message_headers'`);
  await db.raw('create unique index dead_letters_message_idx on dead_letters (consumer, topic, partition, "offset", fingerprint)');
  await db.raw('create index dead_letters_sequence_idx on dead_letters (consumer, sequence, position)'); // the dead letters of a sequence, in order
  await db.raw('create index dead_letters_position_idx on dead_letters (position)'); // the list

  await db.raw(`alter table attempts add fingerprint text not null default ''`);
};

/** Fails while two dead letters have one offset. Characters of keys and headers that are not ASCII are escaped. */
export const downgradeInbox = async (db: Knex): Promise<void> => {
  await db.raw('alter table attempts drop fingerprint');

  await db.raw('alter table dead_letters drop key');
  await db.raw('alter table dead_letters add key text');
  await db.raw(`
    update dead_letters set
      key = coalesce(encode(message_key, 'escape'), partition || ':' || "offset"),
      headers = (
        select coalesce(jsonb_object_agg(header ->> 0, encode(decode(coalesce(header ->> 1, ''), 'base64'), 'escape')), '{}')
          from json_array_elements(message_headers) as header)`);
  await db.raw(`
    alter table dead_letters
      drop fingerprint, drop sequence, drop position, drop message_key, drop message_headers,
      alter key set not null,
      alter headers drop default,
      add constraint dead_letters_consumer_topic_partition_offset_key unique (consumer, topic, partition, "offset")`);
  await db.raw(`comment on column dead_letters.key is 'the message''s key, or <partition>:<offset> where it has none'`);
  await db.raw('comment on column dead_letters.headers is null');
  await db.raw('create index dead_letters_key_idx on dead_letters (consumer, topic, key, partition, "offset")');
};

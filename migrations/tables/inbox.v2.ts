import type { Knex } from 'knex';

/**
 * Dead letters keep whatever a message may be made of, bytes as bytes, and are told apart by what they are: an offset is used again once a
 * topic is made anew. Attempts likewise; those that an unclean stop left are forgotten.
 */
export const upgradeInbox = async (db: Knex): Promise<void> => {
  await db.raw(`
    alter table dead_letters
      add fingerprint text, add sequence text, add position bigint, add key_bytes bytea, add header_list json,
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
      key_bytes = case when key <> partition || ':' || "offset" then convert_to(key, 'UTF8') end,
      header_list = (
        select coalesce(json_agg(json_build_array(name, translate(encode(convert_to(value, 'UTF8'), 'base64'), chr(10), ''))), '[]')
          from jsonb_each_text(headers) as header(name, value))
    from (select id as letter, row_number() over (order by parked_at, partition, "offset") as position from dead_letters) as place
    where place.letter = id`);
  await db.raw('alter table dead_letters drop key, drop headers'); // and with the key its index
  await db.raw('alter table dead_letters rename key_bytes to key');
  await db.raw('alter table dead_letters rename header_list to headers');
  await db.raw(`
    alter table dead_letters
      alter headers set not null,
      alter fingerprint set not null,
      alter sequence set not null,
      alter position set not null,
      alter position add generated always as identity`);
  await db.raw(`select setval(pg_get_serial_sequence('dead_letters', 'position'), (select count(*) + 1 from dead_letters))`);
  await db.raw(`comment on column dead_letters.key is 'null where the message has none'`);
  await db.raw(`comment on column dead_letters.headers is 'a list of [name, value in base64 or null]'`);
  await db.raw(`comment on column dead_letters.fingerprint is 'a hash of the message: tells it from another one at the same offset'`);
  await db.raw(`comment on column dead_letters.sequence is 'topic and key, the latter hashed where it is not short and plain'`);
  await db.raw(`comment on column dead_letters.position is 'the order in which they were parked, and are replayed'`);
  await db.raw('create unique index dead_letters_message_idx on dead_letters (consumer, topic, partition, "offset", fingerprint)');
  await db.raw('create index dead_letters_sequence_idx on dead_letters (consumer, sequence, position)'); // what is parked of a key, in order
  await db.raw('create index dead_letters_position_idx on dead_letters (position)'); // the list

  await db.raw('delete from attempts');
  await db.raw('alter table attempts add fingerprint text not null, drop constraint attempts_pkey');
  await db.raw('alter table attempts add primary key (consumer, topic, partition, "offset", fingerprint)');
};

/** Fails while two dead letters have one offset. What is not ASCII in a key or a header becomes an escape. */
export const downgradeInbox = async (db: Knex): Promise<void> => {
  await db.raw('delete from attempts');
  await db.raw('alter table attempts drop fingerprint'); // and with it the primary key
  await db.raw('alter table attempts add primary key (consumer, topic, partition, "offset")');

  await db.raw('alter table dead_letters add key_text text, add header_object jsonb');
  await db.raw(`
    update dead_letters set
      key_text = coalesce(encode(key, 'escape'), partition || ':' || "offset"),
      header_object = (
        select coalesce(jsonb_object_agg(header ->> 0, encode(decode(coalesce(header ->> 1, ''), 'base64'), 'escape')), '{}')
          from json_array_elements(headers) as header)`);
  await db.raw('alter table dead_letters drop fingerprint, drop sequence, drop position, drop key, drop headers');
  await db.raw('alter table dead_letters rename key_text to key');
  await db.raw('alter table dead_letters rename header_object to headers');
  await db.raw(`
    alter table dead_letters
      alter key set not null,
      alter headers set not null,
      add constraint dead_letters_consumer_topic_partition_offset_key unique (consumer, topic, partition, "offset")`);
  await db.raw(`comment on column dead_letters.key is 'the message''s key, or <partition>:<offset> where it has none'`);
  await db.raw('create index dead_letters_key_idx on dead_letters (consumer, topic, key, partition, "offset")');
};

import type { Knex } from 'knex';

export const up = async (db: Knex): Promise<void> => {
  await db.schema.createTable('pictures', (table) => {
    table.text('hash').primary().comment('of the content, in hex');
    table.integer('width').notNullable().comment('of the widest size, in pixels');
    table.integer('height').notNullable();
    table.timestamp('unused_since', { useTz: true }).index('pictures_unused_idx').comment('null while a product shows it');
  });
  await db.schema.createTable('picture_sizes', (table) => {
    table.text('hash').notNullable().references('pictures.hash').onDelete('cascade');
    table.integer('width').notNullable().comment('as it is asked for: 320, 640 or 1280');
    table.binary('content').notNullable().comment('WebP');
    table.primary(['hash', 'width']);
  });
  await db.raw('alter table picture_sizes alter column content set storage external'); // it is compressed already
  await db.schema.alterTable('products', (table) => {
    table.text('picture_hash').references('pictures.hash').onDelete('set null').index('products_by_picture_idx');
  });
};

export const down = async (db: Knex): Promise<void> => {
  await db.schema.alterTable('products', (table) => table.dropColumn('picture_hash'));
  await db.schema.dropTable('picture_sizes');
  await db.schema.dropTable('pictures');
};

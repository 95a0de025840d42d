import type { Knex } from 'knex';

/**
 * What a search counts by stands in the product's own row, so that the facets of a hundred thousand products need one
 * scan and no join. Triggers keep it, so that services of the release before keep it, too. The stock's fires only when
 * the availability changes, which a sale seldom does.
 */
const columns = `
  alter table products
    add column availability smallint not null default 0,
    add column category_ids uuid[] not null default '{}'`;

const availability = `
  create function availability_of(available integer) returns smallint language sql immutable strict parallel safe
  return case when available <= 0 then 0 when available <= 5 then 1 else 2 end`;

const showAvailability = `
  create function show_availability() returns trigger language plpgsql as $$
  begin
    update products set availability = availability_of(new.quantity - new.reserved)
     where id = new.product_id and availability <> availability_of(new.quantity - new.reserved);
    return null;
  end $$`;

const showCategories = `
  create function show_categories() returns trigger language plpgsql as $$
  begin
    update products
       set category_ids = array(select category_id from product_categories where product_id = products.id order by category_id)
     where id in (select product_id from changed);
    return null;
  end $$`;

const triggers = [
  'create trigger stock_inserted after insert on stock for each row execute function show_availability()',
  `create trigger stock_changed after update of quantity, reserved on stock for each row
     when (availability_of(old.quantity - old.reserved) <> availability_of(new.quantity - new.reserved))
     execute function show_availability()`,
  `create trigger product_categories_inserted after insert on product_categories referencing new table as changed
     for each statement execute function show_categories()`,
  `create trigger product_categories_deleted after delete on product_categories referencing old table as changed
     for each statement execute function show_categories()`,
];

/** The locks of the triggers keep changes away until the transaction ends. */
const fill = `
  update products as p
     set availability = availability_of(s.quantity - s.reserved),
         category_ids = array(select category_id from product_categories where product_id = p.id order by category_id)
    from stock as s where s.product_id = p.id`;

export const up = (db: Knex): Promise<void> =>
  db.transaction(async (tx) => {
    for (const statement of [columns, availability, showAvailability, showCategories, ...triggers, fill]) await tx.raw(statement);
    await tx.raw(`comment on column products.availability is '0: sold out, 1: low (1 to 5), 2: more'`);
  });

export const down = (db: Knex): Promise<void> =>
  db.transaction(async (tx) => {
    await tx.raw('drop function show_availability, show_categories cascade');
    await tx.raw('drop function availability_of');
    await tx.raw('alter table products drop column availability, drop column category_ids');
  });

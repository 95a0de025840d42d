import type { Component } from '@orderstream/service-host';
import type { Knex } from 'knex';

export declare const database: (db: Knex) => Component;

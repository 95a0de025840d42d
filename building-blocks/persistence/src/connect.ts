import type { Knex } from 'knex';

export declare const connectDatabase: (url: string, options?: { poolMax?: number; applicationName?: string }) => Knex;

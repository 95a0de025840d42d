import { expect } from 'chai';
import { z } from 'zod';
import { configProblems, DatabaseConfig, envBoolean, envInt, envList, envNumber, HttpConfig, loadConfig } from './config.js';

const Config = z.object({
  ...HttpConfig,
  ...DatabaseConfig,
  KAFKA_BROKERS: envList(),
  AUTO_SHIP: envBoolean().default(true),
  HOLD_WINDOW_SECONDS: envInt({ min: 0 }).default(600).describe('how long a paid order may be cancelled, s'),
  PSP_DECLINE_RATE: envNumber({ min: 0, max: 1 }).default(0.2),
});

const complete = { PORT: '3003', DATABASE_URL: 'postgres://o:o@127.0.0.1/o', KAFKA_BROKERS: 'a:1, b:2,' };

const problemsOf = (env: Record<string, string>): string[] => {
  const parsed = Config.safeParse(env);
  return parsed.success ? [] : configProblems(Config, env, parsed.error.issues);
};

describe('the configuration', () => {
  it('is typed, and has defaults', () => {
    expect(loadConfig(Config, { ...complete, AUTO_SHIP: 'false', HOLD_WINDOW_SECONDS: ' 60 ', PSP_DECLINE_RATE: '.5' })).to.deep.equal({
      PORT: 3003,
      HOST: '127.0.0.1',
      LOG_LEVEL: 'info',
      SHUTDOWN_GRACE_MS: 10_000,
      DATABASE_URL: 'postgres://o:o@127.0.0.1/o',
      DATABASE_POOL_MAX: 10,
      KAFKA_BROKERS: ['a:1', 'b:2'],
      AUTO_SHIP: false,
      HOLD_WINDOW_SECONDS: 60,
      PSP_DECLINE_RATE: 0.5,
    });
  });

  it('counts an empty variable as missing', () => {
    expect(loadConfig(Config, { ...complete, HOLD_WINDOW_SECONDS: '', AUTO_SHIP: ' ' })).to.include({
      HOLD_WINDOW_SECONDS: 600,
      AUTO_SHIP: true,
    });
  });

  it('names every missing or malformed variable with its description', () => {
    expect(problemsOf({ PORT: '80a', HOLD_WINDOW_SECONDS: '-1', AUTO_SHIP: 'maybe', KAFKA_BROKERS: ' , ' })).to.deep.equal([
      'PORT must be a whole number (TCP port to listen on)',
      "DATABASE_URL is missing (the service's own Postgres database)",
      'KAFKA_BROKERS must name at least one',
      'AUTO_SHIP must be true or false',
      'HOLD_WINDOW_SECONDS Too small: expected number to be >=0 (how long a paid order may be cancelled, s)',
    ]);
  });

  it('never prints a value', () => {
    expect(problemsOf({ ...complete, DATABASE_URL: 'mysql://user:secret@host/db' }).join()).not.to.contain('secret');
  });
});

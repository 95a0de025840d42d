import { expect } from 'chai';
import { services } from './services.js';
import { stackFrom } from './stack.js';

const programs = (env: NodeJS.ProcessEnv) => Object.values(services(stackFrom(env, false))).flat();
const environmentOf = (name: string, env: NodeJS.ProcessEnv) => programs(env).find((program) => program.name === name)?.env ?? {};

describe('a service of the stack', () => {
  it('gets every variable of the environment in which the stack is started', () => {
    const env = { CORS_ORIGINS: 'https://shop.example', WS_ORIGINS: 'https://shop.example', DATABASE_POOL_MAX: '3', SOMETHING_NEW: 'x' };
    for (const { env: given } of programs(env)) expect(given).to.include(env);
  });

  it('keeps its addresses and secrets, whatever the environment contains', () => {
    const addresses = {
      PORT: '1',
      HOST: '0.0.0.0',
      DATABASE_URL: 'postgres://elsewhere/x',
      KAFKA_BROKERS: 'elsewhere:1',
      NODE_ENV: 'development',
    };
    expect(environmentOf('ordering', { ...addresses, PORT_OFFSET: '1000' })).to.include({
      PORT: '4003',
      HOST: '127.0.0.1',
      DATABASE_URL: 'postgres://ordering:ordering-local@127.0.0.1:16432/ordering',
      KAFKA_BROKERS: '127.0.0.1:20092',
      NODE_ENV: 'production',
    });
  });

  it('has the defaults of the stack for missing and empty variables', () => {
    expect(environmentOf('ordering', {})).to.include({ HOLD_WINDOW_SECONDS: '60' });
    expect(environmentOf('ordering', { HOLD_WINDOW_SECONDS: '' })).to.include({ HOLD_WINDOW_SECONDS: '60' });
    expect(environmentOf('ordering', { HOLD_WINDOW_SECONDS: '5' })).to.include({ HOLD_WINDOW_SECONDS: '5' });
  });

  it('starts after the services that it calls: the provider before payment, the mail server before identity, the gateway last', () => {
    const { called, calling, gateway } = services(stackFrom({}, false));
    expect(called.map(({ name }) => name)).to.deep.equal(['psp', 'mailbox']);
    expect(calling.map(({ name }) => name)).to.include.members(['identity', 'payment']);
    expect(gateway.map(({ name }) => name)).to.deep.equal(['gateway']);
  });
});

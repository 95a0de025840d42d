import type { AddressInfo } from 'node:net';
import type { Component, Host } from '@orderstream/service-host';
import { simpleParser } from 'mailparser';
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server';
import { type Arrived, arrived } from './mail.js';

const maxBytes = 1_048_576;

/** A refusal as SMTP knows it. */
const refusal = (responseCode: number, message: string): Error => Object.assign(new Error(message), { responseCode });

type Options = { port: number; host: string; onMail: (mail: Arrived) => void };

/**
 * An SMTP server that delivers to nobody. It refuses recipients under the top-level domain `.invalid`, which RFC 2606
 * reserves for addresses that never exist, and everything while its errors are on.
 */
export const smtpSink = ({ port, host: address, onMail }: Options): Component & { toggleErrors: () => boolean } => {
  let errors = false;

  const receive = async (stream: SMTPServerDataStream, { envelope }: SMTPServerSession): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of stream) if (!stream.sizeExceeded) chunks.push(chunk);
    if (stream.sizeExceeded) throw refusal(552, 'A mail may have 1 MB');
    const raw = Buffer.concat(chunks);
    const parsed = await simpleParser(raw, { skipTextToHtml: true, skipImageLinks: true });
    onMail(arrived(parsed, { to: envelope.rcptTo.map(({ address }) => address), size: raw.length }));
  };

  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    size: maxBytes,
    maxClients: 100,
    closeTimeout: 1_000,
    logger: false,
    onMailFrom: (_address, _session, answer) => answer(errors ? refusal(451, 'The mailbox is set to fail') : undefined),
    onRcptTo: ({ address }, _session, answer) =>
      answer(address.toLowerCase().endsWith('.invalid') ? refusal(550, 'There is no such address') : undefined),
    onData: (stream, session, answer) => void receive(stream, session).then(() => answer(), answer),
  });

  const listen = (host: Host): Promise<void> =>
    new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, address, () => {
        server.off('error', reject);
        server.on('error', (err) => host.log.debug({ err }, 'an SMTP connection failed'));
        host.log.info({ address: server.server.address() as AddressInfo }, 'listening for SMTP');
        resolve();
      });
    });

  return {
    name: 'smtp-sink',
    start: listen,
    stop: () => new Promise((resolve) => (server.server.listening ? server.close(resolve) : resolve())),
    isReady: () => server.server.listening,
    /** @returns whether every mail is refused with 451 from now on */
    toggleErrors: () => {
      errors = !errors;
      return errors;
    },
  };
};

import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { type Account, type Answer, type Effect, evolve, isSound, unseen } from './ledger.js';

/** One effect as the file has it: what happened, who asked for it under which key, and what was answered. */
export type Line = {
  at: string;
  paymentId: string;
  key: string;
  /** hash of what was asked under the key */
  request: string;
  effect: Effect;
  answer: Answer;
};

/** What was answered under a key, and to what. */
export type Remembered = { request: string; answer: Answer };

export type Book = {
  /** an account of nothing where the payment was never seen */
  account(paymentId: string): Account;
  find(paymentId: string): Account | undefined;
  remembered(key: string): Remembered | undefined;
  /** Known at once; the promise is kept when the operating system has the line. */
  append(line: Line): Promise<void>;
  /** kept when the operating system has every line that is known by now */
  written(): Promise<void>;
  accounts(): IterableIterator<[string, Account]>;
  close(): Promise<void>;
};

/**
 * Opens the book, one JSON line for each effect. A last line without its end is what a crash tore; nobody was answered for it, so it is cut off.
 * Any other line that does not read means a damaged file.
 *
 * @throws Error naming the line that is damaged or breaks the money rule
 */
export const openBook = async (file: string, onError: (error: unknown) => void): Promise<Book> => {
  await mkdir(dirname(file), { recursive: true });
  const handle = await open(file, 'a+');
  await cutTornLine(handle);

  const accounts = new Map<string, Account>();
  const answers = new Map<string, Remembered>();
  const account = (paymentId: string) => accounts.get(paymentId) ?? unseen;
  const record = ({ paymentId, key, request, effect, answer }: Line) => {
    accounts.set(paymentId, evolve(account(paymentId), effect));
    answers.set(key, { request, answer });
  };

  try {
    await readBook(file, (line, number) => {
      record(line);
      if (!isSound(account(line.paymentId))) throw new Error(`${file}:${number} takes more than was authorised`);
    });
  } catch (error) {
    await handle.close();
    throw error;
  }

  const writer = batchingWriter(handle, onError);
  let closed: Promise<void> | undefined;
  return {
    account,
    find: (paymentId) => accounts.get(paymentId),
    remembered: (key) => answers.get(key),
    append: (line) => {
      record(line);
      return writer.write(`${JSON.stringify(line)}\n`);
    },
    written: writer.idle,
    accounts: () => accounts.entries(),
    close: () => {
      closed ??= writer.idle().finally(() => handle.close());
      return closed;
    },
  };
};

const readBook = async (file: string, heed: (line: Line, number: number) => void): Promise<void> => {
  let number = 0;
  for await (const text of createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY })) {
    number++;
    heed(readLine(text, file, number), number);
  }
};

const readLine = (text: string, file: string, number: number): Line => {
  try {
    return JSON.parse(text) as Line;
  } catch (cause) {
    throw new Error(`${file}:${number} is damaged`, { cause });
  }
};

/** Truncates the file behind its last newline, looking backwards so that a long book costs nothing. */
const cutTornLine = async (handle: FileHandle): Promise<void> => {
  const { size } = await handle.stat();
  const chunk = Buffer.alloc(64 * 1024);
  for (let end = size; end > 0; ) {
    const start = Math.max(0, end - chunk.length);
    const { bytesRead } = await handle.read(chunk, 0, end - start, start);
    const newline = chunk.subarray(0, bytesRead).lastIndexOf(0x0a);
    if (newline >= 0) {
      const length = start + newline + 1;
      if (length < size) await handle.truncate(length);
      return;
    }
    end = start;
  }
  if (size > 0) await handle.truncate(0);
};

/** One write at a time; what arrives meanwhile goes together with the next, so a thousand calls a second cost few writes. */
const batchingWriter = (handle: FileHandle, onError: (error: unknown) => void) => {
  let waiting: string[] = [];
  let current: Promise<void> | undefined;
  let next: Promise<void> | undefined;

  const flush = async () => {
    const batch = waiting;
    waiting = [];
    next = undefined;
    try {
      await handle.appendFile(batch.join(''));
    } catch (error) {
      onError(error); // memory is ahead of the file now: nothing more may be answered
      throw error;
    }
  };

  return {
    write: (line: string): Promise<void> => {
      waiting.push(line);
      if (!next) {
        const before = current ?? Promise.resolve();
        next = before.then(flush);
        const mine = next;
        current = mine;
        mine
          .catch(() => undefined)
          .then(() => {
            if (current === mine) current = undefined;
          });
      }
      return next;
    },
    idle: async () => {
      await current;
    },
  };
};

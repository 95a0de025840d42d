import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { type Account, type Answer, type Effect, evolve, isSound, unseen } from './ledger.js';

/** A line of the book: an effect, the request that caused it, and the answer. */
export type Line = {
  at: string;
  paymentId: string;
  key: string;
  /** hash of the request */
  request: string;
  effect: Effect;
  answer: Answer;
};

/** The stored answer of a key, and the hash of its request. */
export type Remembered = { request: string; answer: Answer };

export type Book = {
  /** the payment's account; an empty one for an unknown payment */
  account(paymentId: string): Account;
  find(paymentId: string): Account | undefined;
  remembered(key: string): Remembered | undefined;
  /** Updates memory immediately; resolves when the operating system has the line. */
  append(line: Line): Promise<void>;
  /** resolves when the operating system has every line appended so far */
  written(): Promise<void>;
  accounts(): IterableIterator<[string, Account]>;
  close(): Promise<void>;
};

/**
 * Opens the book: one JSON line for each effect. A last line without a newline was torn by a crash before its answer
 * was sent, so it is cut off. Any other line that does not parse means a damaged file.
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
      if (!isSound(account(line.paymentId))) throw new Error(`${file}:${number} breaks the money rule`);
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

const readBook = async (file: string, onLine: (line: Line, number: number) => void): Promise<void> => {
  let number = 0;
  for await (const text of createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY })) {
    number++;
    onLine(readLine(text, file, number), number);
  }
};

const readLine = (text: string, file: string, number: number): Line => {
  try {
    return JSON.parse(text) as Line;
  } catch (cause) {
    throw new Error(`${file}:${number} is damaged`, { cause });
  }
};

/** Truncates the file after its last newline. It searches backwards, so a long book costs nothing. */
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

/**
 * Writes one batch at a time: lines that arrive during a write form the next batch, so a thousand calls a second need
 * few writes.
 */
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
      onError(error); // memory is now ahead of the file, so no more requests may be answered
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

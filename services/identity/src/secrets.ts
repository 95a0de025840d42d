import { createHash, randomBytes } from 'node:crypto';

/** 256 random bits in base64url: unguessable, so a fast hash of it may be stored. */
export const newSecret = (): string => randomBytes(32).toString('base64url');

export const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();

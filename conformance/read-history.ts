/** Recorded conversations of earlier programs, from schemas/protocol-history.json. */
import { readFile } from 'node:fs/promises';
import type { ProtocolHistory } from '../schemas/generated/protocol-history.ts';
import { isProtocolHistory } from '../schemas/generated/protocol-history.validator.js';

const file = new URL('../schemas/protocol-history.json', import.meta.url);

/** @throws Error if the file does not have the form of its schema */
export async function readHistory(): Promise<ProtocolHistory> {
  const history: unknown = JSON.parse(await readFile(file, 'utf8'));
  if (!isProtocolHistory(history)) {
    throw new Error('schemas/protocol-history.json does not have the form of its schema');
  }
  return history;
}

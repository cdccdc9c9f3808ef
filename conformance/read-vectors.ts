/** The conformance vectors of the control channel, from schemas/protocol-vectors.json. */
import { readFile } from 'node:fs/promises';
import type { ProtocolVectors } from '../schemas/generated/protocol-vectors.ts';
import { isProtocolVectors } from '../schemas/generated/protocol-vectors.validator.js';

const file = new URL('../schemas/protocol-vectors.json', import.meta.url);

/** @throws Error if the file does not have the form of its schema */
export async function readVectors(): Promise<ProtocolVectors> {
  const vectors: unknown = JSON.parse(await readFile(file, 'utf8'));
  if (!isProtocolVectors(vectors)) {
    throw new Error('schemas/protocol-vectors.json does not have the form of its schema');
  }
  return vectors;
}

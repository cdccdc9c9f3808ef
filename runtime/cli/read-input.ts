/** Reads an input that a user names: a file or stdin, bounded, as text. */
import { createReadStream } from 'node:fs';
import { textBounds } from '../../core/input/bounds.ts';
import { describeBytes } from '../../core/input/foreign-bytes.ts';
import { parseJson } from '../../core/input/parse-json.ts';
import { AppError, reasonOf, systemCodeOf } from '../errors.ts';
import type { Terminal } from './terminal.ts';

export interface Input {
  /** For messages: the path, or `stdin`. */
  readonly name: string;
  readonly text: string;
}

/** The limit of core/config, which is not imported because it would load the YAML parser. */
const maxConfigBytes = 1024 * 1024;

/** Reads CONFIG unchecked, because the daemon checks it. @throws AppError usage */
export function readConfig(path: string, terminal: Pick<Terminal, 'stdin'>): Promise<Input> {
  return readInput(path, maxConfigBytes, terminal);
}

/** Every text that is not JSON counts as YAML. */
export function mediaTypeOf(text: string): 'application/json' | 'application/yaml' {
  return parseJson(text, textBounds.config).ok ? 'application/json' : 'application/yaml';
}

/** @throws AppError usage for every reason why it cannot be read */
export async function readInput(
  path: string,
  maxBytes: number,
  { stdin }: Pick<Terminal, 'stdin'>,
): Promise<Input> {
  const name = path === '-' ? 'stdin' : path;
  try {
    const bytes = await collect(path === '-' ? stdin : createReadStream(path), maxBytes);
    const what = describeBytes(bytes);
    if (what !== undefined) throw new AppError('usage', `it is ${what}`);
    return { name, text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch (error) {
    throw new AppError('usage', `cannot read ${quoted(name)}: ${whyNot(error)}`, { cause: error });
  }
}

/** @throws AppError usage where two inputs are both to come from stdin */
export function refuseTwoStdins(config: string, nodes: string | undefined): void {
  if (config !== '-' || nodes !== '-') return;
  throw new AppError('usage', 'cannot read CONFIG and NODES from stdin both: give one as a file');
}

async function collect(stream: NodeJS.ReadableStream, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream) {
    const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk);
    length += bytes.length;
    if (length > maxBytes) {
      throw new AppError('payload-too-large', `it is larger than ${maxBytes} bytes`);
    }
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

function whyNot(error: unknown): string {
  if (error instanceof TypeError) return 'it is not UTF-8 text; file FILE shows what it is';
  return reasons[systemCodeOf(error) ?? ''] ?? reasonOf(error);
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'there is no such file',
  EISDIR: 'it is a directory',
  EACCES: 'permission denied',
};

function quoted(name: string): string {
  return name === 'stdin' ? name : `"${name}"`;
}

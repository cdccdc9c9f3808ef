/** What all commands that talk to a running controller need. */
import { AppError } from '../../runtime/errors.ts';
import {
  createUnixHttpClient,
  type ClientRequest,
  type UnixHttpClient,
} from '../../runtime/http/unix-client.ts';
import { jsonBounds } from '../../core/input/bounds.ts';
import { parseJsonAs } from '../../core/input/parse-json.ts';

export const defaultSocket = '/run/calico-controller/controller.sock';

export type OutputFormat = 'text' | 'json' | 'yaml';
export const outputFormats: readonly OutputFormat[] = ['text', 'json', 'yaml'];

export interface ClientOptions {
  readonly socket: string;
  readonly output: OutputFormat;
}

/** Where a command writes. */
export interface Terminal {
  readonly out: (text: string) => void;
  readonly error: (text: string) => void;
}

export function controllerClient(socket: string): UnixHttpClient {
  return createUnixHttpClient(socket, {
    startHint: 'calico-controller serve --token-file FILE',
  });
}

/**
 * The form is not checked again: our own daemon is of the same package.
 * @throws AppError where somebody else answers
 */
export async function ask<T>(client: UnixHttpClient, request: ClientRequest): Promise<T> {
  const { body } = await client.request(request);
  const parsed = parseJsonAs<T>(body, jsonBounds.answer);
  if (parsed.ok) return parsed.data;
  throw new AppError('unexpected-answer', `cannot read the controller's answer: ${parsed.reason}`);
}

/** The value in the format asked for; text says how a person reads it. */
export async function formatOutput<T>(
  value: T,
  format: OutputFormat,
  text: (value: T) => string,
): Promise<string> {
  if (format === 'text') return text(value);
  if (format === 'json') return JSON.stringify(value, undefined, 2);
  const { yamlText } = await import('../../core/yaml-text.ts');
  return yamlText(value).trimEnd();
}

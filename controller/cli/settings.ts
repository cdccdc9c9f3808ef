/** What all commands that talk to a running controller need. */
import {
  createUnixHttpClient,
  type ClientRequest,
  type UnixHttpClient,
} from '../../runtime/unix-http-client.ts';

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

/** What our own daemon answers is not checked again: it is of the same package. */
export async function ask<T>(client: UnixHttpClient, request: ClientRequest): Promise<T> {
  const { body } = await client.request(request);
  const answer: T = JSON.parse(body);
  return answer;
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

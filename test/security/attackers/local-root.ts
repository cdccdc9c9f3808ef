/**
 * Texts of a program of root for `agent.sock`, sent with or without bad intent, that are meant to
 * be expensive. Each attack is over when the last text was answered.
 */
import { createUnixHttpClient } from '../../../runtime/http/unix-client.ts';
import { hostileTexts } from '../texts/hostile-texts.ts';
import type { Attack } from './local-user.ts';

/** Nothing is left open when these return. */
const over: Attack = { stop: () => undefined };

/** Every family of hostile texts, to be checked, planned and applied, so many at once. */
export async function sendHostileTexts(
  socket: string,
  { bytes, atOnce }: { readonly bytes: number; readonly atOnce: number },
): Promise<Attack> {
  const texts = Object.values(hostileTexts).map((make) => make(bytes));
  const requests = texts.map((text, index) => ({ text, way: ways[index % ways.length] ?? check }));
  await sendAll(socket, requests, atOnce);
  return over;
}

/** One configuration of so many peers, to be checked and planned, so many at once. */
export async function sendManyPeers(
  socket: string,
  { peers, atOnce }: { readonly peers: number; readonly atOnce: number },
): Promise<Attack> {
  const listed = Array.from(
    { length: peers },
    (_, n) => `  - {address: 10.${octets(n)}, as-number: 64513}\n`,
  );
  const text = `global-as-number: 64512\nglobal-bgp-peers: |\n${listed.join('')}`;
  const requests = Array.from({ length: atOnce }, (_, n) => ({
    text,
    way: n % 2 === 0 ? check : plan,
  }));
  await sendAll(socket, requests, atOnce);
  return over;
}

interface Way {
  readonly method: 'POST' | 'PUT';
  readonly path: string;
}

const check: Way = { method: 'POST', path: '/v1/check' };
const plan: Way = { method: 'POST', path: '/v1/plan' };
const ways: readonly Way[] = [check, plan, { method: 'PUT', path: '/v1/config' }];

async function sendAll(
  socket: string,
  requests: readonly { readonly text: string; readonly way: Way }[],
  atOnce: number,
): Promise<void> {
  const client = createUnixHttpClient(socket, { startHint: '' });
  const left = [...requests];
  const sender = async (): Promise<void> => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      const { way, text: body } = next;
      const sent = { ...way, body, mediaType: 'application/yaml', timeoutMs: 90_000 };
      // A refusal is the agent's answer to it.
      await client.request(sent).catch(() => undefined);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, sender));
}

function octets(n: number): string {
  return [n >> 16, (n >> 8) & 255, n & 255].map(String).join('.');
}

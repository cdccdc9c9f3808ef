/** The address of a controller, as `controller.url` in agent.yaml and Juju's relation name it. */
import type { AgentConfig } from '../../schemas/generated/agent-config.ts';
import { agentsPath } from '../protocol/messages.ts';

type ControllerUrl = NonNullable<AgentConfig['controller']>['url'];

export interface ControllerAddress {
  /** With the path of agents: two texts with the same one name the same controller. */
  readonly url: string;
  /** `host:port`, for messages. */
  readonly host: string;
}

/**
 * no-address: it cannot be read. with-secret: it contains a name or password. plain-text: the agent
 * would send the token over a network without TLS.
 */
export type AddressFault = 'no-address' | 'with-secret' | 'plain-text';

export interface RefusedAddress {
  readonly fault: AddressFault;
  /** The address without parts that may be secret. */
  readonly shown: string;
}

export type ReadAddress =
  | { readonly ok: true; readonly address: ControllerAddress }
  | ({ readonly ok: false } & RefusedAddress);

/** The addresses of `controller.url`, which is one address, or a list with at least one. */
export function controllerUrls(url: ControllerUrl): readonly [string, ...string[]] {
  const [first = '', ...others] = typeof url === 'string' ? [url] : url;
  return [first, ...others];
}

const schemes = new Set(['ws:', 'wss:']);
const longestShown = 200;

/** @param allowPlaintext ws:// may lead to another machine */
export function readControllerAddress(url: string, allowPlaintext: boolean): ReadAddress {
  const refused = (fault: AddressFault): ReadAddress => ({ ok: false, fault, shown: shown(url) });
  if (!URL.canParse(url)) return refused('no-address');
  const parsed = new URL(url);
  if (!schemes.has(parsed.protocol)) return refused('no-address');
  if (parsed.username !== '' || parsed.password !== '') return refused('with-secret');
  if (parsed.protocol === 'ws:' && !isLoopback(parsed.hostname) && !allowPlaintext) {
    return refused('plain-text');
  }
  if (parsed.pathname === '/') parsed.pathname = agentsPath;
  parsed.hash = '';
  return { ok: true, address: { url: parsed.href, host: parsed.host } };
}

/** @param host of a parsed URL, which has the usual form of an IPv4 address */
function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127(\.\d+){3}$/.test(host);
}

/** The address without parts that may be secret. */
function shown(url: string): string {
  if (URL.canParse(url)) {
    const { protocol, host } = new URL(url);
    return `${protocol}//${host}`;
  }
  return url.replace(/^([a-z]+:\/\/)?.*@/is, '$1').slice(0, longestShown);
}

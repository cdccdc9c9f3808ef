import { agentsPath } from '../../core/protocol/messages.ts';
import { AppError } from '../../runtime/errors.ts';
import { isLoopback } from '../../runtime/network/loopback.ts';
import type { AgentConfig } from '../../schemas/generated/agent-config.ts';

type ControllerUrl = NonNullable<AgentConfig['controller']>['url'];

export interface ControllerAddress {
  readonly url: string;
  /** `host:port`, for messages. */
  readonly host: string;
}

/** The addresses of `controller.url`, which is one address, or a list with at least one. */
export function controllerUrls(url: ControllerUrl): readonly [string, ...string[]] {
  const [first = '', ...others] = typeof url === 'string' ? [url] : url;
  return [first, ...others];
}

/**
 * @throws AppError if the address cannot be used, or if the agent would send the token over a
 * network in plain text
 */
export function controllerAddress(url: string, allowPlaintext: boolean): ControllerAddress {
  if (!URL.canParse(url)) throw refused(url, 'it is no address; write wss://HOST:PORT');
  const parsed = new URL(url);
  const host = parsed.hostname.replaceAll(/^\[|\]$/g, '');
  if (parsed.username !== '' || parsed.password !== '') {
    throw refused(shown(parsed), 'it has a name or password in it; the token goes into tokenFile');
  }
  if (parsed.protocol === 'ws:' && !isLoopback(host) && !allowPlaintext) {
    throw refused(
      shown(parsed),
      'ws:// would send the token and the configuration readable over the network; use wss://, or say allowPlaintext: true',
    );
  }
  if (parsed.pathname === '/') parsed.pathname = agentsPath;
  parsed.hash = '';
  return { url: parsed.href, host: parsed.host };
}

/** The address without parts that may be secret. */
export function shownUrl(url: string): string {
  return URL.canParse(url) ? shown(new URL(url)) : 'an address that cannot be read';
}

function shown({ protocol, host }: URL): string {
  return `${protocol}//${host}`;
}

function refused(url: string, reason: string): AppError {
  return new AppError('invalid-settings', `cannot use the controller "${url}": ${reason}`);
}

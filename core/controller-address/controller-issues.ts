import type { AgentConfig } from '../../schemas/generated/agent-config.ts';
import type { Issue } from '../issue.ts';
import {
  controllerUrls,
  readControllerAddress,
  type AddressFault,
  type RefusedAddress,
} from './controller-address.ts';

type Controller = NonNullable<AgentConfig['controller']>;
type WithoutPlace = Pick<Issue, 'code' | 'message' | 'hint'>;

/** Why the agent could not connect to its controller; none: it can, or there is no controller. */
export function controllerIssues({ controller }: Pick<AgentConfig, 'controller'>): Issue[] {
  if (controller === undefined) return [];
  return [...credentialIssues(controller), ...addressIssues(controller)];
}

function credentialIssues({ tokenFile, identity }: Controller): Issue[] {
  if (tokenFile !== undefined || identity !== undefined) return [];
  return [
    {
      severity: 'error',
      code: 'missing-key',
      pointer: '/controller',
      message: '"tokenFile" or "identity" is missing in controller',
      hint: 'write identity: { certFile: FILE, keyFile: FILE }, or tokenFile: FILE',
    },
  ];
}

/**
 * A list is checked as a whole, because a wrong address in it would be noticed only when the others
 * are gone. A wrong single address is the reason that the status shows: the agent starts with it.
 */
function addressIssues(controller: Controller): Issue[] {
  const { url } = controller;
  const isList = typeof url !== 'string';
  const known = new Map<string, number>();
  return controllerUrls(url).flatMap((one, index): Issue[] => {
    const found =
      withoutTls(one, controller) ??
      (isList ? useless({ url: one, index }, controller, known) : undefined);
    if (found === undefined) return [];
    const pointer = isList ? `/controller/url/${String(index)}` : '/controller/url';
    return [{ severity: 'error', pointer, ...found }];
  });
}

function withoutTls(url: string, { tokenFile, identity }: Controller): WithoutPlace | undefined {
  if (identity === undefined || tokenFile !== undefined || url.startsWith('wss:')) return undefined;
  return {
    code: 'wrong-form',
    message: 'a certificate can be presented to a controller with TLS only',
    hint: 'write wss:// in place of ws://',
  };
}

interface Entry {
  readonly url: string;
  readonly index: number;
}

/** @param known the addresses before this one, as they were read, with their indexes; extended */
function useless(
  { url, index }: Entry,
  { allowPlaintext = false }: Controller,
  known: Map<string, number>,
): WithoutPlace | undefined {
  const read = readControllerAddress(url, allowPlaintext);
  if (!read.ok) return { code: 'wrong-form', message: refusalText(read) };
  const twin = known.get(read.address.url);
  if (twin === undefined) {
    known.set(read.address.url, index);
    return undefined;
  }
  return {
    code: 'wrong-value',
    message: `"url" entry ${String(twin + 1)} has the same address`,
    hint: 'name each controller once',
  };
}

const reasons: Readonly<Record<AddressFault, string>> = {
  'no-address': 'it is no address; write wss://HOST:PORT',
  'with-secret': 'it has a name or password in it; the token goes into tokenFile',
  'plain-text':
    'ws:// would send the token and the configuration readable over the network; use wss://, or say allowPlaintext: true',
};

/** Why the agent does not connect to this address, with what to write in agent.yaml. */
export function refusalText({ fault, shown }: RefusedAddress): string {
  return `cannot use the controller "${shown}": ${reasons[fault]}`;
}

import type { Issue } from '../core/issue.ts';
import { AppError } from '../runtime/errors.ts';
import type { AgentConfig } from '../schemas/generated/agent-config.ts';
import { controllerAddress, controllerUrls } from './channel/controller-address.ts';

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
      withoutTls(one, controller) ?? (isList ? useless(one, controller, known) : undefined);
    if (!known.has(one)) known.set(one, index);
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

/** @param known the addresses before this one, with their indexes */
function useless(
  url: string,
  { allowPlaintext = false }: Controller,
  known: ReadonlyMap<string, number>,
): WithoutPlace | undefined {
  const twin = known.get(url);
  if (twin !== undefined) {
    return {
      code: 'wrong-value',
      message: `"url" entry ${String(twin + 1)} has the same address`,
      hint: 'name each controller once',
    };
  }
  try {
    controllerAddress(url, allowPlaintext);
    return undefined;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { code: 'wrong-form', message: error.message };
  }
}

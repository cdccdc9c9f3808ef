import type { Issue } from '../core/issue.ts';
import type { AgentConfig } from '../schemas/generated/agent-config.ts';

/** Why the agent could not present itself to its controller; undefined: it can, or there is none. */
export function credentialIssue({
  controller,
}: Pick<AgentConfig, 'controller'>): Issue | undefined {
  if (controller === undefined) return undefined;
  const { tokenFile, identity, url } = controller;
  if (tokenFile === undefined && identity === undefined) {
    return {
      severity: 'error',
      code: 'missing-key',
      pointer: '/controller',
      message: '"tokenFile" or "identity" is missing in controller',
      hint: 'write identity: { certFile: FILE, keyFile: FILE }, or tokenFile: FILE',
    };
  }
  if (tokenFile !== undefined || url.startsWith('wss:')) return undefined;
  return {
    severity: 'error',
    code: 'wrong-form',
    pointer: '/controller/url',
    message: 'a certificate can be presented to a controller with TLS only',
    hint: 'write wss:// in place of ws://',
  };
}

/** The first messages and states of the tests of the channel. */
import type {
  AckMessage,
  ConfigMessage,
  HelloMessage,
  NackMessage,
} from '../../../core/protocol/messages.ts';
import { refOf } from '../../../core/protocol/messages.ts';
import type { AgentStatus } from '../../../schemas/generated/agent-status.ts';
import type { RevisionRef } from '../../../schemas/generated/revision.ts';

export function digestNamed(name: string): string {
  return `sha256:${Buffer.from(name).toString('hex').padEnd(64, '0')}`;
}

export function refTo(number: number, name: string): RevisionRef {
  return { lineage: 'controller:default', number, digest: digestNamed(name) };
}

export function configOf(number: number, name: string): ConfigMessage {
  return {
    type: 'config',
    ...refTo(number, name),
    mediaType: 'application/yaml',
    text: `# ${name}\n`,
    by: 'test',
  };
}

export function helloOf(revisions: Partial<HelloMessage['revisions']> = {}): HelloMessage {
  return {
    type: 'hello',
    formatVersion: 1,
    cluster: 'default',
    node: 'node-0',
    agentVersion: '0.1.0',
    capabilities: [],
    facts: { name: 'node-0', addresses: ['10.0.0.2/24'] },
    revisions: { rejected: [], ...revisions },
  };
}

export function statusOf(state: AgentStatus['state'] = 'waiting'): AgentStatus {
  return {
    formatVersion: 1,
    agentVersion: '0.1.0',
    node: 'node-0',
    startedAt: '2026-01-01T00:00:00Z',
    state,
    message: state,
    revisions: { rejected: [] },
    datastore: { driver: 'memory', reachesCluster: false, message: 'for tests' },
    issues: [],
  };
}

export function ackOf(ref: RevisionRef, stage: AckMessage['stage']): AckMessage {
  return { type: 'ack', ...refOf(ref), stage };
}

export function nackOf(ref: RevisionRef, code: string, retrying?: true): NackMessage {
  const nack = { type: 'nack', ...refOf(ref), code, message: code, issues: [] } as const;
  return { ...nack, issues: [], ...(retrying === undefined ? {} : { retrying }) };
}

/** What a simulated node says of itself: as much as a node of Charmed Kubernetes. */
import {
  decisionCapability,
  retryCapability,
  termsCapability,
  type HelloMessage,
} from '../../core/protocol/messages.ts';
import type { RevisionRef } from '../../core/revision/revision.ts';
import type { AgentStatus } from '../../schemas/generated/agent-status.ts';

export function nodeName(index: number): string {
  return `node-${String(index).padStart(5, '0')}`;
}

/** Its address in 10.0.0.0/8, from the number at the end of its name. */
function addressOf(node: string): string {
  const index = Number(node.slice(-5)) + 2;
  return `10.${String(index >> 16)}.${String((index >> 8) & 255)}.${String(index & 255)}/16`;
}

export function helloFor(
  node: string,
  cluster: string,
  accepted: RevisionRef | undefined,
): HelloMessage {
  return {
    type: 'hello',
    formatVersion: 1,
    cluster,
    node,
    instance: `simulated-${node}`,
    agentVersion: '0.1.0',
    capabilities: ['datastore-etcd', retryCapability, termsCapability, decisionCapability],
    facts: {
      name: node,
      units: [`calico/${String(Number(node.slice(-5)))}`],
      addresses: [addressOf(node)],
      labels: {
        'kubernetes.io/hostname': node,
        'kubernetes.io/arch': 'amd64',
        'kubernetes.io/os': 'linux',
        'topology.kubernetes.io/zone': `zone-${String(Number(node.slice(-5)) % 3)}`,
        rack: String(Number(node.slice(-5)) % 20),
      },
    },
    revisions: revisionsOf(accepted),
  };
}

export function statusFor(node: string, accepted: RevisionRef | undefined): AgentStatus {
  return {
    formatVersion: 1,
    agentVersion: '0.1.0',
    node,
    startedAt: '2026-01-01T00:00:00Z',
    state: accepted === undefined ? 'waiting' : 'in-force',
    message: accepted === undefined ? 'waiting for a configuration' : 'everything is in force',
    revisions: revisionsOf(accepted),
    datastore: { driver: 'etcd', reachesCluster: true, message: 'it answers' },
    issues: [],
  };
}

function revisionsOf(accepted: RevisionRef | undefined): HelloMessage['revisions'] {
  return { ...(accepted !== undefined && { accepted }), rejected: [] };
}

/** The status of an agent with a configuration in force. */
import type { AgentStatus } from '../../../schemas/generated/agent-status.ts';

const revision = { lineage: 'local:node-0', number: 4, digest: `sha256:${'ab'.repeat(32)}` };

export const agentStatus: AgentStatus = {
  formatVersion: 1,
  agentVersion: '0.1.0',
  node: 'node-0',
  startedAt: '2026-03-02T08:00:00Z',
  state: 'in-force',
  message: 'everything is as it shall be',
  revisions: { accepted: revision, inForce: revision, confirmed: revision, rejected: [] },
  resolved: {
    asNumber: 64512,
    routeReflectorClusterId: '0.0.0.1',
    peers: [
      { address: '10.0.0.1', asNumber: 64512 },
      { address: 'fd00::1', port: 1179, asNumber: 4_200_000_000 },
    ],
  },
  source: 'local',
  datastore: { driver: 'files', reachesCluster: false, message: 'written to /var/lib/x' },
  issues: [],
};

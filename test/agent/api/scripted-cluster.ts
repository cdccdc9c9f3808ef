/** The part of an agent that reads its cluster, with answers in every possible form. */
import type { Agent } from '../../../agent/app/agent.ts';
import type { AdoptableObject } from '../../../core/plan/adopt/adoption.ts';
import type { BGPPeer } from '../../../core/calico/resource.ts';
import { AppError } from '../../../runtime/errors.ts';

export interface ScriptedCluster extends Pick<Agent, 'lxd'> {
  readonly operations: Omit<Agent['operations'], 'onlyReportDrift'>;
  /** The requests with their arguments, in order. */
  readonly asked: readonly (readonly unknown[])[];
}

export function createScriptedCluster(): ScriptedCluster {
  const asked: (readonly unknown[])[] = [];
  const answer = <T>(name: string, args: readonly unknown[], value: T): Promise<T> => {
    asked.push([name, ...args]);
    return Promise.resolve(value);
  };
  return {
    asked,
    operations: {
      drift: () => answer('drift', [], { revision, fields }),
      correctDrift: () => answer('correctDrift', [], { left: fields, why: 'revision 4 waits' }),
      confirm: () => answer('confirm', [], revision),
      doneByHand: () => Promise.resolve(undefined),
      rollback: (request) =>
        answer('rollback', [request], { from: revision, to: { ...revision, number: 3 } }),
      hold: (request) => answer('hold', [request], undefined),
      releaseHold: (scope) =>
        scope === 'cluster'
          ? Promise.reject(new AppError('not-found', 'cannot release the hold: there is none'))
          : answer('releaseHold', [scope], undefined),
      adoptable: () => answer('adoptable', [], adoptable),
      adopt: () => answer('adopt', [], adoptable),
      owned: () => answer('owned', [], owned),
      release: () => answer('release', [], { objects: owned, left: [] }),
      staleNodes: (...args) => answer('staleNodes', args, staleNodes),
      removeStaleNode: (...args) => answer('removeStaleNode', args, undefined),
      exportConfig: () => answer('exportConfig', [], { text: 'kind: NetworkConfig\n', issues }),
    },
    lxd: {
      report: () => answer('lxd', [], lxd),
      restart: (names) =>
        answer('restartContainers', [names], { restarted: [container], failed: [], left: [] }),
    },
  };
}

const revision = { lineage: 'local:node-0', number: 4, digest: `sha256:${'ab'.repeat(32)}` };

const fields = [
  {
    kind: 'BGPPeer',
    name: 'tor-a',
    path: 'spec.asNumber',
    desired: 65_000,
    observed: 65_001,
    by: 'kubectl-edit',
    at: '2026-03-02T08:00:00Z',
  },
  { kind: 'IPPool', name: 'ipv6', desired: { cidr: 'fd00:10::/48' }, observed: undefined },
  { kind: 'Node', name: 'node-0', path: 'asNumber', desired: 65_010, observed: null },
] as const;

const charmsPeer: BGPPeer = {
  apiVersion: 'projectcalico.org/v3',
  kind: 'BGPPeer',
  metadata: { name: 'calico-0-10.0.0.1-65000', labels: { team: 'net' } },
  spec: { node: 'node-0', peerIP: '10.0.0.1', asNumber: 65_000 },
};
const writers = [{ manager: 'calicoctl', at: '2026-03-02T07:00:00Z', paths: ['spec.asNumber'] }];

const adoptable: readonly AdoptableObject[] = [
  {
    observed: { resource: charmsPeer, version: '42', writers },
    kind: 'BGPPeer',
    name: charmsPeer.metadata.name,
    scope: { kind: 'cluster' },
    standsFor: 'global.10.0.0.1',
    fate: 'replaced',
    writers,
  },
];
const owned = [
  { kind: 'BGPConfiguration', name: 'default', scope: 'cluster' },
  { kind: 'BGPPeer', name: 'node-0.10.0.0.1', scope: 'node:node-0' },
] as const;
const staleNodes = [
  {
    name: 'node-9',
    hasNode: true,
    version: '17',
    objects: ['BGPPeer/node-9.10.0.0.1'],
    blocks: [{ cidr: '10.1.0.64/26', addresses: 2 }],
  },
  { name: 'node-8', hasNode: false, objects: [], blocks: [] },
];
const issues = [
  {
    severity: 'warning',
    code: 'not-exported',
    pointer: '',
    message: 'BGPPeer "x" has a peerSelector',
  },
] as const;
const container = { project: 'default', name: 'juju-0' };
const lxd = {
  state: 'there',
  server: 'lxd',
  version: '5.0.2',
  bpffsMounted: true,
  restart: {
    policy: 'rolling',
    halted: { container, at: '2026-01-01T00:00:00Z', why: 'it did not come back', revision },
  },
  profiles: [{ project: 'default', name: 'k8s', ours: ['sysfsbpf'], drifted: [] }],
  containers: [
    {
      ...container,
      running: true,
      profiles: ['default', 'k8s'],
      effects: [{ what: '/sys/fs/bpf', present: false, why: 'it is not mounted inside' }],
      needsRestart: true,
    },
  ],
} as const;

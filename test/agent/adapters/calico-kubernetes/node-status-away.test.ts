/** What calico-node reports, while the API server does not answer. */
import { expect } from 'chai';
import { createNodeStatus } from '../../../../agent/adapters/calico-kubernetes/node-status.ts';
import type { ObservedDaemon } from '../../../../core/sessions/session.ts';
import { nodeStatus } from '../../../support/calico/node-status.ts';

describe('the sessions that calico-node reports, while the API server is away', () => {
  it('are unknown after an earlier report, and not absent', async () => {
    let isAway = true;
    const now = Date.parse('2026-11-27T12:00:30Z');
    const { observe } = createNodeStatus({
      client: {
        find: () => Promise.resolve(nodeStatus()),
        list: () => Promise.resolve({ items: [], resourceVersion: '1' }),
        send: () => Promise.reject(new Error('not asked for')),
      },
      api: () =>
        isAway
          ? Promise.reject(new Error('the API server does not answer'))
          : Promise.resolve({
              nodeStatusesPath: '/apis/crd.projectcalico.org/v1/caliconodestatuses',
            }),
      node: () => 'node-a',
      now: () => new Date(now).toISOString(),
      monotonic: () => now,
      sleep: () => Promise.resolve(),
    });
    const faults = (daemons: readonly ObservedDaemon[]): readonly unknown[] =>
      daemons.map((daemon) => (daemon.ok ? 'ok' : daemon.why));
    expect(faults(await observe())).to.deep.equal([]);
    isAway = false;
    expect(faults(await observe())).to.deep.equal(['ok', 'ok']);
    isAway = true;
    expect(faults(await observe())).to.deep.equal(['the API server does not answer']);
  });
});

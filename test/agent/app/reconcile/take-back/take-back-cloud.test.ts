import { expect } from 'chai';
import { createCloud } from '../../../../../agent/app/cloud/create-cloud.ts';
import { takeBackCloud } from '../../../../../agent/app/reconcile/take-back/take-back-cloud.ts';
import type { CloudNote } from '../../../../../core/cloud/observed-cloud.ts';
import type { Observed } from '../../../../../core/observe/observed.ts';
import { pool } from '../../../../core/plan/sample.ts';
import { silentLogger } from '../../../../../runtime/log/logger.ts';
import { createManualClock } from '../../../../support/clocks/manual-clock.ts';
import { createMemoryEc2 } from '../../../../support/twins/memory-ec2.ts';

interface Case {
  readonly inForce?: unknown;
  readonly rejected?: readonly unknown[];
  readonly hold?: unknown;
  /** The mode of the pool that Calico has. */
  readonly ipipMode?: 'Always' | 'CrossSubnet';
}

async function takenBack({
  inForce,
  rejected = [{}],
  hold,
  ipipMode = 'Always',
}: Case): Promise<readonly string[]> {
  let notes: readonly CloudNote[] = [{ instance: 'i-1', interface: 'eni-0', original: 'enabled' }];
  const ec2 = createMemoryEc2();
  ec2.faces = ec2.faces.map((one) => ({ ...one, check: 'disabled' }));
  const cloud = createCloud({
    ec2,
    notes: {
      load: () => Promise.resolve(notes),
      save: (next) => {
        notes = next;
        return Promise.resolve();
      },
    },
    others: { read: () => Promise.resolve({ unread: [] }) },
    clock: createManualClock(),
  });
  await takeBackCloud({
    targets: {
      cloud,
      calico: {
        observe: () =>
          Promise.resolve({
            resources: [observedPool(ipipMode)],
            nodes: [],
          }),
      },
    },
    records: { state: { current: () => ({ inForce, rejected }) } },
    node: { facts: () => ({ name: 'node-0' }) },
    writer: { holdInForce: () => hold },
    report: { logger: silentLogger },
  });
  return [...ec2.calls.filter((call) => call !== 'read'), `${String(notes.length)} notes`];
}

function observedPool(ipipMode: 'Always' | 'CrossSubnet'): Observed['resources'][number] {
  return {
    resource: pool('a', { ipipMode, vxlanMode: 'Never' }),
    version: '1',
  };
}

describe('takeBackCloud', () => {
  it('leaves the check disabled while a pool sends packets without an overlay', async () => {
    expect(await takenBack({ ipipMode: 'CrossSubnet' })).to.deep.equal(['1 notes']);
  });

  it('puts back what a rejected first configuration changed', async () => {
    expect(await takenBack({})).to.deep.equal(['set eni-0 enabled', '0 notes']);
  });

  for (const [name, given] of [
    ['a revision is in force', { inForce: {} }],
    ['nothing was rejected', { rejected: [] }],
    ['writing is on hold', { hold: {} }],
  ] as const) {
    it(`leaves everything where ${name}`, async () => {
      expect(await takenBack(given)).to.deep.equal(['1 notes']);
    });
  }
});

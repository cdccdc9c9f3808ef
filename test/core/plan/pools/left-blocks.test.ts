import { expect } from 'chai';
import type { IPPool } from '../../../../core/calico/resource.ts';
import { leftBlocks } from '../../../../core/plan/pools/left-blocks.ts';
import type { DesiredResource } from '../../../../core/render/desired.ts';

const spec: IPPool['spec'] = {
  cidr: '10.1.0.0/16',
  ipipMode: 'Never',
  vxlanMode: 'Never',
  natOutgoing: false,
};

function pool(more: Partial<IPPool['spec']> = {}): DesiredResource {
  const metadata = { name: 'new' };
  return {
    scope: { kind: 'cluster' },
    resource: {
      apiVersion: 'projectcalico.org/v3',
      kind: 'IPPool',
      metadata,
      spec: { ...spec, ...more },
    },
    reasons: {},
  };
}

describe('blocks that a previous pool left below a new one', () => {
  const table = [
    ['are no matter where they have the size of the pool', 26, '10.1.2.0/26', 3, []],
    ['are no matter in another network', 24, '10.2.2.0/26', 3, []],
    ['are told where nothing of them is in use', 24, '10.1.2.0/26', 0, ['warning']],
    ['keep it from being made where they have addresses in use', 24, '10.1.2.0/26', 3, ['error']],
    ['count for the usual size of a pool that names none', undefined, '10.1.2.0/24', 1, ['error']],
  ] as const;
  for (const [what, blockSize, cidr, addresses, severities] of table) {
    it(what, () => {
      const wanted = pool(blockSize === undefined ? {} : { blockSize });
      const issues = leftBlocks(wanted, [{ cidr, addresses }]);
      expect(issues.map(({ severity }) => severity)).to.deep.equal(severities);
      for (const { message } of issues) expect(message).to.contain(cidr);
    });
  }
});

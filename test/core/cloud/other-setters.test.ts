import { expect } from 'chai';
import { felixSetter, type FelixSettings } from '../../../core/cloud/other-setters.ts';
import { parseWorkload } from '../../../core/platform/cluster/parse-workload.ts';

const rows: readonly (readonly [string, FelixSettings, string])[] = [
  ['no setting', {}, 'nobody'],
  ['DoNothing', { ofDefault: 'DoNothing' }, 'nobody'],
  [
    'Disable in the default FelixConfiguration',
    { ofDefault: 'Disable' },
    'disabled by awsSrcDstCheck in FelixConfiguration default',
  ],
  [
    "the node's own FelixConfiguration before the default",
    { ofDefault: 'Disable', ofNode: 'Enable' },
    'enabled by awsSrcDstCheck in FelixConfiguration node.a',
  ],
  ["the node's own DoNothing", { ofDefault: 'Disable', ofNode: 'DoNothing' }, 'nobody'],
  [
    'the variable before both, in any case',
    {
      ofDefault: 'Enable',
      ofNode: 'Enable',
      ofDaemonSet: { value: 'disable', daemonSet: 'kube-system/calico-node' },
    },
    'disabled by FELIX_AWSSRCDSTCHECK in the DaemonSet kube-system/calico-node',
  ],
  [
    'a variable of which Felix makes its default',
    { ofDaemonSet: { value: 'off', daemonSet: 'kube-system/calico-node' } },
    'nobody',
  ],
];

describe('felixSetter', () => {
  for (const [name, settings, expected] of rows) {
    it(`reads ${name}`, () => {
      const found = felixSetter(settings, 'a');
      expect(found === undefined ? 'nobody' : `${found.check} by ${found.by}`).to.equal(expected);
    });
  }

  it("finds the variable among a DaemonSet's containers", () => {
    const containers = [
      { name: 'a', env: [{ name: 'X', value: 'y' }] },
      { name: 'calico-node', env: [{ name: 'FELIX_AWSSRCDSTCHECK', value: 'Disable' }] },
    ];
    const item = {
      metadata: { namespace: 'kube-system', name: 'calico-node' },
      spec: { template: { spec: { containers } } },
    };
    expect(parseWorkload('DaemonSet', item)?.awsSrcDstCheck).to.equal('Disable');
  });
});

import { expect } from 'chai';
import { demandText, findCharmConflicts } from '../../../core/juju/calico-charm.ts';
import { peersFirstText } from '../../../core/juju/peers-first.ts';
import { parseConfig } from '../../../core/config/parse.ts';
import { planChanges } from '../../../core/plan/plan-changes.ts';
import type { Observed, ObservedResource } from '../../../core/observe/observed.ts';
import { render } from '../../../core/render/render.ts';
import { compileRules } from '../../../core/resolve/rules.ts';
import { resolveNode } from '../../../core/resolve/resolve-node.ts';

const apiVersion = 'projectcalico.org/v3' as const;
const settings = (spec: object): ObservedResource => ({
  resource: { apiVersion, kind: 'BGPConfiguration', metadata: { name: 'default' }, spec },
});
const peer = (name: string, node: string, asNumber = 64512): ObservedResource => ({
  resource: {
    apiVersion,
    kind: 'BGPPeer',
    metadata: { name },
    spec: { node, peerIP: '10.0.0.1', asNumber },
  },
});
const ours = { scope: { kind: 'cluster' }, lineage: 'juju:calico-agent', number: 1 } as const;
const base = 'global-bgp-peers: [{address: 10.0.0.1, as-number: 64512}]\n';

function conflicts(
  text: string,
  resources: readonly ObservedResource[],
  more: Partial<Observed['nodes'][number]> & { readonly poolsHandedOver?: boolean } = {},
): { readonly before: string; readonly after: string; readonly first?: string } {
  const { poolsHandedOver = true, ...node } = more;
  const parsed = parseConfig(text);
  if (!parsed.ok) throw new Error('the configuration is refused');
  const address = { family: 4, address: '10.0.0.2', prefixLength: 24 } as const;
  const facts = { name: 'node-a', units: ['calico/10'], addresses: [address], labels: {} };
  const resolution = resolveNode(compileRules(parsed.model), facts);
  const desired = render(parsed.model, [resolution], { cluster: true });
  const nodes = [{ name: 'node-a', settings: { groupLabels: [] }, ...node }];
  const observed = { resources, nodes };
  const plan = planChanges(desired, observed);
  const wanted = { desired, resolution };
  const found = findCharmConflicts({
    application: 'calico',
    poolsHandedOver,
    plan,
    observed,
    derived: wanted,
  });
  const shown = (demands: typeof found.before): string =>
    demands
      .map(({ option, value }) => (value === undefined ? option : `${option}=${value}`))
      .join(' ');
  return {
    before: shown(found.before),
    after: shown(found.after),
    ...(found.peersFirst.length > 0 && { first: shown(found.peersFirst) }),
  };
}

describe('the settings that the calico charm also makes', () => {
  const emptied = "global-bgp-peers='[]' subnet-bgp-peers='{}' unit-bgp-peers='{}'";
  const rows: readonly [string, ReturnType<typeof conflicts>, ReturnType<typeof conflicts>][] = [
    ['nothing where nothing is there yet', conflicts(base, []), { before: '', after: '' }],
    [
      'the global options that differ, with our values',
      conflicts(
        'global-as-number: 65000\nnode-to-node-mesh: false\nbgp-service-cluster-ips: 10.1.0.0/16 10.2.0.0/16\n',
        [settings({ asNumber: 64512, nodeToNodeMeshEnabled: false })],
      ),
      {
        before: "global-as-number=65000 bgp-service-cluster-ips='10.1.0.0/16 10.2.0.0/16'",
        after: '',
      },
    ],
    [
      'nothing where they are alike: our marks alone are no matter of the charm',
      conflicts('global-as-number: 65000\n', [settings({ asNumber: 65000 })]),
      { before: '', after: '' },
    ],
    [
      "the node's own values, by the options that may say them",
      conflicts('unit-as-numbers: {10: 65010}\nroute-reflector-cluster-ids: {10: 224.0.0.1}\n', []),
      { before: 'subnet-as-numbers unit-as-numbers route-reflector-cluster-ids', after: '' },
    ],
    [
      'nothing of a Node that is not there',
      conflicts('unit-as-numbers: {10: 65010}\n', [], { exists: false }),
      { before: '', after: '' },
    ],
    [
      'its peers of this node, when ours are there',
      conflicts(base, [peer('calico-10-10.0.0.1-64512', 'node-a')]),
      { before: '', after: emptied },
    ],
    [
      'a peer of it with another AS number, beforehand',
      conflicts(base, [peer('calico-10-10.0.0.1-64599', 'node-a', 64599)]),
      { before: 'global-bgp-peers subnet-bgp-peers unit-bgp-peers', after: emptied },
    ],
    [
      'no peers of other nodes, of a person, of an application of a longer name, or adopted ones',
      conflicts(base, [
        peer('calico-3-10.0.0.1-64512', 'node-b'),
        peer('my-router', 'node-a'),
        peer('calico-agent-10.0.0.1', 'node-a'),
        { ...peer('calico-10-10.0.0.1-64512', 'node-a'), owner: ours },
      ]),
      { before: '', after: '' },
    ],
    [
      'the mesh, which must not go before the peers are there',
      conflicts(`${base}node-to-node-mesh: false\n`, [settings({ nodeToNodeMeshEnabled: true })]),
      { before: 'node-to-node-mesh=false', after: '', first: 'node-to-node-mesh=true' },
    ],
    [
      'the mesh that is on by default, and a node that leaves it as a reflector',
      conflicts(`${base}node-to-node-mesh: false\nroute-reflector-cluster-ids: {10: 224.0.0.1}\n`, [
        settings({}),
      ]),
      {
        before: 'node-to-node-mesh=false route-reflector-cluster-ids',
        after: '',
        first: "node-to-node-mesh=true route-reflector-cluster-ids='{}'",
      },
    ],
    [
      'no mesh that is gone, nor one whose peers are there: a reflector may leave then',
      conflicts(`${base}node-to-node-mesh: false\nroute-reflector-cluster-ids: {10: 224.0.0.1}\n`, [
        settings({ nodeToNodeMeshEnabled: false }),
      ]),
      { before: 'route-reflector-cluster-ids', after: '' },
    ],
    [
      'pools, until somebody says that they are handed over',
      conflicts('cidr: 10.5.0.0/16\nmanage-pools: true\n', [], { poolsHandedOver: false }),
      { before: 'manage-pools=false', after: '' },
    ],
    [
      'no pools where we have none',
      conflicts('manage-pools: false\n', [], { poolsHandedOver: false }),
      { before: '', after: '' },
    ],
  ];
  for (const [what, found, expected] of rows) {
    it(what, () => expect(found).to.deep.equal(expected));
  }

  it('end with the one that ends sessions of the mesh', () => {
    const mesh = { option: 'node-to-node-mesh', value: 'false' };
    const ids = { option: 'route-reflector-cluster-ids' };
    expect(demandText([mesh, ids], 'calico', 'agent')).to.match(
      /; node-to-node-mesh and route-reflector-cluster-ids only when no unit has peers to apply first$/,
    );
    expect(peersFirstText([{ ...mesh, value: 'true' }], 'calico', 'agent')).to.match(
      /^first apply the peers: juju config agent node-to-node-mesh=true; leave calico as it is /,
    );
  });

  it('are printed so that they can be pasted', () => {
    const demands = [
      { option: 'manage-pools', value: 'false' },
      { option: 'node-to-node-mesh', value: 'true' },
      { option: 'unit-as-numbers' },
    ];
    expect(demandText(demands, 'calico', 'agent')).to.equal(
      'the charm calico sets the same: juju config calico manage-pools=false node-to-node-mesh=true; ' +
        'set these options to the same value on both charms: unit-as-numbers; then juju config agent pools-handed-over=true',
    );
  });
});

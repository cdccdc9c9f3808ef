import { execFileSync } from 'node:child_process';
import { expect } from 'chai';
import { parse, parseAllDocuments } from 'yaml';
import type { NodeFacts } from '../../../../core/facts/facts.ts';
import {
  nodeCommands,
  renderDocuments,
  resourceDocument,
} from '../../../../core/render/documents/documents.ts';
import { ownerOf } from '../../../../core/render/ownership.ts';
import { render } from '../../../../core/render/render.ts';
import { native, nodesOf, resolveAll } from '../../../support/samples/models.ts';

const nodes = nodesOf([
  { name: 'node-0', addresses: ['10.0.0.2/24', 'fd00::2/64'], labels: { rack: 'on' } },
  { name: 'node-1', addresses: ['10.0.1.2'] },
]);
const model = native({
  bgp: { nodeToNodeMesh: false, peers: [{ address: '1:2:3:4:5:6:7:8', asNumber: 64512 }] },
  pools: [{ name: 'pods', cidr: '192.168.0.0/16' }],
  groups: [
    {
      name: 'evil\n---\nkind: Secret',
      match: { nodes: ['node-0'] },
      asNumber: 64601,
      routeReflectorClusterId: '1.0.0.1',
      peers: [{ address: '10.0.0.1', asNumber: 64512 }],
    },
  ],
});
const desired = render(model, resolveAll(model, nodes), { cluster: true });

function documents(text: string): readonly Record<string, unknown>[] {
  return [...parseAllDocuments(text)].map((document) => {
    expect(document.errors).to.deep.equal([]);
    const data: unknown = document.toJS();
    return Object.fromEntries(Object.entries(data ?? {}));
  });
}

describe('documents', () => {
  it('come in an order that is safe to apply: BGPConfiguration last', () => {
    const kinds = documents(renderDocuments(desired, { for: 'calicoctl' })).map(({ kind }) => kind);
    expect(kinds).to.deep.equal(['IPPool', 'BGPPeer', 'BGPPeer', 'BGPConfiguration']);
  });

  it('have the commands at the head of the first, none of them empty', () => {
    for (const tool of ['calicoctl', 'kubectl', 'kubectl-v3'] as const) {
      const text = renderDocuments(desired, { for: tool });
      expect(text).to.match(/^# Nodes are patched, .* documents below:\n/);
      // Tools split documents in the same way: to a YAML parser comments before a `---` are no
      // document.
      const found = text.split(/^---$/m).map((part): unknown => parse(part));
      expect(found).to.have.length(desired.resources.length);
      for (const document of found) expect(document).to.include.keys('kind', 'spec');
    }
  });

  it('are empty with commands alone, and absent with neither', () => {
    const text = renderDocuments({ ...desired, resources: [] }, { for: 'calicoctl' });
    expect(text)
      .to.match(/^(# .*\n)+$/)
      .and.contain('\n# calicoctl patch node node-0 ');
    expect(text).to.contain('there is nothing else to apply');
    expect(renderDocuments({ ...desired, resources: [], nodes: [] }, { for: 'kubectl' })).to.equal(
      '',
    );
  });

  it('say for calicoctl, which replaces objects, how to keep the rest of a BGPConfiguration', () => {
    const text = renderDocuments(desired, { for: 'calicoctl' });
    expect(text).to.contain(
      `#   calicoctl patch bgpconfiguration default -p '{"spec":{"nodeToNodeMeshEnabled":false}}'\napiVersion`,
    );
    for (const tool of ['kubectl', 'kubectl-v3'] as const) {
      expect(renderDocuments(desired, { for: tool })).to.not.contain('bgpconfiguration default');
    }
  });

  it('have nothing in comments that the loop over the node commands would run', () => {
    const commands = renderDocuments(desired, { for: 'calicoctl' }).match(/^# calicoctl.*/gm) ?? [];
    expect(commands.filter((line) => !line.startsWith('# calicoctl patch node '))).to.deep.equal(
      [],
    );
  });

  it('have the keys in the usual order and the API version of their tool', () => {
    for (const [tool, apiVersion] of [
      ['calicoctl', 'projectcalico.org/v3'],
      ['kubectl', 'crd.projectcalico.org/v1'],
      ['kubectl-v3', 'projectcalico.org/v3'],
    ] as const) {
      for (const document of documents(renderDocuments(desired, { for: tool }))) {
        expect(Object.keys(document)).to.deep.equal(['apiVersion', 'kind', 'metadata', 'spec']);
        expect(document['apiVersion']).to.equal(apiVersion);
      }
    }
  });

  it('let no text out of a comment', () => {
    const text = renderDocuments(desired, { for: 'calicoctl' });
    expect(text).to.contain(String.raw`# because: group evil\u000a---\u000akind: Secret (line 1)`);
  });

  it('quote texts that YAML 1.1 takes for a number or a boolean', () => {
    const text = renderDocuments(desired, { for: 'calicoctl', nodes });
    expect(text).to.contain('peerIP: "1:2:3:4:5:6:7:8"');
    expect(text).to.contain('rack: "on"');
  });

  it('carry the marks of a revision when there is one', () => {
    const revision = { lineage: 'local:a', number: 3, digest: 'sha256:0' };
    const text = renderDocuments(desired, { for: 'kubectl', revision });
    for (const { metadata } of documents(text)) {
      expect(ownerOf({ metadata: Object.assign({ name: '' }, metadata) })).to.deep.equal({
        scope: { kind: 'cluster' },
        lineage: 'local:a',
        number: 3,
      });
    }
  });

  it('contain whole Nodes on request, with their labels', () => {
    const text = renderDocuments(desired, { for: 'calicoctl', nodes });
    const [first, second] = documents(text);
    const label = desired.nodes[0]?.settings.groupLabels[0] ?? '';
    expect(first).to.deep.equal({
      apiVersion: 'projectcalico.org/v3',
      kind: 'Node',
      metadata: { name: 'node-0', labels: { rack: 'on', [label]: 'true' } },
      spec: {
        bgp: {
          ipv4Address: '10.0.0.2/24',
          ipv6Address: 'fd00::2/64',
          asNumber: 64601,
          routeReflectorClusterID: '1.0.0.1',
        },
      },
    });
    expect(second?.['spec']).to.deep.equal({
      bgp: { ipv4Address: '10.0.1.2/32' },
    });
    expect(text).to.contain('# prefix length not known, written as 10.0.1.2/32');
    expect(text).to.not.contain('calicoctl patch node');
  });

  it('of one resource parse back to it', () => {
    for (const { resource } of desired.resources) {
      expect(documents(resourceDocument(resource, 'calicoctl'))).to.deep.equal([resource]);
    }
  });
});

describe('the commands for a node', () => {
  const label = 'calico-agent/group.0123456789ab';
  const old = 'calico-agent/group.ba9876543210';
  const settings = { asNumber: null, routeReflectorClusterID: '1.0.0.1', groupLabels: [label] };

  const before = { asNumber: 65001, groupLabels: [old] };

  it('are one patch for calicoctl, in which null removes a field', () => {
    const [command, ...more] = nodeCommands('node-0', settings, 'calicoctl', before);
    expect(more).to.deep.equal([]);
    expect(command).to.equal(
      `calicoctl patch node node-0 -p '{"metadata":{"labels":{"${label}":"true","${old}":null}},` +
        `"spec":{"bgp":{"asNumber":null,"routeReflectorClusterID":"1.0.0.1"}}}'`,
    );
  });

  it('are annotations and labels for kubectl', () => {
    expect(nodeCommands('node-0', settings, 'kubectl', before)).to.deep.equal([
      'kubectl annotate node node-0 projectcalico.org/ASNumber- projectcalico.org/RouteReflectorClusterID=1.0.0.1 --overwrite',
      `kubectl label node node-0 ${label}=true ${old}- --overwrite`,
    ]);
  });

  it('are absent when there is nothing to set', () => {
    for (const tool of ['calicoctl', 'kubectl'] as const) {
      expect(nodeCommands('node-0', { groupLabels: [] }, tool)).to.deep.equal([]);
    }
  });

  it('remove only existing fields: calicoctl refuses a spec.bgp that becomes empty', () => {
    const none = { asNumber: null, routeReflectorClusterID: null, groupLabels: [] };
    for (const tool of ['calicoctl', 'kubectl'] as const) {
      expect(nodeCommands('node-0', none, tool)).to.deep.equal([]);
      expect(nodeCommands('node-0', none, tool, none)).to.deep.equal([]);
    }
    const reflector = { routeReflectorClusterID: '1.0.0.1', groupLabels: [] };
    expect(nodeCommands('node-0', none, 'calicoctl', reflector)).to.deep.equal([
      `calicoctl patch node node-0 -p '{"spec":{"bgp":{"routeReflectorClusterID":null}}}'`,
    ]);
  });

  for (const name of [
    "a'; echo b; '",
    '$(id)',
    'a\nrm -rf /\\',
    'a\u2028b\u0085',
    '`id` "x" *',
    '-x',
    '',
  ]) {
    it(`quote ${JSON.stringify(name)} for the shell`, () => {
      const [command = ''] = nodeCommands(name, { asNumber: 1, groupLabels: [] }, 'calicoctl');
      expect(command.split(/[\n\r\u0085\u2028]/)).to.have.length(1);
      const script = `calicoctl() { printf '%s' "$3"; }; ${command}`;
      expect(execFileSync('bash', ['-c', script], { encoding: 'utf8' })).to.equal(name);
    });
  }

  it('are the same for a fleet, in comments', () => {
    const facts: readonly NodeFacts[] = nodes;
    const text = renderDocuments(desired, { for: 'calicoctl' });
    const [first] = facts;
    expect(text).to.contain(`\n# calicoctl patch node ${first?.name ?? ''} -p '{`);
  });
});

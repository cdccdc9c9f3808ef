/** Our rendered documents, written into files and read back: the same sessions for every node. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import fc from 'fast-check';
import { parseAllDocuments } from 'yaml';
import type { NetworkModel, Peering } from '../../../core/config/model.ts';
import { parseConfig } from '../../../core/config/parse.ts';
import { exportConfig } from '../../../core/export/export-config.ts';
import type { NodeFacts } from '../../../core/facts/facts.ts';
import { parseNodes } from '../../../core/facts/parse-nodes.ts';
import type { Desired } from '../../../core/render/desired.ts';
import { renderDocuments } from '../../../core/render/documents/documents.ts';
import { render } from '../../../core/render/render.ts';
import { surveyDocuments, type PlacedDocument } from '../../../core/survey/survey-documents.ts';
import { fleet } from '../../support/samples/arbitraries.ts';
import { resolveAll } from '../../support/samples/models.ts';
import { sessionsOf } from '../../support/calico/sessions.ts';

const examples = new URL('../../../examples/', import.meta.url);
const names = readdirSync(examples, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !entry.name.startsWith('kops-'))
  .map(({ name }) => name);

function desiredOf(model: NetworkModel, nodes: readonly NodeFacts[], peering: Peering): Desired {
  return render(model, resolveAll(model, nodes), { cluster: true, peering });
}

function readBack(text: string): readonly PlacedDocument[] {
  return [...parseAllDocuments(text)].map((document): PlacedDocument => {
    const data: unknown = document.toJS();
    return { file: 'all.yaml', document: data };
  });
}

function modelOf(text: string): NetworkModel {
  const parsed = parseConfig(text);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
  return parsed.model;
}

/** In the forms of a folder: one by one, or in one list. */
const forms: Readonly<Record<string, (documents: readonly PlacedDocument[]) => PlacedDocument[]>> =
  {
    'one by one': (documents) => [...documents],
    'as a List': (documents) => [
      {
        file: 'list.json',
        document: { apiVersion: 'v1', kind: 'List', items: documents.map((one) => one.document) },
      },
    ],
  };

describe('an export of the files of render --with-nodes', () => {
  for (const name of names) {
    const read = (file: string): string =>
      readFileSync(new URL(`${name}/${file}`, examples), 'utf8');
    for (const peering of ['selectors', 'per-node'] as const) {
      for (const [form, formed] of Object.entries(forms)) {
        it(`gives every node the same sessions: ${name}, ${peering}, ${form}`, () => {
          const facts = parseNodes(read('nodes.yaml'));
          if (!facts.ok) throw new Error('no nodes');
          const desired = desiredOf(modelOf(read('config.yaml')), facts.nodes, peering);
          const text = renderDocuments(desired, { for: 'calicoctl', nodes: facts.nodes });
          const survey = surveyDocuments(formed(readBack(text)));
          expect(survey.issues).to.deep.equal([]);
          expect(survey.nodes.map((node) => node.name)).to.have.members(
            desired.nodes.map((node) => node.name),
          );
          const exported = exportConfig(survey);
          const codes = exported.issues.flatMap((one) => (one.severity === 'note' ? [] : one.code));
          // A document about files of a platform alone has nothing for calicoctl.
          const isEmpty = desired.resources.length === 0;
          expect(codes).to.deep.equal(isEmpty ? ['export-empty'] : []);
          if (isEmpty) return;
          const again = desiredOf(modelOf(exported.text), facts.nodes, peering);
          expect(sessionsOf(again, facts.nodes)).to.deep.equal(sessionsOf(desired, facts.nodes));
          const pools = (one: Desired): readonly unknown[] =>
            one.resources.flatMap(({ resource }) => (resource.kind === 'IPPool' ? resource : []));
          expect(pools(again)).to.have.length(pools(desired).length);
        });
      }
    }
  }

  it('gives every node of any fleet the same sessions, unless it is empty', () => {
    let said = 0;
    fc.assert(
      fc.property(fleet, ({ model, nodes }) => {
        const desired = desiredOf(model, nodes, 'selectors');
        const text = renderDocuments(desired, { for: 'calicoctl', nodes });
        const exported = exportConfig(surveyDocuments(readBack(text)));
        if (exported.issues.some(({ severity }) => severity !== 'note')) return;
        said += 1;
        const again = desiredOf(modelOf(exported.text), nodes, 'selectors');
        expect(sessionsOf(again, nodes)).to.deep.equal(sessionsOf(desired, nodes));
      }),
      { numRuns: 60 },
    );
    expect(said).to.be.greaterThan(30);
  });
});

describe('documents of a folder', () => {
  const calico = (kind: string, name: string, spec: object): object => ({
    apiVersion: 'projectcalico.org/v3',
    kind,
    metadata: { name },
    spec,
  });
  const at = (file: string, document: unknown, wins = false): PlacedDocument => ({
    file,
    document,
    wins,
  });
  const peer = (asNumber: number): object =>
    calico('BGPPeer', 'a', { peerIP: '10.9.0.1', asNumber });

  it('count only together with their API group: a BGPPeer of MetalLB is not Calico’s', () => {
    const metallb = { apiVersion: 'metallb.io/v1beta2', kind: 'BGPPeer', metadata: { name: 'x' } };
    const { resources, documents, issues } = surveyDocuments([at('m.yaml', metallb)]);
    expect([resources, documents]).to.deep.equal([[], []]);
    expect(issues.map(({ severity, message }) => `${severity}: ${message}`)).to.deep.equal([
      'note: not read: BGPPeer of metallb.io/v1beta2 (1 object in m.yaml)',
    ]);
    const survey = surveyDocuments([at('m.yaml', metallb), at('a.yaml', peer(64512))]);
    const exported = exportConfig({ ...survey, documents: [...survey.documents, metallb] });
    expect(exported.issues.some(({ message }) => message.includes('BGPPeer "x"'))).to.equal(false);
  });

  it('are named by kind when they are not read', () => {
    const deployments = [1, 2].map((number) => ({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: `d${number}` },
    }));
    const { issues } = surveyDocuments([
      at('a.yaml', { apiVersion: 'v1', kind: 'List', items: deployments }),
      at('b.yaml', { just: 'a mapping' }),
      at('c.yaml', null),
    ]);
    expect(issues.map(({ severity, message }) => `${severity}: ${message}`)).to.deep.equal([
      'note: not read: Deployment of apps/v1 (2 objects in a.yaml)',
      'warning: not read: documents without apiVersion and kind (1 object in b.yaml)',
    ]);
  });

  it('of a typed list need no kind', () => {
    const items = [{ metadata: { name: 'p' }, spec: { cidr: '10.1.0.0/16' } }];
    const list = { apiVersion: 'projectcalico.org/v3', kind: 'IPPoolList', items };
    const { resources } = surveyDocuments([at('pools.json', list)]);
    expect(resources.map(({ resource }) => resource.metadata.name)).to.deep.equal(['p']);
  });

  it('count once: the agent’s own file before another one, and the other is named', () => {
    const { resources, issues } = surveyDocuments([
      at('a.yaml', peer(64512)),
      at('30-bgppeer-a.yaml', peer(64513), true),
    ]);
    expect(resources.map(({ resource }) => resource.spec)).to.deep.equal([
      { peerIP: '10.9.0.1', asNumber: 64513 },
    ]);
    expect(issues.map(({ message }) => message)).to.deep.equal([
      'BGPPeer "a" of a.yaml is not read: 30-bgppeer-a.yaml has one of that name too',
    ]);
  });

  it('describe nodes in both forms: Calico’s own, and annotations of the core Node', () => {
    const own = calico('Node', 'node-0', {
      bgp: { ipv4Address: '10.0.0.2/24', asNumber: '1.10', routeReflectorClusterID: '1.0.0.1' },
    });
    const core = {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: {
        name: 'node-1',
        labels: { 'calico-agent/group.0123456789ab': 'true' },
        annotations: { 'projectcalico.org/ASNumber': '64601' },
      },
    };
    const list = { apiVersion: 'v1', kind: 'List', items: [core] };
    const { nodes } = surveyDocuments([at('a.yaml', own), at('b.json', list)]);
    expect(nodes.map(({ name, settings }) => [name, settings])).to.deep.equal([
      ['node-0', { asNumber: 65546, routeReflectorClusterID: '1.0.0.1', groupLabels: [] }],
      ['node-1', { asNumber: 64601, groupLabels: ['calico-agent/group.0123456789ab'] }],
    ]);
  });
});

/** Every example renders to its goldens. UPDATE_GOLDENS=1 writes them anew: read the difference. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { parseConfig } from '../../../core/config/parse.ts';
import { parseNodes } from '../../../core/facts/parse-nodes.ts';
import { renderDocuments } from '../../../core/render/documents/documents.ts';
import { render } from '../../../core/render/render.ts';
import { checkFleet } from '../../../core/fabric/check-fleet.ts';
import { textAt } from '../../../core/input/plain-data.ts';
import { metalLbFaults } from '../../support/metallb/metallb-crds.ts';
import { resolveAll } from '../../support/samples/models.ts';
import { calicoSchemas, type CalicoApi } from '../../support/calico/calico-schemas.ts';
import { parse, parseAllDocuments } from 'yaml';

const folder = fileURLToPath(new URL('../../../examples/', import.meta.url));
const examples = readdirSync(folder, { withFileTypes: true })
  // Those of kops have a test of their own.
  .filter((entry) => entry.isDirectory() && !entry.name.startsWith('kops-'))
  .map(({ name }) => name);

const goldens = [
  { name: 'calicoctl', options: { for: 'calicoctl' }, peering: 'selectors', apis: ['v3'] },
  {
    name: 'kubectl',
    options: { for: 'kubectl' },
    peering: 'selectors',
    apis: ['v1', 'v1-microk8s'],
  },
  { name: 'kubectl-v3', options: { for: 'kubectl-v3' }, peering: 'selectors', apis: ['v3'] },
  { name: 'per-node', options: { for: 'calicoctl' }, peering: 'per-node', apis: ['v3'] },
] as const;

const faults: Readonly<Record<CalicoApi, (document: unknown) => readonly string[]>> = {
  v1: calicoSchemas('v1'),
  v3: calicoSchemas('v3'),
  'v1-microk8s': calicoSchemas('v1-microk8s'),
};

/** The findings of check about an example, besides notes. */
const findings: Readonly<Record<string, readonly string[]>> = {
  'as-per-rack': ['warning cluster-id-unset'],
  'route-reflection': ['warning cluster-id-unset'],
};

for (const example of examples) {
  describe(`the example ${example}`, () => {
    const read = (file: string): string => readFileSync(path.join(folder, example, file), 'utf8');

    it('is accepted, with its known warnings', () => {
      const config = parseConfig(read('config.yaml'));
      const fleet = parseNodes(read('nodes.yaml'));
      const nodes = fleet.ok ? fleet.nodes : [];
      const beside = config.ok ? checkFleet(config.model, nodes) : [];
      const issues = [...config.issues, ...fleet.issues, ...beside]
        .filter(({ severity }) => severity !== 'note')
        .map(({ severity, code }) => `${severity} ${code}`);
      expect(config.ok && fleet.ok).to.equal(true);
      expect([...new Set(issues)]).to.deep.equal(findings[example] ?? []);
    });

    for (const { name, options, peering, apis } of goldens) {
      it(`renders to its golden ${name}`, () => {
        const config = parseConfig(read('config.yaml'));
        const fleet = parseNodes(read('nodes.yaml'));
        if (!config.ok || !fleet.ok) throw new Error('the example is refused');
        const resolutions = resolveAll(config.model, fleet.nodes);
        const desired = render(config.model, resolutions, { peering, cluster: true });
        const text = renderDocuments(desired, options);
        const golden = path.join(folder, example, 'expected', `${name}.yaml`);
        if (process.env['UPDATE_GOLDENS'] === '1') {
          mkdirSync(path.dirname(golden), { recursive: true });
          writeFileSync(golden, text);
        }
        expect(text).to.equal(readFileSync(golden, 'utf8'));
      });

      it(`has no empty document in its golden ${name}: calicoctl refuses the whole stream`, () => {
        // Tools split documents in the same way: to a YAML parser comments before a `---` are no
        // document.
        const whole = read(`expected/${name}.yaml`);
        // A document about the platform alone has nothing for Calico.
        if (whole === '') return;
        for (const text of whole.split(/^---$/m)) {
          expect(parse(text)).to.include.keys('apiVersion', 'kind', 'metadata', 'spec');
        }
      });

      for (const api of apis) {
        it(`has documents in its golden ${name} that Calico's own schemas accept: ${api}`, () => {
          expect(faultsOf(read(`expected/${name}.yaml`), api)).to.deep.equal([]);
        });
      }
    }
  });
}

describe('the check against Calico’s schemas', () => {
  const head = { apiVersion: 'projectcalico.org/v3', kind: 'BGPPeer', metadata: { name: 'a' } };
  it('finds an unknown field and a wrong type', () => {
    const wrong = { ...head, spec: { peerIP: '10.0.0.1', asNumber: '1.10', asnumber: 1 } };
    expect(faultsOf(JSON.stringify(wrong), 'v3')).to.have.length(2);
  });

  it('refuses an unknown kind and the wrong API version', () => {
    expect(faultsOf(JSON.stringify({ ...head, kind: 'Peer', spec: {} }), 'v3')).to.have.length(1);
    expect(faultsOf(JSON.stringify({ ...head, spec: {} }), 'v1')).to.have.length(1);
  });
});

function faultsOf(text: string, api: CalicoApi): readonly string[] {
  return [...parseAllDocuments(text)].flatMap((document) => {
    expect(document.errors).to.deep.equal([]);
    const data: unknown = document.toJS();
    const isMetalLb = textAt(data, 'apiVersion')?.startsWith('metallb.io/') === true;
    return isMetalLb ? metalLbFaults(data) : faults[api](data);
  });
}

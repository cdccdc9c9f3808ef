/** A document in the wrong place is recognised, wherever it is given. */
import { expect } from 'chai';
import { textBounds } from '../../../core/input/bounds.ts';
import { locate } from '../../../core/config/yaml/located-yaml.ts';
import { recogniseInstead, type Expected } from '../../../core/config/mix-ups/instead.ts';
import { parseNodes } from '../../../core/facts/parse-nodes.ts';

const documents: readonly (readonly [name: string, text: string, what: RegExp])[] = [
  [
    'a NetworkConfig',
    'apiVersion: calico-agent/v1\nkind: NetworkConfig\nbgp: {}\n',
    /network configuration/,
  ],
  ['options of the charm', 'cidr: 10.0.0.0/16\n', /network configuration/],
  [
    'a bundle',
    'applications: {calico: {charm: calico, options: {ipip: Never}}}\n',
    /network configuration/,
  ],
  [
    'juju status',
    '{"machines": {}, "applications": {"calico": {"charm": "calico"}}}',
    /output of juju status/,
  ],
  ['a kubeconfig', 'apiVersion: v1\nkind: Config\nclusters: []\n', /a kubeconfig/],
  [
    'calicoctl.cfg',
    'apiVersion: projectcalico.org/v3\nkind: CalicoAPIConfig\nspec: {}\n',
    /calicoctl/,
  ],
  ['a BGPPeer', 'apiVersion: projectcalico.org/v3\nkind: BGPPeer\nspec: {}\n', /own BGPPeer/],
  ['agent.yaml', 'apiVersion: calico-agent/v1\nkind: AgentConfig\n', /the settings of an agent/],
  ['a Pod', 'apiVersion: v1\nkind: Pod\n', /a Pod of v1/],
];

describe('a document in the place of another', () => {
  const expected: Expected = {
    what: 'a shopping list',
    hint: 'write one',
    kind: 'List',
    keys: ['milk'],
  };
  const instead = (text: string): ReturnType<typeof recogniseInstead> => {
    const located = locate(text, textBounds.config);
    return located.ok ? recogniseInstead(located.root, expected) : undefined;
  };

  for (const [name, text, what] of documents) {
    it(`is recognised: ${name}`, () => {
      const issue = instead(text);
      expect(issue).to.include({ code: 'unknown-document', hint: 'write one' });
      expect(issue?.message)
        .to.match(what)
        .and.to.match(/, not a shopping list$/);
    });
  }

  it('is left to the usual checks when it claims to be the expected one', () => {
    expect(instead('apiVersion: v1\nkind: List\n')).to.equal(undefined);
    expect(instead('milk: 1\ncidr: 10.0.0.0/16\n')).to.equal(undefined);
    expect(instead('bread: 1\n')).to.equal(undefined);
  });

  for (const [name, text, what] of documents) {
    // juju status is one of the forms of NODES.
    if (name === 'juju status') continue;
    it(`is recognised as NODES: ${name}`, () => {
      const { issues } = parseNodes(text);
      expect(issues.map(({ severity }) => severity)).to.deep.equal(['error']);
      expect(issues[0]?.message).to.match(what);
      expect(issues[0]?.hint).to.contain('kubectl get nodes -o json');
    });
  }
});

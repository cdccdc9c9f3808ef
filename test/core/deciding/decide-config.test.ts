import { expect } from 'chai';
import { decideConfig } from '../../../core/deciding/decide-config.ts';
import type { Derived, Role } from '../../../core/deciding/question.ts';
import type { NodeFacts } from '../../../core/facts/facts.ts';

const text = `apiVersion: calico-agent/v1
kind: NetworkConfig
bgp: {asNumber: 64512}
lxd: {profiles: [default], bpffs: true}
`;

const facts: NodeFacts = { name: 'node-0', units: [], addresses: [], labels: {} };

function derivedFor(roles: readonly Role[]): Derived {
  const decided = decideConfig({ text, facts, reading: { unitApplication: undefined, roles } });
  if (!decided.ok) throw new Error(JSON.stringify(decided.issues));
  return decided.derived;
}

describe('the meaning of a configuration for a role', () => {
  it('is resources of Calico for a node, with a note about the ignored section', () => {
    const { desired, issues } = derivedFor(['node']);
    expect(desired.resources).to.not.deep.equal([]);
    expect(desired).to.not.have.property('lxd');
    expect(issues.map(({ code }) => code)).to.include('lxd-not-here');
  });

  it('is settings of LXD for an LXD host', () => {
    const { desired } = derivedFor(['lxd-host']);
    expect(desired.resources).to.deep.equal([]);
    expect(desired.lxd?.settings?.profiles[0]).to.include({ value: 'default' });
  });

  it('is both for a machine with both roles', () => {
    const { desired, issues } = derivedFor(['node', 'lxd-host']);
    expect(desired.resources).to.not.deep.equal([]);
    expect(desired.lxd?.settings?.profiles[0]).to.include({ value: 'default' });
    expect(issues.map(({ code }) => code)).to.not.include('lxd-not-here');
  });
});

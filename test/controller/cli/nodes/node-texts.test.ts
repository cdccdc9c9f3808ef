import { expect } from 'chai';
import { detailTexts, heading, row } from '../../../../controller/cli/nodes/node-texts.ts';
import type { Node } from '../../../../schemas/generated/controller-api/nodes.ts';

describe('the text about a node', () => {
  it('says that it was revoked, and what to do', () => {
    const node: Node = {
      ...{ name: 'node-0', connected: false, lastSeenAt: '2026-10-26T12:00:00Z' },
      ...{ agentVersion: '1.0.0', units: [], state: 'in-force' },
    };
    const stateOf = (one: Node): string | undefined => row(one, 'local')[heading.indexOf('STATE')];
    expect([stateOf(node), detailTexts(node)]).to.deep.equal(['-', []]);
    const revoked: Node = { ...node, revoked: true };
    expect([stateOf(revoked), detailTexts(revoked)]).to.deep.equal([
      'revoked',
      [
        'revoked: it cannot connect again without a new certificate; issue one (authority of the controller: calico-controller token create --node node-0), accept the old one again with calico-controller revoke --undo node-0, or take it out with calico-controller forget node-0',
      ],
    ]);
  });
});

import { expect } from 'chai';
import { chooseNodes, type Choice } from '../../../../controller/cli/nodes/choose-nodes.ts';
import { AppError } from '../../../../runtime/errors.ts';
import type { Node } from '../../../../schemas/generated/controller-api/nodes.ts';

const ref = (number: number): NonNullable<Node['inForce']> => ({
  lineage: 'controller:default',
  number,
  digest: `sha256:${'0'.repeat(64)}`,
});

const sessions = (expected: number, established: number, unknown = 0): Partial<Node> => ({
  sessions: { expected, established, unknown, unexpected: 0 },
});

function node(name: string, more: Partial<Node> = {}): Node {
  const lastSeenAt = '2026-01-01T00:00:00Z';
  return { name, connected: true, lastSeenAt, agentVersion: '1.0.0', units: [], ...more };
}

const nodes: readonly Node[] = [
  node('rack1-a', { push: { state: 'confirmed' }, inForce: ref(4), ...sessions(4, 4) }),
  node('rack1-b', { push: { state: 'rolled-back' }, inForce: ref(3), ...sessions(4, 1) }),
  node('rack1.c', {
    connected: false,
    push: { state: 'away' },
    lastSeenAt: '2025-12-01T00:00:00Z',
  }),
  node('rack2-a', { push: { state: 'applied' }, inForce: ref(4), ...sessions(4, 0, 4) }),
  node('rack2-b', { push: { state: 'confirmed' }, inForce: ref(4), ...sessions(4, 3) }),
];

function chosen(choice: Partial<Choice>): readonly string[] {
  return chooseNodes(nodes, { names: [], sort: 'name', ...choice }).map(({ name }) => name);
}

function refused(act: () => unknown): AppError {
  try {
    act();
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error('it was not refused');
}

describe('the nodes that a person asks for', () => {
  it('are those with one of the names, in which only * is special', () => {
    expect(chosen({ names: ['rack1-*'] })).to.deep.equal(['rack1-a', 'rack1-b']);
    expect(chosen({ names: ['*-a', 'rack1.c'] })).to.deep.equal(['rack1-a', 'rack1.c', 'rack2-a']);
    expect(chosen({ names: ['rack1.*'] })).to.deep.equal(['rack1.c']);
    expect(chosen({ names: ['rack3-*'] })).to.deep.equal([]);
  });

  it('are all there, or the mistyped one is named with what it may be', () => {
    const { code, message } = refused(() => chosen({ names: ['rack1-a', 'rakc2-a'] }));
    expect(code).to.equal('not-found');
    expect(message).to.equal('the controller knows no node "rakc2-a"; is it "rack2-a"?');
    expect(refused(() => chosen({ names: ['elsewhere'] })).message).to.equal(
      'the controller knows no node "elsewhere"; calico-controller nodes lists them',
    );
  });

  const kinds = [
    ['connected', ['rack1-a', 'rack1-b', 'rack2-a', 'rack2-b']],
    ['away', ['rack1.c']],
    ['pending', ['rack1-b', 'rack1.c', 'rack2-a']],
    ['failed', ['rack1-b']],
    // Unknown sessions are not down.
    ['unhealthy', ['rack1-b', 'rack2-b']],
  ] as const;
  for (const [only, names] of kinds) {
    it(`are those of the kind ${only}`, () => {
      expect(chosen({ only })).to.deep.equal(names);
    });
  }

  it('come in the order of a column, those that need a person first', () => {
    expect(chosen({ only: 'connected', sort: 'sessions' })).to.deep.equal([
      'rack1-b',
      'rack2-b',
      'rack1-a',
      'rack2-a',
    ]);
    expect(chosen({ sort: 'last-seen' })[0]).to.equal('rack1.c');
    expect(chosen({ only: 'connected', sort: 'revision' })[0]).to.equal('rack1-b');
    expect(chosen({ sort: 'push' })).to.deep.equal([
      'rack1-b',
      'rack1.c',
      'rack2-a',
      'rack1-a',
      'rack2-b',
    ]);
  });

  it('come with failed states first, unknown ones before the healthy ones', () => {
    const states = ['in-force', undefined, 'applying', 'held', 'drifted', 'failed'] as const;
    const mixed = states.map((state, index) =>
      node(`node-${String(index)}`, state === undefined ? {} : { state }),
    );
    const sorted = chooseNodes(mixed, { names: [], sort: 'state' });
    expect(sorted.map(({ state }) => state)).to.deep.equal([
      'failed',
      'drifted',
      'held',
      'applying',
      undefined,
      'in-force',
    ]);
  });
});

/**
 * A client with the token can claim to be any number of nodes: the bounds of the controller's
 * memory of them.
 */
import { expect } from 'chai';
import { createFleet } from '../../../../controller/app/fleet/create-fleet.ts';
import type { Fleet } from '../../../../controller/app/fleet/fleet.ts';
import type { NodeBounds } from '../../../../controller/app/nodes/node-book.ts';
import type { HelloMessage } from '../../../../core/protocol/messages.ts';
import { silentLogger, type LogFields } from '../../../../runtime/log/logger.ts';
import { helloOf, refTo, statusOf } from '../../../core/protocol/sample.ts';

interface Link {
  readonly remote: string;
  setTarget(): void;
  decide(): void;
  end(): void;
  silentMs(): number;
}

const linkFrom = (remote: string): Link => ({
  remote,
  setTarget: () => undefined,
  decide: () => undefined,
  end: () => undefined,
  silentMs: () => 0,
});

describe('the room for nodes', () => {
  let fleet: Fleet;
  let seconds: number;
  let logged: { message: string; fields: LogFields | undefined }[];
  const now = (): string => new Date(Date.UTC(2026, 0, 1) + seconds * 1000).toISOString();
  const make = (bounds: NodeBounds): void => {
    const note = (message: string, fields?: LogFields): void =>
      void logged.push({ message, fields });
    fleet = createFleet(
      { lastNumber: 0, nodes: [] },
      {
        lineage: 'controller:default',
        logger: { ...silentLogger, warn: note },
        now,
        onKept: () => undefined,
        bounds,
      },
    );
  };
  /** Returns the fault, and the link. */
  const join = (
    node: string,
    remote: string,
    facts: HelloMessage['facts'] = {},
  ): { readonly fault: string | undefined; readonly link: Link } => {
    seconds += 1;
    const link = linkFrom(remote);
    return { fault: fleet.join(link, { ...helloOf(), node, facts }), link };
  };
  const visit = (node: string, remote: string): void =>
    fleet.leave(join(node, remote).link, 'gone');
  const names = (): readonly string[] => fleet.records().map(({ name }) => name);

  beforeEach(() => {
    seconds = 0;
    logged = [];
    make({ nodes: 4, factsBytes: 1_000_000 });
  });

  it('is half for one address, whose own absent nodes give way to its new ones', () => {
    for (const node of ['a', 'b', 'c']) visit(node, '10.0.0.9');
    expect(names()).to.deep.equal(['b', 'c']);
  });

  it('costs at most a hundred log lines a minute, however many nodes come and go', () => {
    for (let n = 0; n < 400; n += 1) {
      visit(`invented-${String(n)}`, '10.0.0.9');
      seconds -= 1;
    }
    for (let n = 0; n < 400; n += 1) {
      join('a', `10.0.1.${String(n % 200)}`);
      seconds -= 1;
    }
    const count = (part: string): number =>
      logged.filter(({ message }) => message.includes(part)).length;
    expect(count('to make room for a new one')).to.equal(100);
    expect(count('takes the place of the one of this node')).to.equal(100);
  });

  it('refuses the new nodes of an address that has half of it connected, and says so', () => {
    for (const node of ['a', 'b']) expect(join(node, '10.0.0.9').fault).to.equal(undefined);
    expect(join('c', '10.0.0.9').fault).to.contain('too many nodes from this address');
    expect(join('c', '10.0.0.10').fault).to.equal(undefined);
  });

  it('is made by the address with the most absent nodes, never by one with a single node', () => {
    visit('honest-1', '10.0.0.1');
    visit('honest-2', '10.0.0.2');
    for (const node of ['flood-1', 'flood-2']) visit(node, '10.0.0.9');
    expect(join('honest-3', '10.0.0.3').fault).to.equal(undefined);
    expect(names()).to.deep.equal(['honest-1', 'honest-2', 'flood-2', 'honest-3']);
    expect(join('honest-4', '10.0.0.4').fault).to.contain('no room for a new node');
    expect(logged).to.deep.equal([
      {
        message: 'forgot nodes that are away, to make room for a new one',
        fields: { count: 1, nodes: ['flood-1'] },
      },
    ]);
  });

  it('is never refused to a known node', () => {
    visit('known', '10.0.0.1');
    for (const node of ['a', 'b']) join(node, '10.0.0.9');
    join('c', '10.0.0.3');
    expect(join('d', '10.0.0.4').fault).to.contain('no room');
    expect(join('known', '10.0.0.1').fault).to.equal(undefined);
  });

  it('counts the bytes of all facts, also those that change later', () => {
    make({ nodes: 100, factsBytes: 20_000 });
    const large = { labels: { x: 'y'.repeat(63), ...manyLabels(100) } };
    expect(join('a', '10.0.0.1', large).fault).to.equal(undefined);
    expect(join('b', '10.0.0.2', large).fault).to.equal(undefined);
    expect(join('c', '10.0.0.3', large).fault).to.contain('no room');
    const { link } = join('d', '10.0.0.4');
    const grown = { labels: manyLabels(200) };
    expect(fleet.refresh(link, { ...helloOf(), node: 'd', facts: grown })).to.contain('no room');
  });

  it('is free again after nodes have been away for too long', () => {
    visit('old', '10.0.0.1');
    const oldest = now();
    visit('young', '10.0.0.2');
    join('here', '10.0.0.3');
    fleet.expire(oldest);
    expect(names()).to.deep.equal(['old', 'young', 'here']);
    seconds = 2;
    fleet.expire(now());
    expect(names()).to.deep.equal(['young', 'here']);
  });

  it("keeps some kilobytes of a node's status, and still counts its peers", () => {
    const { link } = join('a', '10.0.0.1');
    const long = 'x'.repeat(4096);
    const issue = { severity: 'error' as const, code: 'c', pointer: '', message: long };
    const peer = { address: '10.0.0.1', asNumber: 64_512 };
    fleet.reportStatus(link, {
      ...statusOf(),
      message: long,
      issues: Array.from({ length: 50 }, () => issue),
      resolved: { peerCount: 5000, peers: Array.from({ length: 1000 }, () => peer) },
      revisions: {
        rejected: Array.from({ length: 100 }, () => ({ ...refTo(1, 'a'), at: '', reason: long })),
      },
    });
    const issues = Array.from({ length: 100 }, () => issue);
    const outcome = { kind: 'nack' as const, code: 'c', message: long, issues };
    fleet.reportProgress(link, refTo(1, 'a'), outcome);
    const [record] = fleet.records();
    expect(JSON.stringify(record).length).to.be.below(20_000);
    expect(record?.peers).to.equal(5000);
    fleet.reportStatus(link, { message: 'fine' });
    expect(fleet.records()[0]?.peers).to.equal(5000);
  });
});

function manyLabels(count: number): Record<string, string> {
  const labels = Array.from({ length: count }, (_, n) => [`label-${String(n)}`, 'y'.repeat(63)]);
  return Object.fromEntries(labels);
}

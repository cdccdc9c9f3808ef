/** The behaviour of a controller with odd agents, lost state and nodes that went away. */
import { expect } from 'chai';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { viewNodes } from '../../controller/app/fleet/fleet-view.ts';
import { createFleet } from '../../controller/app/fleet/create-fleet.ts';
import type { Fleet } from '../../controller/app/fleet/fleet.ts';
import { viewNode, viewPush } from '../../controller/app/nodes/node-view.ts';
import { inProcessChecker } from '../support/twins/in-process-checker.ts';
import { createPush, type Push } from '../../controller/app/push/push.ts';
import { connectedNames, waitForPush } from '../../controller/app/push/wait-for-push.ts';
import type { StoredFleetState } from '../../controller/app/store/fleet-store.ts';
import type { DeliveryOutcome } from '../../core/protocol/delivery/controller-delivery.ts';
import {
  decisionCapability,
  parseMessage,
  type HelloMessage,
} from '../../core/protocol/messages.ts';
import type { LogFields, Logger } from '../../runtime/log/logger.ts';
import { jsonBounds } from '../../core/input/bounds.ts';
import { isChannelMessage } from '../../schemas/generated/channel-message.validator.js';
import { helloOf, refTo, statusOf } from '../core/protocol/sample.ts';
import { MemoryAgent } from '../support/twins/memory-agent.ts';
import { forgetfulStore, rolloutsOf } from '../support/twins/forgetful-store.ts';
import { eventually } from '../support/eventually.ts';
import { configWith, Lab } from './running.ts';

const lineage = 'controller:default';
const live = new AbortController().signal;

interface TestLink {
  readonly remote: string;
  silentMs(): number;
  setTarget(): void;
  decide(): void;
  end(): void;
}

function linkFrom(remote = '10.0.0.9', silentMs = 0): TestLink {
  return {
    remote,
    silentMs: () => silentMs,
    setTarget: () => undefined,
    decide: () => undefined,
    end: () => undefined,
  };
}

describe('the fleet of a controller', () => {
  const begin = Date.parse('2026-01-01T00:00:00Z');
  let minutes: number;
  let logged: { message: string; fields: LogFields | undefined }[];
  let fleet: Fleet;
  let push: Push;
  const now = (): string => new Date(begin + minutes * 60_000).toISOString();
  const note = (message: string, fields?: LogFields): void => void logged.push({ message, fields });
  const logger: Logger = { debug: () => undefined, info: () => undefined, warn: note, error: note };

  function make(before: StoredFleetState = { lastNumber: 0, nodes: [] }): void {
    fleet = createFleet(before, { lineage, logger, now, onKept: () => undefined });
    push = createPush({
      cluster: 'default',
      fleet,
      checker: inProcessChecker,
      rollouts: rolloutsOf(fleet, now),
      store: forgetfulStore,
      now,
      logger,
    });
  }
  const send = (text: string): ReturnType<Push> =>
    push({ mediaType: 'application/yaml', text, by: 'test' });

  beforeEach(() => {
    minutes = 0;
    logged = [];
    make();
  });

  it('dates a node by its last message, not by the end of the connection', () => {
    minutes = 10;
    const silent = linkFrom('10.0.0.9', 90_000);
    fleet.join(silent, { ...helloOf(), node: 'node-0', facts: {} });
    const seen = '2026-01-01T00:08:30.000Z';
    expect(viewNodes(fleet, now())[0]).to.include({ connected: true, lastSeenAt: seen });
    fleet.leave(silent, 'it is silent');
    expect(fleet.stored()[0]?.lastSeenAt).to.equal(seen);
    expect(viewNodes(fleet, now())[0]).to.include({ connected: false, lastSeenAt: seen });
  });

  it('stores the time of a connected node once an hour, so that it makes few writes', () => {
    fleet.join(linkFrom(), { ...helloOf(), node: 'node-0', facts: {} });
    const times = [0, 20, 59, 61, 119, 121].map((minute) => {
      minutes = minute;
      return fleet.stored()[0]?.lastSeenAt;
    });
    const at = (hour: number): string => new Date(begin + hour * 3_600_000).toISOString();
    expect(times).to.deep.equal([at(0), at(0), at(0), at(1), at(1), at(2)]);
  });

  it('writes nothing about a node that comes back within the hour as it was', () => {
    const join = (facts: HelloMessage['facts']): void =>
      void fleet.join(linkFrom(), { ...helloOf(), node: 'node-0', facts });
    join({ labels: { rack: 'r1' } });
    const nodes = fleet.stored();
    const writtenAt = (minute: number, facts: HelloMessage['facts']): readonly unknown[] => {
      const written: unknown[] = [];
      const onKept = (node?: string): void => void written.push(node);
      minutes = minute;
      fleet = createFleet({ lastNumber: 0, nodes }, { lineage, logger, now, onKept });
      join(facts);
      return written;
    };
    expect(writtenAt(59, { labels: { rack: 'r1' } })).to.deep.equal([]);
    expect(writtenAt(59, { labels: { rack: 'r2' } })).to.deep.equal(['node-0']);
    expect(writtenAt(61, { labels: { rack: 'r1' } })).to.deep.equal(['node-0']);
  });

  it('writes a node that comes back with the same facts and something else', () => {
    const first = { ...helloOf(), node: 'node-0', facts: { labels: { rack: 'r1' } } };
    fleet.join(linkFrom(), first);
    const nodes = fleet.stored();
    const writtenAfter = (hello: HelloMessage, link: Parameters<Fleet['join']>[0]): unknown[] => {
      const written: unknown[] = [];
      const onKept = (node?: string): void => void written.push(node);
      fleet = createFleet({ lastNumber: 0, nodes }, { lineage, logger, now, onKept });
      fleet.join(link, hello);
      const [kept] = fleet.stored();
      expect(written.length > 0).to.equal(!isDeepStrictEqual(kept, nodes[0]));
      return written;
    };
    const certified = { validFrom: begin, validUntil: begin + 3_600_000 };
    const capabilities = [decisionCapability];
    expect(writtenAfter(first, linkFrom())).to.deep.equal([]);
    expect(writtenAfter({ ...first, agentVersion: '9.9.9' }, linkFrom())).to.have.length(1);
    expect(writtenAfter({ ...first, capabilities }, linkFrom())).to.have.length(1);
    expect(writtenAfter(first, linkFrom('10.0.0.10'))).to.have.length(1);
    expect(writtenAfter(first, { ...linkFrom(), certified })).to.have.length(1);
  });

  it('knows when the certificate of a node began without a look at the other nodes', () => {
    let looks = 0;
    for (let node = 0; node < 50; node += 1) {
      const link = Object.defineProperty(linkFrom(), 'certified', {
        get: () => {
          looks += 1;
          return { validFrom: begin + node, validUntil: begin + 3_600_000 };
        },
      });
      fleet.join(link, { ...helloOf(), node: `Node-${String(node)}`, facts: {} });
    }
    looks = 0;
    expect(fleet.connectedFrom('node-7')).to.equal(begin + 7);
    expect(fleet.connectedFrom('node-50')).to.equal(undefined);
    expect(looks).to.equal(1);
  });

  it('refuses bad facts of a node that it knows', () => {
    fleet.join(linkFrom(), { ...helloOf(), node: 'node-0', facts: { addresses: ['10.0.0.2/24'] } });
    const bad = { ...helloOf(), node: 'node-0', facts: { addresses: ['10.0.0.0/24'] } };
    expect(fleet.join(linkFrom(), bad)).to.contain('the facts are wrong');
    expect(fleet.facts()[0]?.addresses).to.have.length(1);
  });

  it('stores a node under its name in lower case', () => {
    fleet.join(linkFrom(), { ...helloOf(), node: 'Node-0', facts: {} });
    expect(fleet.stored().map(({ name, facts }) => [name, facts.name])).to.deep.equal([
      ['node-0', 'node-0'],
    ]);
  });

  it('shows nodes whose stored record cannot be read, until they connect or are forgotten', () => {
    const unreadable = ['node-0', 'node-1'].map((name) => ({ name, reason: 'damaged' }));
    make({ lastNumber: 0, nodes: [], unreadable });
    expect(fleet.problem()).to.contain('cannot read the stored facts of 2 nodes');
    expect(fleet.problem()).to.contain('node-0, node-1');
    fleet.join(linkFrom(), { ...helloOf(), node: 'node-0', facts: {} });
    expect(fleet.unreadable()).to.deep.equal(['node-1']);
    fleet.forget(['node-1']);
    expect([fleet.unreadable(), fleet.problem()]).to.deep.equal([[], undefined]);
    expect(() => fleet.forget(['node-1'])).to.throw('it is not known');
  });

  it('takes no facts beyond 64 KiB', () => {
    const labels = Object.fromEntries(
      Array.from({ length: 1000 }, (_, n) => [`${String(n)}${'k'.repeat(60)}`, 'v'.repeat(60)]),
    );
    const fault = fleet.join(linkFrom(), { ...helloOf(), facts: { labels } });
    expect(fault).to.contain('larger than 64 KiB');
    expect(fleet.stored()).to.deep.equal([]);
  });

  it('takes no facts that it could not read again', () => {
    const units = Array.from({ length: 100 }, (_, n) => `calico/${String(n)}`);
    const fault = fleet.join(linkFrom(), { ...helloOf(), facts: { unit: 'calico/100', units } });
    expect(fault).to.equal('the facts break their schema');
  });

  it('continues above the numbers of its agents', async () => {
    fleet.join(linkFrom(), helloOf({ accepted: refTo(57, 'a') }));
    expect((await send(configWith(64_513))).revision.number).to.equal(58);
  });

  for (const isKnown of [true, false]) {
    const when = isKnown ? 'connects' : 'connected before the stored state was known';
    it(`continues above a number that an agent rolled back, which ${when}`, async () => {
      const at = '2026-01-01T00:00:00.000Z';
      const rejected = [
        { ...refTo(58, 'b'), at, reason: 'rolled back' },
        { ...refTo(99, 'c'), lineage: 'local:node-0', at, reason: 'rolled back' },
      ];
      const deps = { lineage, logger, now, onKept: () => undefined };
      fleet = createFleet(undefined, deps);
      if (isKnown) make();
      fleet.join(linkFrom(), helloOf({ accepted: refTo(57, 'a'), rejected }));
      if (!isKnown) fleet.restore({ lastNumber: 0, nodes: [] });
      expect(fleet.lastNumber()).to.equal(58);
    });
  }

  it('pushes the same content anew when agents have a higher number', async () => {
    await send(configWith(64_513));
    fleet.join(linkFrom(), helloOf({ accepted: refTo(57, 'a') }));
    const again = await send(configWith(64_513));
    expect([again.result, again.revision.number]).to.deep.equal(['accepted', 58]);
  });

  it('limits the number that it takes from an agent, so that the others accept the next one', async () => {
    for (let leap = 1; leap <= 20; leap += 1) {
      const link = linkFrom();
      fleet.join(link, helloOf({ accepted: refTo(leap * 400_000, 'a') }));
      fleet.leave(link, 'gone');
    }
    expect((await send(configWith(64_513))).revision.number).to.equal(400_001);
    fleet.join(linkFrom(), helloOf({ accepted: refTo(800_000, 'a') }));
    expect((await send(configWith(64_514))).revision.number).to.equal(400_002);
  });

  const lies: readonly [what: string, hello: HelloMessage][] = [
    ['that cannot be', helloOf({ accepted: refTo(Number.MAX_SAFE_INTEGER, 'a') })],
    ['of another lineage', helloOf({ accepted: { ...refTo(9, 'a'), lineage: 'local:node-0' } })],
  ];
  for (const [what, hello] of lies) {
    it(`does not continue from a number ${what}`, async () => {
      fleet.join(linkFrom(), hello);
      expect((await send(configWith(64_513))).revision.number).to.equal(1);
    });
  }

  it('does not call a push done while one of its nodes has gone away', async () => {
    const [one, other] = [linkFrom(), linkFrom()];
    fleet.join(one, helloOf());
    fleet.join(other, { ...helloOf(), node: 'node-1', facts: { addresses: ['10.0.0.3/24'] } });
    const nodes = connectedNames(fleet);
    const { revision: ref } = await send(configWith(64_513));
    fleet.reportProgress(one, ref, { kind: 'stage', stage: 'confirmed' });
    fleet.leave(other, 'gone');
    expect(await waitForPush(fleet, { ref, nodes, waitMs: 20 }, live)).to.equal('time-over');
  });

  it('does not call a push done that no agent got', async () => {
    const { revision: ref } = await send(configWith(64_513));
    const nodes = connectedNames(fleet);
    expect(await waitForPush(fleet, { ref, nodes, waitMs: 20 }, live)).to.equal('nobody');
  });

  it('does not wait for a client that has gone', async () => {
    fleet.join(linkFrom(), helloOf());
    const { revision: ref } = await send(configWith(64_513));
    const waiting = { ref, nodes: connectedNames(fleet), waitMs: 10_000 };
    const error = await waitForPush(fleet, waiting, AbortSignal.abort()).catch(
      (why: unknown) => why,
    );
    expect(String(error)).to.contain('went away');
  });

  describe('with a node that confirmed', () => {
    const link = linkFrom();
    const stateOf = (): string => {
      const [record] = fleet.records();
      const target = fleet.revision();
      return record === undefined || target === undefined ? '' : viewPush(record, target).state;
    };
    const report = (revisions: object): string | undefined =>
      fleet.reportStatus(link, { ...statusOf(), revisions: { rejected: [], ...revisions } });

    beforeEach(async () => {
      fleet.join(link, helloOf());
      const { revision: ref } = await send(configWith(64_513));
      report({ accepted: refTo(9, 'before') });
      for (const stage of ['received', 'applied', 'confirmed'] as const) {
        fleet.reportProgress(link, ref, { kind: 'stage', stage });
      }
    });

    it('does not take its earlier status for a takeover', () => {
      expect(stateOf()).to.equal('confirmed');
    });

    it('says that another source took over, until the node is given back', () => {
      report({ accepted: { ...refTo(1, 'x'), lineage: 'local:node-0' } });
      expect(stateOf()).to.equal('replaced');
      const revision = fleet.revision();
      if (revision === undefined) throw new Error('no revision');
      const { number, digest } = revision;
      report({ accepted: { lineage, number, digest } });
      expect(stateOf()).to.equal('confirmed');
    });

    it('ignores fields of the status that only a newer version knows', () => {
      const changes = {
        ...statusOf('in-force'),
        mood: 'fine',
        datastore: {
          driver: 'memory',
          reachesCluster: false,
          message: 'x',
          shards: [1],
        },
      };
      expect(fleet.reportStatus(link, changes)).to.equal(undefined);
      expect(fleet.records()[0]?.status)
        .to.include({ state: 'in-force' })
        .and.not.have.property('mood');
      expect(fleet.records()[0]?.status?.datastore).not.to.have.property('shards');
    });
  });

  it('counts what a node has confirmed while it is asked about that again', () => {
    const link = linkFrom();
    fleet.join(link, { ...helloOf(), node: 'node-0', facts: {} });
    fleet.reportProgress(link, refTo(3, 'a'), { kind: 'stage', stage: 'confirmed' });
    fleet.reportProgress(link, refTo(3, 'a'), { kind: 'sent' });
    const outcome = (): unknown => fleet.records()[0]?.progress?.outcome;
    expect(outcome()).to.deep.equal({ kind: 'stage', stage: 'confirmed' });
    fleet.reportProgress(link, refTo(4, 'b'), { kind: 'sent' });
    expect(outcome()).to.deep.equal({ kind: 'sent' });
  });

  it('logs the same failure of a node once', () => {
    const link = linkFrom();
    fleet.join(link, helloOf());
    const nack: DeliveryOutcome = { kind: 'nack', code: 'x', message: 'no', issues: [] };
    for (const number of [1, 2, 3]) {
      fleet.reportProgress(link, refTo(number, 'a'), { kind: 'sent' });
      fleet.reportProgress(link, refTo(number, 'a'), nack);
    }
    expect(logged).to.have.length(1);
    fleet.reportProgress(link, refTo(4, 'a'), { ...nack, message: 'never' });
    expect(logged).to.have.length(2);
  });

  describe('with two connections of one name behind one address', () => {
    const arrive = (instance: string): void => {
      fleet.join(linkFrom(), { ...helloOf(), instance });
    };
    const rivals = (): unknown => {
      const [record] = fleet.records();
      return record === undefined ? undefined : viewNode(record, undefined, now()).replaced?.rivals;
    };

    it('detects two machines when a process comes back in place of another, for a while', () => {
      for (const instance of ['a', 'b']) arrive(instance);
      expect(rivals()).to.equal(undefined);
      arrive('a');
      expect(rivals()).to.equal(true);
      minutes = 11;
      expect(rivals()).to.equal(undefined);
    });

    it('detects one machine when its process began anew', () => {
      for (const instance of ['a', 'b', 'b', 'c']) arrive(instance);
      expect(rivals()).to.equal(undefined);
    });
  });

  it('forgets absent nodes, and none when one of them is connected or unknown', () => {
    const away = linkFrom();
    fleet.join(away, helloOf());
    fleet.leave(away, 'gone');
    fleet.join(linkFrom(), { ...helloOf(), node: 'node-1', facts: {} });
    expect(() => fleet.forget(['node-0', 'node-1'])).to.throw('"node-1": it is connected');
    expect(() => fleet.forget(['node-0', 'node-2'])).to.throw('"node-2": it is not known');
    expect(fleet.records()).to.have.length(2);
    fleet.forget(['Node-0']);
    expect(fleet.records().map(({ name }) => name)).to.deep.equal(['node-1']);
  });
});

describe('a hello', () => {
  for (const node of ['bad name', '-x', '\u001b[31m', '']) {
    it(`does not name a node ${JSON.stringify(node)}`, () => {
      const parsed = parseMessage(JSON.stringify({ ...helloOf(), node }), {
        bounds: jsonBounds.agentMessage,
        isMessage: isChannelMessage,
      });
      expect(parsed.ok ? '' : parsed.reason).to.contain('/node');
    });
  }
});

describe('a state directory', () => {
  let lab: Lab;
  beforeEach(async () => {
    lab = await Lab.make();
  });
  afterEach(async () => {
    await lab.close();
  });

  it('has one controller, and is free when that has stopped', async () => {
    await lab.start();
    const first = lab.controller;
    const error = await lab
      .start({ socket: path.join(lab.folder, 'second.sock') })
      .catch((reason: unknown) => reason);
    expect(String(error)).to.contain('stop it first');
    lab.controller = first;
    await lab.stopController();
    await lab.start();
  });

  it('keeps no forgotten node over a restart', async () => {
    await lab.start();
    const channel = lab.connect(new MemoryAgent({ name: 'node-0' }));
    await eventually(async () => expect((await lab.status()).connected).to.equal(1));
    await channel.stop();
    await eventually(async () => expect((await lab.status()).connected).to.equal(0));
    expect(await lab.ask('DELETE', '/v1/nodes?name=node-0')).to.deep.equal({
      forgotten: ['node-0'],
    });
    await lab.stopController();
    await lab.start();
    expect((await lab.status()).known).to.equal(0);
  });
});

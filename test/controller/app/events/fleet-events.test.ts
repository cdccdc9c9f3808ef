/** The events of a fleet: of one that is made up, and of a real controller. */
import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { compareFleets, type SeenNode } from '../../../../controller/app/events/compare-nodes.ts';
import { fleetEventKinds } from '../../../../controller/app/events/fleet-event.ts';
import { createFleetEventLog } from '../../../../controller/app/events/fleet-event-log.ts';
import { createUnixHttpClient } from '../../../../runtime/http/unix-client.ts';
import type { FleetEvents } from '../../../../schemas/generated/controller-api/fleet-events.ts';
import { isFleetEvents } from '../../../../schemas/generated/controller-api/fleet-events.validator.js';
import { eventually } from '../../../support/eventually.ts';
import { MemoryAgent } from '../../../support/twins/memory-agent.ts';
import { configWith, Lab } from '../../running.ts';

const calm: SeenNode = { isConnected: true, needsPerson: false, isOnHold: false, degraded: [] };
const failed = (why: string): SeenNode => ({ ...calm, push: { number: 4, state: 'failed', why } });

function textsOf(
  before: Readonly<Record<string, SeenNode>>,
  now: Readonly<Record<string, SeenNode>>,
): readonly string[] {
  return compareFleets(
    { nodes: new Map(Object.entries(before)) },
    { nodes: new Map(Object.entries(now)) },
  ).map(({ kind, level, text, nodes = [] }) => `${level} ${kind} [${nodes.join(' ')}] ${text}`);
}

describe('the events of a fleet', () => {
  it('tell what changed between two looks, once for all nodes with the same change', () => {
    const away = { ...calm, isConnected: false };
    expect(textsOf({ a: away }, { a: calm, b: calm })).to.deep.equal([
      'info connected [a b] connected',
    ]);
    expect(textsOf({ a: calm, b: calm }, { a: away })).to.deep.equal([
      'warning away [a] not connected any more',
      'info forgotten [b] the controller does not know this node any more',
    ]);
    expect(textsOf({ a: calm, b: calm }, { a: failed('no'), b: failed('no') })).to.deep.equal([
      'error failed [a b] revision 4 failed: no',
    ]);
    const down = { ...calm, down: 2 };
    const faults = { needsPerson: true, isOnHold: true, degraded: ['bird'] };
    expect(
      textsOf({ a: calm, b: down }, { a: { ...down, ...faults }, b: { ...calm, down: 0 } }),
    ).to.deep.equal([
      'warning sessions-down [a] 2 BGP sessions are down',
      'error needs-person [a] waiting will not help',
      'warning hold [a] writing is on hold',
      'warning degraded [a] bird fails again and again',
      'info sessions-up [b] all BGP sessions are up again',
    ]);
    expect(textsOf({ a: down }, { a: down })).to.deep.equal([]);
  });

  it('tell nothing anew of the revision that a node confirmed before it was away', () => {
    const push = { number: 4, state: 'confirmed' } as const;
    const before = { ...calm, push };
    expect(textsOf({ a: before }, { a: { ...before, isConnected: false } })).to.deep.equal([
      'warning away [a] not connected any more',
    ]);
  });

  it('are few also where every node has a text of its own', () => {
    const names = Array.from({ length: 500 }, (_, index) => `node-${String(index)}`);
    const now = Object.fromEntries(names.map((name) => [name, failed(`reason of ${name}`)]));
    const texts = textsOf({}, now).filter((text) => text.includes(' failed ['));
    expect(texts).to.have.length(21);
    expect(texts.at(-1)).to.match(/^error failed \[node-20 .* node-499\] revision 4 failed$/);
  });

  it('of floods leave room for the others', () => {
    const log = createFleetEventLog(() => '2026-01-01T00:00:00Z');
    log.record([{ kind: 'revision', level: 'info', text: 'revision 1 by alice' }]);
    for (let index = 0; index < 3000; index += 1) {
      log.record([{ kind: 'away', level: 'warning', text: 'away', nodes: ['node-0'] }]);
    }
    const events = log.after(0);
    expect(events).to.have.length(2000);
    expect(events[0]?.text).to.equal('revision 1 by alice');
    expect(events.at(-1)?.text).to.equal('node-0: away');
    expect((events.at(-1)?.id ?? 0) - (events[0]?.id ?? 0)).to.equal(3000);
  });

  it('have greater numbers after a restart, so that a client that follows misses none', () => {
    const event = { kind: 'revision', level: 'info', text: 'revision 1 by alice' } as const;
    const before = createFleetEventLog(() => '2026-01-01T00:00:00Z');
    before.record([event, event]);
    const last = before.after(0).at(-1)?.id ?? 0;
    const restarted = createFleetEventLog(() => '2026-01-01T00:00:01Z');
    restarted.record([event, event, event]);
    expect(restarted.after(last)).to.have.length(3);
    // The clock was set back.
    const earlier = createFleetEventLog(() => '2025-01-01T00:00:00Z');
    expect(earlier.after(last)).to.deep.equal([]);
    earlier.record([event, event, event]);
    expect(earlier.after(last)).to.have.length(3);
  });

  it('are all explained in docs/monitoring.md, in the order of the code', () => {
    const page = readFileSync('docs/monitoring.md', 'utf8');
    const table = page.slice(
      page.indexOf('## Events of the fleet'),
      page.indexOf('## Who changed'),
    );
    const kinds = [...table.matchAll(/^\| `([a-z-]+)` /gm)].map(([, kind]) => kind);
    expect(kinds).to.deep.equal(fleetEventKinds);
  });
});

describe('GET /v1/events of the controller', () => {
  let lab: Lab;
  const ask = async (query: string): Promise<FleetEvents> => {
    const client = createUnixHttpClient(lab.socket, { startHint: '' });
    const answer = await client.request({ method: 'GET', path: `/v1/events${query}` });
    const body: unknown = JSON.parse(answer.body);
    if (!isFleetEvents(body)) throw new Error(`not as its schema says: ${answer.body}`);
    return body;
  };
  before(async () => {
    lab = await Lab.make();
    await lab.start();
  });
  after(() => lab.close());

  it('tells of revisions and nodes, and waits for the next event', async () => {
    expect(await ask('')).to.deep.equal({ events: [], last: 0 });
    const waiting = ask('?after=0&wait=30');
    const agents = ['node-0', 'node-1'].map(
      (name, index) => new MemoryAgent({ name, address: `10.0.0.${String(index + 1)}/24` }),
    );
    for (const agent of agents) lab.connect(agent);
    expect((await waiting).events[0]?.kind).to.equal('connected');
    await lab.push(configWith(64_513), 20);
    await eventually(async () => {
      const { events, last } = await ask('');
      const texts = events.map(({ text }) => text);
      expect(texts.some((text) => text.startsWith('revision 1 by '))).to.equal(true);
      const confirmed = events.filter(({ kind }) => kind === 'confirmed');
      expect(confirmed.reduce((sum, { nodes }) => sum + (nodes?.count ?? 0), 0)).to.equal(2);
      expect(await ask(`?after=${String(last)}`)).to.deep.equal({ events: [], last });
    });
  });
});

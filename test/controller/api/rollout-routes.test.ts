/** What people ask of a rollout by the API, with agents that answer at once. */
import { expect } from 'chai';
import { auditedRoutes } from '../../../controller/api/people/audited-routes.ts';
import { rolloutRoutes } from '../../../controller/api/rollout-routes.ts';
import { createAuditTrail } from '../../../controller/app/audit/audit-trail.ts';
import { createControllerCounters } from '../../../controller/app/metrics/controller-counters.ts';
import type { AuditEntry } from '../../../controller/ports/audit-log.ts';
import type { Route } from '../../../runtime/http/route.ts';
import { silentLogger } from '../../../runtime/log/logger.ts';
import { failure } from '../../support/failure.ts';
import { FleetOfAgents } from '../app/rollout/fleet-of-agents.ts';

const config = (asNumber: number): string => `global-as-number: ${String(asNumber)}\n`;

describe('the routes of a rollout', () => {
  let fleet: FleetOfAgents;
  let entries: AuditEntry[];
  let routes: readonly Route[];

  beforeEach(async () => {
    fleet = new FleetOfAgents(['a', 'b', 'c']);
    await fleet.boot();
    entries = [];
    const log = {
      append: (entry: AuditEntry) => Promise.resolve(void entries.push(entry)),
      read: () => Promise.resolve([]),
      close: () => Promise.resolve(),
    };
    const counters = createControllerCounters();
    const trail = createAuditTrail(log, () => fleet.now(), silentLogger, counters);
    const { fleet: known, rollouts, fleetStore: store } = fleet;
    const start = (): Promise<never> => Promise.reject(new Error('not used'));
    const deps = { fleet: known, rollouts, start, preview: start, store };
    routes = auditedRoutes(rolloutRoutes(deps), { trail });
  });
  afterEach(() => fleet.rollouts.stop());

  const ask = async (what: string, query = ''): Promise<void> => {
    const route = routes.find((one) => one.path === `/v1/rollout/${what}`);
    if (route === undefined) throw new Error(`no route to ${what}`);
    await route.handle({
      ...{ access: 'write', parameters: {}, query: new URLSearchParams(query), headers: {} },
      ...{ body: '', mediaType: undefined, signal: new AbortController().signal },
      caller: () => Promise.resolve({ pid: 7, uid: 0, gid: 0 }),
    });
  };

  it('say in the audit log which rollout and revision they were about', async () => {
    await fleet.pushText(config(64_512));
    await fleet.turns(2);
    await fleet.start(config(64_513), { waves: [{ name: 'first', nodes: ['a'] }] });
    await ask('pause');
    await ask('abort');
    const ended = entries.filter(({ phase }) => phase === 'ended');
    const { digest } = fleet.view().revision;
    expect(
      ended.map(({ details: { rollout, revision } }) => ({ rollout, revision })),
    ).to.deep.equal([
      { rollout: 2, revision: 2 },
      { rollout: 2, revision: 3 },
    ]);
    expect(ended[1]?.details).to.include({ digest });
  });

  it('are refused where the person looked at another wave or rollout', async () => {
    const waves = [
      { name: 'one', nodes: ['a'] },
      { name: 'two', nodes: ['b'] },
    ];
    await fleet.start(config(64_513), { waves, settle: '0s', approval: 'each-wave' });
    await fleet.turns(2);
    expect(fleet.view().waitsFor?.text).to.contain('rollout approve two --rollout 1 lets it begin');
    await ask('approve', 'by=ann&rollout=1&step=two');
    // Bob read the same text, and answers a moment later.
    await fleet.turns(2);
    const late = await failure(ask('approve', 'by=bob&rollout=1&step=wave%20two'));
    expect([late.code, late.message]).to.deep.equal([
      'rollout-not-possible',
      'cannot approve the rollout: it is at wave rest now, and not at wave two; look at it first: calico-controller rollout status',
    ]);
    expect(fleet.view().step).to.equal('wave rest');
    await fleet.pushText(config(64_514), true);
    const other = await failure(ask('abort', 'by=bob&rollout=1'));
    expect(other.message).to.contain('it would be about rollout 2 by test now, and not about 1');
    expect((await failure(ask('abort', 'rollout=x'))).code).to.equal('bad-request');
    expect(entries.at(-1)?.details).to.include({ 'asked.rollout': 'x' });
    // An older client does not say what the person looked at.
    await ask('abort', 'by=bob');
    expect(fleet.view()).to.include({ number: 2, phase: 'aborted' });
  });
});

/** Builds the parts of the agent that its entrances use, and the pass of the loop. */
import type { Opening } from '../../../runtime/files/opening.ts';
import { createNodeAddresses } from '../addresses/node-addresses.ts';
import type { Agent } from '../agent.ts';
import { auditedOffers, createAudit } from '../events/audit.ts';
import type { HealthOfPasses } from '../health/health-of-passes.ts';
import { createFactsIntake, type RefreshingFacts } from '../derive/facts-intake.ts';
import { createLxdOperations, withoutLxd, type RunningLxd } from '../lxd/lxd-operations.ts';
import { createOffers, type Offers } from '../offer/offers.ts';
import { usualAcceptLoss } from '../state/settings-now.ts';
import { createPreview } from '../offer/preview.ts';
import { createOperations } from '../operations/operations.ts';
import { createAgentPass, createStateOpening, type AgentPass } from '../reconcile/agent-pass.ts';
import { createReconcile } from '../reconcile/pass.ts';
import { createReadings } from '../status/readings.ts';
import type { PlatformSource } from '../../ports/platform/platform-source.ts';
import { rolesOf, type AgentDeps } from './agent-deps.ts';
import type { Knowledge } from './knowledge.ts';
import type { Reconciliation } from './reconciliation.ts';

export interface Parts {
  readonly agent: Agent;
  readonly opening: Opening;
  readonly facts: RefreshingFacts;
  readonly pass: AgentPass;
}

export function createParts(
  deps: AgentDeps,
  knowledge: Knowledge,
  reconciliation: Reconciliation,
  passes: Pick<HealthOfPasses, 'passEnded'>,
): Parts {
  const { clock, logger, connection, store, livingNodes } = deps;
  const { claim, records, status, events, eventLog, counters, settings, derived } = knowledge;
  const { loop, following, reconciling, lxd: remembered } = reconciliation;
  const open = async (): Promise<void> => {
    await records.state.load();
    await claim();
    await eventLog.begin();
  };
  const opening = createStateOpening({ open, clock, logger, status });
  const facts = createFacts(deps, knowledge, loop.wake);
  const lxd: RunningLxd =
    remembered === undefined
      ? withoutLxd()
      : createLxdOperations({
          lxd: remembered.lxd,
          takeObserved: remembered.take,
          reconciling,
          loop,
        });
  const pass = createAgentPass({
    opening,
    logger,
    refreshFacts: () => facts.refresh(settings.current()),
    follow: () => following.follow(knowledge.facts.current().name),
    reconcile: createReconcile(reconciling),
    afterwards: lxd.afterPass,
    ended: passes.passEnded,
  });
  const audit = createAudit({ eventLog, clock, logger });
  const agent: Agent = {
    readings: createReadings({
      status: status.read,
      firstPass: pass.first,
      facts: knowledge.facts.current,
      derived,
      derivedOf: (ref) => knowledge.cache.try(ref, knowledge.facts.current()),
      sessions: knowledge.sessions.read,
      load: knowledge.loadRevision,
      records,
      store,
      events,
    }),
    offers: auditedOffers(createConfigurations(deps, knowledge, reconciliation), audit),
    facts,
    operations: createOperations({
      connection,
      decider: knowledge.decider,
      reconciling,
      loop,
      store,
      ...(livingNodes !== undefined && { livingNodes }),
      lastPass: () => status.activity().message,
    }),
    eventLog,
    counters,
    health: knowledge.health,
    audit,
    platform: deps.platform ?? unknownPlatform,
    lxd,
  };
  return { agent, opening, facts, pass };
}

const unknownPlatform: PlatformSource = {
  detect: () => Promise.resolve('none'),
  read: () =>
    Promise.resolve({
      platform: 'none',
      because: [],
      also: [],
      properties: [],
      values: [],
      issues: [],
    }),
};

function createFacts(
  deps: AgentDeps,
  { records, facts, addresses, cache, settings, decider }: Knowledge,
  wake: () => void,
): RefreshingFacts {
  const { connection, clock, logger } = deps;
  const { state } = records;
  const nodeAddresses = createNodeAddresses({
    addresses,
    isNode: rolesOf(deps).includes('node'),
    survey: connection.survey,
    clock,
    tryFacts: async (other) => {
      const { accepted } = state.current();
      return accepted && (await cache.try(accepted, other)).resolution;
    },
  });
  return createFactsIntake({
    decider,
    facts,
    state,
    settings,
    addresses,
    nodeAddresses,
    wake,
    logger,
  });
}

function createConfigurations(
  { store, clock, logger }: AgentDeps,
  knowledge: Knowledge,
  { loop, reconciling }: Reconciliation,
): Offers {
  const { settings, records, facts, decider, reading, cache, derivedOf } = knowledge;
  const { writer, status, events, claim, proven } = knowledge;
  const { state } = records;
  const preview = createPreview({
    decider,
    planning: reconciling.planning,
    facts: facts.current,
    accepted: () => state.current().accepted,
    derivedOf,
    reading,
    explainMissing: reconciling.node.explainMissing,
  });
  return createOffers({
    preview,
    acceptance: () => ({
      store,
      state,
      facts,
      cache,
      clock,
      decider,
      proven,
      configuredSource: settings.current().source,
      reading: reading(),
      writtenRevision: writer.status().record?.revision,
      rolledBack: writer.status().record?.rolledBack,
    }),
    proven,
    clock,
    store,
    state,
    writer,
    status,
    events,
    logger,
    claim,
    wake: loop.wake,
    loss: {
      hasBgp: async () => (await knowledge.sessions.read()).daemons.length > 0,
      accepts: (source) => (settings.current().acceptLoss ?? usualAcceptLoss)[source],
      digestOf: (text) => decider.digest(text),
    },
  });
}

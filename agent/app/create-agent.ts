/**
 * Builds the agent from its parts, each after those that it needs. All outside systems come in as
 * ports.
 */
import type { Agent } from './agent.ts';
import { createAdapterHealth } from './health/adapter-health.ts';
import { createHealthOfPasses } from './health/health-of-passes.ts';
import { createCounters } from './metrics/counters.ts';
import { measured } from './metrics/measured.ts';
import type { AgentDeps } from './wiring/agent-deps.ts';
import { createKnowledge } from './wiring/knowledge.ts';
import { createLifecycle, type Lifecycle } from './wiring/lifecycle.ts';
import { createParts } from './wiring/parts.ts';
import { createReconciliation } from './wiring/reconciliation.ts';

export interface RunningAgent extends Agent, Lifecycle {}

export function createAgent(given: AgentDeps): RunningAgent {
  const { clock } = given;
  const counters = createCounters(clock);
  const health = createAdapterHealth(clock);
  const passes = createHealthOfPasses(health);
  const deps: AgentDeps = {
    ...given,
    connection: passes.datastore(measured(given.connection, counters, clock)),
    ...(given.lxd !== undefined && { lxd: passes.lxd(given.lxd) }),
    ...(given.cloud !== undefined && { cloud: passes.cloud(given.cloud) }),
  };
  const knowledge = createKnowledge(deps, counters, health);
  const reconciliation = createReconciliation(deps, knowledge);
  const parts = createParts(deps, knowledge, reconciliation, passes);
  return { ...parts.agent, ...createLifecycle(deps, knowledge, reconciliation, parts) };
}

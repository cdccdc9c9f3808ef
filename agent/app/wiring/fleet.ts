/** The other nodes of the fleet, as far as this agent can exchange reports with them. */
import { sameRevision } from '../../../core/revision/judge-offer.ts';
import { createBeforeChange } from '../confirm/before-change.ts';
import { createFleetReporter, type FleetReporter } from '../fleet/fleet-reporter.ts';
import { createFleetView, type FleetView } from '../fleet/fleet-view.ts';
import type { FleetReport } from '../../../core/fleet/fleet-report.ts';
import type { GuardView } from '../../../core/guard/guard-view.ts';
import type { AgentDeps } from './agent-deps.ts';
import type { Knowledge } from './knowledge.ts';

export interface Fleet {
  readonly view: FleetView;
  readonly reporter: FleetReporter;
}

export function createFleet(
  { clock, logger }: AgentDeps,
  { exchange, records, facts, writer, sessions, observer, events, guard }: Knowledge,
): Fleet | undefined {
  if (exchange === undefined) return undefined;
  const { state } = records;
  const reporter = createFleetReporter({
    exchange,
    node: () => facts.current().name,
    state: state.current,
    isHeld: () => writer.holdInForce() !== undefined,
    isWriter: (revision) => {
      const { record } = writer.status();
      const isRecorded = record?.revision !== undefined && sameRevision(record.revision, revision);
      return isRecorded && record.by === facts.current().name;
    },
    sessions: sessions.read,
    ...createBeforeChange(state, observer),
    ...(guard !== undefined && { guard: () => guardOf(guard.view()) }),
    clock,
    logger,
  });
  events.subscribe(({ type }) => {
    if (type === 'status') reporter.refresh();
  });
  return { reporter, view: createFleetView(exchange, () => reporter.own()) };
}

function guardOf(view: GuardView): Pick<FleetReport, 'guard' | 'why'> {
  return { guard: view.guard };
}

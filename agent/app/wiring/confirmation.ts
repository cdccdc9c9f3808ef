/** Builds the parts that watch a change after it is written. */
import { rolledBackByWriter } from '../../../core/confirm/rolled-back-by-writer.ts';
import type { BootClock } from '../../ports/boot-clock.ts';
import { createConfirming, type RunningConfirming } from '../confirm/confirming.ts';
import type { Loop } from '../reconcile/loop.ts';
import type { AgentState } from '../state/agent-state.ts';
import type { Reconciling } from '../reconcile/reconcile-deps.ts';
import type { Fleet } from './fleet.ts';
import type { AgentDeps } from './agent-deps.ts';
import type { Knowledge } from './knowledge.ts';

const usualSeconds = 30;
const settingOf = { local: 'apply', juju: 'juju', controller: 'controller' } as const;

interface ChangeParts extends Pick<Reconciling, 'report' | 'listeners'> {
  /** Absent: there is no way to other agents. */
  readonly fleet: Fleet | undefined;
  readonly loop: Loop;
}

export function createConfirmation(
  deps: AgentDeps,
  knowledge: Knowledge,
  { loop, report, listeners, fleet }: ChangeParts,
): RunningConfirming {
  const { clock } = deps;
  const { records, settings, observer, confirmView, proof, writer, status } = knowledge;
  const seconds = (source: AgentState['takenBy'] = 'local'): number =>
    settings.current().confirmSeconds?.[settingOf[source]] ?? usualSeconds;
  return createConfirming({
    records,
    report,
    listeners,
    clock,
    boot: deps.boot ?? bootOf(deps),
    view: confirmView,
    observer,
    seconds,
    othersAtWork: (revision) => fleet?.view.othersAtWork(revision) ?? false,
    mayBeDead: (revision, nodes) => fleet?.view.isAnyUnproven(revision, nodes) ?? false,
    writesForOthers: (revision) => fleet?.writesForOthers(revision) ?? false,
    others: (revision) => fleet?.others(revision) ?? {},
    proof,
    rolledBackByWriter: () => rolledBackByWriter(records.state.current(), writer.status().record),
    between: loop.between,
    wake: loop.wake,
    refreshStatus: status.refresh,
  });
}

/** The clock of an agent that cannot know when its machine was started. */
function bootOf({ clock }: AgentDeps): BootClock {
  return { now: () => ({ bootId: 'unknown', ms: clock.elapsed() }) };
}

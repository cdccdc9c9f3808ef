/** The part of the status about a change that is not confirmed. */
import { healthText, type Health } from '../../../core/confirm/health.ts';
import { sameRevision } from '../../../core/revision/judge-offer.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';
import type { AgentStatus } from '../../../schemas/generated/agent-status.ts';
import type { Clock } from '../../ports/clock.ts';
import type { StoredConfirming } from './stored-confirming.ts';

export type Confirming = NonNullable<AgentStatus['confirming']>;

export interface ConfirmView {
  /** The same object as long as it is the same; undefined: nothing waits for a confirmation. */
  read(): Confirming | undefined;
  /** Returns whether it changed. */
  show(next: Confirming | undefined): boolean;
}

export function createConfirmView(): ConfirmView {
  let shown: Confirming | undefined;
  return {
    read: () => shown,
    show: (next) => {
      if (JSON.stringify(shown) === JSON.stringify(next)) return false;
      shown = next;
      return true;
    },
  };
}

export interface ShowConfirming {
  /**
   * @param health the health as observed now; absent: the node was not observed anew
   * @param awaits the other nodes that have to be healthy first
   */
  show(health?: Health, awaits?: string): void;
  of(revision: RevisionRef): Confirming | undefined;
}

export interface ShowDeps {
  readonly view: ConfirmView;
  readonly stored: StoredConfirming;
  readonly clock: Pick<Clock, 'now'>;
  readonly refreshStatus: () => void;
}

const maxWhy = 4096;

export function createShowConfirming(deps: ShowDeps): ShowConfirming {
  const { view, stored, clock } = deps;
  const next = (health?: Health, awaits?: string): Confirming | undefined => {
    const now = stored.current();
    if (now?.isInForce !== true) return undefined;
    const { revision, mode, previous, unhealthy } = now;
    const why = health === undefined ? unhealthy : healthText(health);
    const until = untilText(Date.parse(clock.now()) + stored.left(now), view.read());
    return {
      revision,
      mode,
      ...(previous !== undefined && { previous }),
      ...(unhealthy === undefined && { until }),
      ...(why !== undefined && why !== '' && { unhealthy: why.slice(0, maxWhy) }),
      ...(awaits !== undefined && { awaits: awaits.slice(0, maxWhy) }),
    };
  };
  return {
    show: (health, awaits) => {
      if (view.show(next(health, awaits))) deps.refreshStatus();
    },
    of: (revision) => {
      const shown = view.read();
      return shown !== undefined && sameRevision(shown.revision, revision) ? shown : undefined;
    },
  };
}

/** The time must not change with each reading of two clocks. */
function untilText(atMs: number, before: Confirming | undefined): string {
  const known = before?.until;
  if (known !== undefined && Math.abs(Date.parse(known) - atMs) < 1500) return known;
  return new Date(atMs).toISOString();
}

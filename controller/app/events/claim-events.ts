/** Events of agents that say they are a node that they may not be. */
import { printable } from '../../../core/printable.ts';
import { limitRepeats } from '../../../runtime/pacing/repeat-limit.ts';
import type { RefusedClaim } from '../identity/refused-identities.ts';
import type { FleetHappening } from './fleet-event.ts';

/** An agent tries again every minute. */
const everyMs = 600_000;
const maxKinds = 100;

/** @returns at most one event in ten minutes for a node @param elapsedMs a clock that never jumps */
export function claimEvents(
  elapsedMs: () => number,
): (claim: RefusedClaim) => readonly FleetHappening[] {
  const due = limitRepeats({ everyMs, maxKinds });
  return (claim) => {
    const { reason, certified, node, remote } = claim;
    const whose = certified ?? node;
    if (due(`${reason} ${whose}`, elapsedMs()) === undefined) return [];
    const name = printable(node);
    const text =
      certified === undefined
        ? `an agent at ${remote} says that it is this node, which was revoked, and was refused`
        : `an agent at ${remote} with the certificate of this node says that it is ${name}, and was refused`;
    return [{ kind: 'identity-refused', level: 'warning', text, nodes: [printable(whose)] }];
  };
}

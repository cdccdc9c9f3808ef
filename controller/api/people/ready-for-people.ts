/** Refuses people while this controller does not know them, and names the one that does. */
import { AppError } from '../../../runtime/errors.ts';
import { LedElsewhere } from '../../../runtime/http/remote/led-elsewhere.ts';
import type { Fleet } from '../../app/fleet/fleet.ts';
import type { FleetLead } from '../../app/store/lead-fleet.ts';

/**
 * @param lead undefined: this controller is the only one
 * @returns throws AppError not-ready; at a controller that stands by with the address of the leader
 */
export function readyForPeople(
  { requireKnown, role }: Pick<Fleet, 'requireKnown' | 'role'>,
  lead: Pick<FleetLead, 'leader'> | undefined,
): () => void {
  return () => {
    try {
      requireKnown('let people in');
    } catch (error) {
      const people = role() === 'standby' ? lead?.leader()?.people : undefined;
      if (people === undefined || !(error instanceof AppError)) throw error;
      const { code, message, retryable } = error;
      throw new LedElsewhere(code, message, { leader: `https://${people}`, retryable });
    }
  };
}

import type { ControllerStatus } from '../../schemas/generated/controller-api/controller-status.ts';

/** `6 have it in force and wait to be confirmed, 1 not healthy (WHY)` */
export function confirmingText({
  nodes,
  byPerson,
  unhealthy,
  why,
}: NonNullable<ControllerStatus['confirming']>): string {
  const waits = nodes === 1 ? '1 has it in force and waits' : `${nodes} have it in force and wait`;
  const person =
    byPerson === 0
      ? ''
      : `, ${byPerson} by a person (calico-controller confirm, or calico-agent confirm at the node)`;
  const health = unhealthy === 0 ? '' : `, ${unhealthy} not healthy (${why ?? ''})`;
  return `${waits} to be confirmed${person}${health}`;
}

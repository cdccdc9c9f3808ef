import type { Session } from '../../../schemas/generated/agent-api/peers.ts';

/**
 * A session in one line: `established for 3 h, 12 routes in, 4 out`; `down: connection refused: …`.
 */
export function sessionText({ verdict, why, since, channels = [] }: Session): string {
  if (verdict !== 'established') return why === undefined ? verdict : `${verdict}: ${why}`;
  const routes = channels.flatMap((channel) =>
    channel.routes === undefined ? [] : [channel.routes],
  );
  const inside = routes.reduce((sum, { imported }) => sum + imported, 0);
  const outside = routes.reduce((sum, { exported = 0 }) => sum + exported, 0);
  const isOutsideKnown = routes.some(({ exported }) => exported !== undefined);
  const sinceText = since === undefined ? '' : ` since ${since}`;
  if (routes.length === 0) return `established${sinceText}`;
  const outsideText = isOutsideKnown ? `, ${outside} out` : '';
  return `established${sinceText}, ${inside} route${inside === 1 ? '' : 's'} in${outsideText}`;
}

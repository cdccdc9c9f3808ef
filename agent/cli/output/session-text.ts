import type { Session } from '../../../schemas/generated/agent-api/peers.ts';

/** `established for 3 h, 12 routes in, 4 out`; `down: connection refused: …`. */
export function sessionText({ verdict, why, since, channels = [] }: Session): string {
  if (verdict !== 'established') return why === undefined ? verdict : `${verdict}: ${why}`;
  const routes = channels.flatMap((channel) =>
    channel.routes === undefined ? [] : [channel.routes],
  );
  const [inside, outside] = [
    routes.reduce((sum, { imported }) => sum + imported, 0),
    routes.reduce((sum, { exported }) => sum + exported, 0),
  ];
  const sinceText = since === undefined ? '' : ` since ${since}`;
  if (routes.length === 0) return `established${sinceText}`;
  return `established${sinceText}, ${inside} route${inside === 1 ? '' : 's'} in, ${outside} out`;
}

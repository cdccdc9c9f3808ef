/** Reads Reads BIRD's answer to `show status`. */
import type { BirdStatus, Read } from '../session.ts';
import { agoOf, birdSeconds } from './bird-time.ts';
import { codes, unreadable, type BirdReply } from './reply.ts';

/** The status, and BIRD's clock, which other answers need. */
export interface StatusReply {
  readonly status: BirdStatus;
  /** BIRD's own clock, in seconds on the scale of birdSeconds. */
  readonly now: number | undefined;
}

const activities: Readonly<Record<string, BirdStatus['activity']>> = {
  'Daemon is up and running': 'running',
  'Reconfiguration in progress': 'reconfiguring',
  'Shutdown in progress': 'shutting-down',
};

export function parseStatus({ lines }: BirdReply): Read<StatusReply> {
  const texts = lines.map(({ text }) => text.trim());
  const after = (start: string): string | undefined =>
    texts
      .find((text) => text.startsWith(start))
      ?.slice(start.length)
      .trim();
  const last = lines.at(-1);
  const version = lines.find(({ code }) => code === codes.version)?.text.replace(/^BIRD /, '');
  const routerId = after('Router ID is ');
  const activity = Object.hasOwn(activities, last?.text ?? '')
    ? activities[last?.text ?? '']
    : undefined;
  if (version === undefined || routerId === undefined || activity === undefined) {
    return unreadable(last?.text ?? '');
  }
  const now = birdSeconds(after('Current server time is ') ?? '');
  const reconfigured = agoOf(after('Last reconfiguration on ') ?? '', now);
  const started = agoOf(after('Last reboot on ') ?? '', now);
  return {
    ok: true,
    value: {
      status: {
        version: version.trim(),
        routerId,
        activity,
        ...(reconfigured !== undefined && { reconfigured }),
        ...(started !== undefined && { started }),
        isRecovering: lines.some(({ code }) => code === codes.recovery),
      },
      now,
    },
  };
}

/** The platform of this node as the agent saw it last, for the status: each reading takes long. */
import {
  summarizePlatform,
  type PlatformSummary,
} from '../../../core/platform/summarize-platform.ts';
import type { HostChanges } from '../../ports/platform/host-changes.ts';
import type { PlatformSource } from '../../ports/platform/platform-source.ts';

export interface LastPlatform {
  /** The target of plans, whose observations are kept; absent: this agent has none. */
  readonly host?: HostChanges;
  /** Undefined: not looked yet, or no platform that the agent knows. */
  current(): PlatformSummary | undefined;
  /** Looks which platform this node is, once. */
  detect(): Promise<void>;
}

export function createLastPlatform(
  { platform: source, host }: { readonly platform?: PlatformSource; readonly host?: HostChanges },
  changed: () => void,
): LastPlatform {
  let last: PlatformSummary | undefined;
  const show = (next: PlatformSummary): void => {
    if (JSON.stringify(next) === JSON.stringify(last)) return;
    last = next;
    changed();
  };
  return {
    ...(host !== undefined && { host: remembering(host, show) }),
    current: () => last,
    detect: async () => {
      const name = await source?.detect();
      // A pass may have seen more by then.
      if (name !== undefined && name !== 'none' && last === undefined) show({ name });
    },
  };
}

function remembering(host: HostChanges, show: (next: PlatformSummary) => void): HostChanges {
  const observe = async (): ReturnType<HostChanges['observe']> => {
    const observed = await host.observe();
    show(summarizePlatform(observed));
    return observed;
  };
  return { ...host, observe };
}

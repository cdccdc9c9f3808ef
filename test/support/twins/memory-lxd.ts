import type { LxdHost } from '../../../agent/ports/lxd-host.ts';
import type {
  ContainerId,
  ObservedContainer,
  ObservedLxd,
  ObservedProfile,
} from '../../../core/lxd/observed-lxd.ts';
import type { LxdChange } from '../../../core/plan/plan.ts';
import { AppError } from '../../../runtime/errors.ts';

export interface MemoryLxd extends LxdHost {
  /** The actions, in order: `set default`, `restart c1`. */
  readonly log: readonly string[];
  profile(name: string): ObservedProfile;
  /** Writes like a person, beside the agent. */
  put(profile: ObservedProfile): void;
  /** A container ends by itself. */
  goesDown(name: string): void;
  meddle: {
    /** Called before a write, for a writer that comes first. */
    apply?: () => void;
    /** A container that does not start again. */
    staysDown?: string;
    absent?: boolean;
    /** LXD does not answer a request for everything. */
    unreachable?: boolean;
    /** A container without the effects of its profiles inside. */
    lacksAll?: string;
    /** A container that runs on when LXD gives up. */
    runsOn?: string;
    /** LXD ends while this one restarts. */
    cutOff?: string;
    withoutNetwork?: string;
    /** Before a container restarts. */
    restart?: (name: string) => unknown;
  };
}

/**
 * An LXD that does not hot-plug: a running container gets new devices of a profile only by a
 * restart.
 */
export function createMemoryLxd(
  containers: Readonly<Record<string, readonly string[]>>,
): MemoryLxd {
  const log: string[] = [];
  const profiles = new Map<string, ObservedProfile>();
  const started = new Map<string, { pid: number; devices: ObservedContainer['devices'] }>();
  let lastPid = 1;
  const meddle: MemoryLxd['meddle'] = {};
  const find = (name: string): ObservedProfile => {
    const found = profiles.get(name);
    if (found === undefined) throw new Error(`no profile "${name}"`);
    return found;
  };
  const devicesOf = (name: string): ObservedContainer['devices'] =>
    Object.assign({}, ...(containers[name] ?? []).map((one) => find(one).content.devices));
  const start = (name: string): void => {
    lastPid += 1;
    started.set(name, { pid: lastPid, devices: devicesOf(name) });
  };
  const container = (name: string): ObservedContainer => {
    const running = started.get(name);
    const devices = meddle.lacksAll === name ? {} : (running?.devices ?? {});
    const mounts = Object.values(devices).map(({ path = '/', source }) => ({
      path,
      type: source === '/sys/fs/bpf' ? 'bpf' : 'ext4',
    }));
    const networkUp = meddle.withoutNetwork !== name;
    return {
      ...{ project: 'default', name, profilesIn: 'default', config: {} },
      profiles: containers[name] ?? [],
      devices: { ...devicesOf(name), eth0: { type: 'nic' } },
      ...(running !== undefined && {
        inside: { pid: running.pid, mounts, privileged: true, sysctls: {}, networkUp },
      }),
    };
  };
  for (const name of new Set(['default', ...Object.values(containers).flat()])) {
    const content = { description: '', config: {}, devices: {} };
    profiles.set(name, { project: 'default', name, content });
  }
  for (const name of Object.keys(containers)) start(name);

  const setProfile = (change: Extract<LxdChange, { action: 'set-lxd-profile' }>): void => {
    const found = find(change.profile);
    if (JSON.stringify(found.content) !== JSON.stringify(change.before)) {
      throw new AppError('datastore-conflict', 'changed meanwhile', { retryable: true });
    }
    profiles.set(change.profile, { ...found, content: change.after });
  };
  const bringUp = async ({ name }: ContainerId): Promise<void> => {
    if (meddle.staysDown === name) started.delete(name);
    else start(name);
    return Promise.resolve();
  };
  return {
    log,
    meddle,
    profile: find,
    put: (profile) => void profiles.set(profile.name, profile),
    goesDown: (name) => void started.delete(name),
    observe: async (): Promise<ObservedLxd> => {
      if (meddle.unreachable === true) throw unreachable();
      return Promise.resolve({
        bpffsMounted: true,
        daemon:
          meddle.absent === true
            ? { state: 'absent', why: 'no socket' }
            : {
                ...{ state: 'there', server: 'lxd', version: '5.0.2' },
                projects: [...new Set([...profiles.values()].map(({ project }) => project))].map(
                  (name) => ({ name, profilesIn: name }),
                ),
                profiles: [...profiles.values()],
                containers: Object.keys(containers).map(container),
              },
      });
    },
    preflight: () => Promise.resolve([]),
    apply: async (change) => {
      meddle.apply?.();
      log.push(change.action === 'mount-bpffs' ? 'mount' : `set ${change.profile}`);
      if (change.action === 'set-lxd-profile') setProfile(change);
      return Promise.resolve();
    },
    look: ({ name }) =>
      Promise.resolve(containers[name] === undefined ? undefined : container(name)),
    restart: async (id) => {
      log.push(`restart ${id.name}`);
      await meddle.restart?.(id.name);
      if (meddle.cutOff === id.name) throw unreachable();
      if (meddle.runsOn === id.name) throw runsOn(id);
      return bringUp(id);
    },
    start: (id) => {
      log.push(`start ${id.name}`);
      return bringUp(id);
    },
    agentInside: () => Promise.resolve('none'),
  };
}

function unreachable(): AppError {
  return new AppError('datastore-failed', 'cannot reach LXD', { retryable: true });
}

function runsOn({ name }: ContainerId): AppError {
  return new AppError('apply-failed', `cannot restart container "${name}": it does not shut down`);
}

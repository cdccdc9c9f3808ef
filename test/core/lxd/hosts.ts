/** Small hosts of containers, for tests. */
import { parseConfig } from '../../../core/config/parse.ts';
import type { Issue } from '../../../core/issue.ts';
import type {
  ObservedContainer,
  ObservedLxd,
  ObservedInside,
  ObservedProfile,
} from '../../../core/lxd/observed-lxd.ts';
import type { LxdSettings } from '../../../core/lxd/settings.ts';

const root = { path: '/', pool: 'default', type: 'disk' };

export interface Host {
  readonly profiles?: readonly ObservedProfile[];
  readonly containers?: readonly ObservedContainer[];
  readonly bpffsMounted?: boolean;
}

export function host({ profiles, containers, bpffsMounted }: Host = {}): ObservedLxd {
  return {
    bpffsMounted: bpffsMounted ?? true,
    daemon: {
      state: 'there',
      server: 'lxd',
      version: '5.0.2',
      projects: [{ name: 'default', profilesIn: 'default' }],
      profiles: profiles ?? [profile('default')],
      containers: containers ?? [],
    },
  };
}

export function profile(
  name: string,
  content: Partial<ObservedProfile['content']> = {},
): ObservedProfile {
  return {
    project: 'default',
    name,
    content: { description: '', config: {}, devices: { root }, ...content },
  };
}

export function container(
  name: string,
  profiles: readonly string[],
  changes: Partial<ObservedContainer> = {},
): ObservedContainer {
  const project = 'default';
  return { project, name, profilesIn: project, profiles, config: {}, devices: {}, ...changes };
}

export function inside(changes: Partial<ObservedInside> = {}): ObservedInside {
  return { pid: 1, mounts: [], privileged: true, sysctls: {}, networkUp: true, ...changes };
}

export function lxdOf(section: string): {
  readonly settings: LxdSettings;
  readonly issues: readonly Issue[];
} {
  const parsed = parseConfig(`apiVersion: calico-agent/v1\nkind: NetworkConfig\nlxd: ${section}\n`);
  if (!parsed.ok) throw new Error(parsed.issues.map(({ message }) => message).join('; '));
  if (parsed.model.lxd === undefined) throw new Error('it has no lxd section');
  return { settings: parsed.model.lxd, issues: parsed.issues };
}

/** What the host cannot give to containers: folders that are not there, modules that it lacks. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Issue, Place } from '../../../core/issue.ts';
import { modulesKey } from '../../../core/lxd/merge-profile.ts';
import { bpffsPath } from '../../../core/lxd/settings.ts';
import type { FieldChange, HostChange } from '../../../core/plan/plan.ts';
import { printable } from '../../../core/printable.ts';
import { exists, hostNamespace } from './host-namespace.ts';

export async function preflight(changes: readonly HostChange[]): Promise<readonly Issue[]> {
  const profiles = changes.flatMap((one) => (one.action === 'set-lxd-profile' ? [one] : []));
  const sources = new Map(profiles.flatMap(newSources));
  const modules = new Map(profiles.flatMap(newModules));
  const { root } = await hostNamespace();
  const missing = await Promise.all([
    ...[...sources].map(async ([source, place]) =>
      (await exists(`${root}${source}`)) ? [] : [sourceMissing(source, place)],
    ),
    ...[...modules].map(async ([module, place]) =>
      (await hasModule(module)) ? [] : [moduleMissing(module, place)],
    ),
  ]);
  return missing.flat();
}

type SetProfile = Extract<HostChange, { readonly action: 'set-lxd-profile' }>;
type Wanted = readonly [what: string, place: Place];

/** The BPF file system is mounted by a change of its own, and says itself why it cannot. */
function newSources({ before, after, fields }: SetProfile): readonly Wanted[] {
  return Object.entries(after.devices).flatMap(([name, { source }]) =>
    source === undefined ||
    source === bpffsPath ||
    !source.startsWith('/') ||
    before.devices[name]?.['source'] === source
      ? []
      : [[source, placeOf(fields, `devices.${name}`)] as const],
  );
}

function newModules({ before, after, fields }: SetProfile): readonly Wanted[] {
  const known = new Set(namesIn(before.config[modulesKey]));
  return namesIn(after.config[modulesKey])
    .filter((name) => !known.has(name))
    .map((name) => [name, placeOf(fields, `config.${modulesKey}`)]);
}

function namesIn(list = ''): readonly string[] {
  return list
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

/** LXD loads them with modprobe whenever a container starts: one that is not there keeps it down. */
async function hasModule(name: string): Promise<boolean> {
  if (await exists(`/sys/module/${name.replaceAll('-', '_')}`)) return true;
  try {
    await promisify(execFile)('modprobe', ['--dry-run', '--quiet', name], { timeout: 10_000 });
    return true;
  } catch {
    return false;
  }
}

function sourceMissing(source: string, place: Place): Issue {
  return {
    ...place,
    severity: 'error',
    code: 'lxd-source-missing',
    message: `the host has no "${printable(source)}" that its containers could be given`,
    hint: 'containers with a device whose source is missing do not start',
  };
}

function moduleMissing(module: string, place: Place): Issue {
  return {
    ...place,
    severity: 'error',
    code: 'lxd-module-missing',
    message: `the host has no kernel module "${printable(module)}"`,
    hint: 'containers with a module that cannot be loaded do not start; install it, or take it out of kernelModules',
  };
}

function placeOf(fields: readonly FieldChange[], path: string): Place {
  return fields.find((field) => field.path === path)?.reasons[0]?.place ?? { pointer: '' };
}

/**
 * Finds folders and kernel modules that the host lacks, and that a change would give to containers.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Issue, Place } from '../../../core/issue.ts';
import { modulesKey } from '../../../core/lxd/merge-profile.ts';
import { bpffsPath } from '../../../core/lxd/settings.ts';
import type { LxdChange } from '../../../core/plan/plan.ts';
import { printable } from '../../../core/printable.ts';
import { createLimit } from '../../../runtime/pacing/limit.ts';
import { placeOf, type SetProfile } from './change-place.ts';
import { exists, hostNamespace } from './inside/host-namespace.ts';
import { needsLook, preflightInside, type RunningContainer } from './inside/preflight-inside.ts';

/** @param running called only if the change needs a look inside containers */
export async function preflight(
  changes: readonly LxdChange[],
  running: () => Promise<readonly RunningContainer[]>,
): Promise<readonly Issue[]> {
  const profiles = changes.flatMap((one) => (one.action === 'set-lxd-profile' ? [one] : []));
  const [missing, inside] = await Promise.all([
    missingOnHost(profiles),
    refused(profiles, running),
  ]);
  return [...missing, ...inside];
}

async function refused(
  profiles: readonly SetProfile[],
  running: () => Promise<readonly RunningContainer[]>,
): Promise<readonly Issue[]> {
  const looked = profiles.filter(needsLook);
  if (looked.length === 0) return [];
  const containers = await running();
  const issues: Issue[] = [];
  for (const change of looked) issues.push(...(await preflightInside(change, containers)));
  return issues;
}

async function missingOnHost(profiles: readonly SetProfile[]): Promise<readonly Issue[]> {
  const sources = new Map(profiles.flatMap(newSources));
  const modules = new Map(profiles.flatMap(newModules));
  const { root } = await hostNamespace();
  // One at a time, because the service may have 64 tasks, and a modprobe that cannot start would
  // look like a missing module.
  const limit = createLimit(4);
  const missing = await Promise.all([
    ...[...sources].map(async ([source, place]) =>
      (await exists(`${root}${source}`)) ? [] : [sourceMissing(source, place)],
    ),
    ...[...modules].map(async ([module, place]) =>
      (await limit.run(() => hasModule(module))) ? [] : [moduleMissing(module, place)],
    ),
  ]);
  return missing.flat();
}

type Needed = readonly [what: string, place: Place];

/** Leaves out the BPF file system: a change of its own mounts it, and reports why it cannot. */
function newSources({ before, after, fields }: SetProfile): readonly Needed[] {
  return Object.entries(after.devices).flatMap(([name, { source }]) =>
    source === undefined ||
    source === bpffsPath ||
    !source.startsWith('/') ||
    before.devices[name]?.['source'] === source
      ? []
      : [[source, placeOf(fields, `devices.${name}`)] as const],
  );
}

function newModules({ before, after, fields }: SetProfile): readonly Needed[] {
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

/**
 * LXD loads modules with modprobe whenever a container starts: a missing one keeps the container
 * down.
 */
async function hasModule(name: string): Promise<boolean> {
  if (await exists(`/sys/module/${name.replaceAll('-', '_')}`)) return true;
  try {
    await promisify(execFile)('modprobe', ['--dry-run', '--quiet', name], {
      timeout: 10_000,
      killSignal: 'SIGKILL',
    });
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

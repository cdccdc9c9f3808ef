/**
 * Reads the `lxd:` section of the native dialect. Leaves out everything that the schema refused.
 */
import {
  bpffsDevice,
  bpffsPath,
  defaultRestart,
  type LxdConfigKey,
  type LxdDevice,
  type LxdSettings,
  type RestartPolicy,
} from '../../lxd/settings.ts';
import type { Findings } from '../../findings.ts';
import { withoutUndefined } from '../../without-undefined.ts';
import type { Located } from '../yaml/located.ts';
import type { Sourced } from '../model.ts';
import {
  booleanOf,
  entriesOf,
  fieldsOf,
  integerOf,
  itemsOf,
  oneOf,
  scalarOf,
  textOf,
} from '../yaml/read-values.ts';
import { readRestartWindow } from './read-restart-window.ts';

export function readLxd(node: Located | undefined, findings: Findings): LxdSettings | undefined {
  if (node?.kind !== 'map') return undefined;
  const fields = fieldsOf(node);
  const bpffs = booleanOf(fields.get('bpffs'));
  const settings: LxdSettings = {
    project: textOf(fields.get('project'))?.value ?? 'default',
    profiles: textsOf(fields.get('profiles')),
    profilesOf: textsOf(fields.get('profilesOf')),
    bpffs: bpffs?.value ?? false,
    devices: [
      ...(bpffs?.value === true ? [{ ...bpffsDevice, place: bpffs.place }] : []),
      ...entriesOf(fields.get('devices')).flatMap(({ key, value }) => readDevice(key, value)),
    ],
    kernelModules: textsOf(fields.get('kernelModules')),
    config: [
      ...entriesOf(fields.get('security')).flatMap(({ key, value }) =>
        configKey(`security.${key}`, value),
      ),
      ...entriesOf(fields.get('sysctls')).flatMap(({ key, value }) =>
        configKey(`linux.sysctl.${key}`, value),
      ),
    ],
    restart: readRestart(fields.get('restart')),
    place: node.place,
  };
  checkLxd(settings, findings);
  return settings;
}

function readDevice(name: string, node: Located): LxdDevice[] {
  const fields = fieldsOf(node);
  const source = textOf(fields.get('source'))?.value;
  const path = textOf(fields.get('path'))?.value;
  if (source === undefined || path === undefined) return [];
  const readonly = booleanOf(fields.get('readonly'))?.value;
  const properties = {
    type: 'disk',
    source,
    path,
    ...(readonly === undefined ? {} : { readonly: String(readonly) }),
  };
  return [{ name, properties, place: node.place }];
}

function configKey(key: string, node: Located): LxdConfigKey[] {
  const scalar = scalarOf(node);
  return scalar === undefined ? [] : [{ key, value: String(scalar.value), place: scalar.place }];
}

function readRestart(node: Located | undefined): RestartPolicy {
  const fields = fieldsOf(node);
  return withoutUndefined({
    policy:
      oneOf(fields.get('policy'), ['never', 'manual', 'rolling'] as const)?.value ??
      defaultRestart.policy,
    parallel: integerOf(fields.get('parallel'))?.value ?? defaultRestart.parallel,
    timeoutSeconds: integerOf(fields.get('timeoutSeconds'))?.value ?? defaultRestart.timeoutSeconds,
    window: readRestartWindow(fields.get('window')),
  });
}

/** The texts of a list; a single text counts as a list of one. */
function textsOf(node: Located | undefined): readonly Sourced<string>[] {
  const items = node?.kind === 'list' ? itemsOf(node) : node === undefined ? [] : [node];
  return items.flatMap((item) => textOf(item) ?? []);
}

function checkLxd(settings: LxdSettings, findings: Findings): void {
  const { place, profiles, profilesOf, devices, kernelModules, config } = settings;
  if (devices.length + kernelModules.length + config.length === 0) {
    findings.warning(
      place,
      'lxd-empty',
      'the lxd section gives the containers nothing',
      'bpffs: true is what Calico and Cilium need',
    );
  } else if (profiles.length + profilesOf.length === 0) {
    findings.error(
      place,
      'lxd-no-profile',
      'the lxd section names no profile',
      'add profiles: [default], or profilesOf: juju-* for the profiles of these containers',
    );
  }
  for (const [index, { name, properties, place: at }] of devices.entries()) {
    const other = devices
      .slice(0, index)
      .find((one) => one.name === name || one.properties['path'] === properties['path']);
    if (other === undefined) continue;
    const hint =
      properties['path'] === bpffsPath
        ? 'bpffs: true is this device already'
        : 'one mount per path';
    findings.error(
      at,
      'lxd-device-twice',
      `devices "${other.name}" and "${name}" are for the same name or path`,
      hint,
    );
  }
}

/**
 * What a part of Calico's manifest should say. The same list goes for cni.yaml and for the living objects, except what
 * comes from the file of this node: another node may have another file, and the living objects are changed once.
 */
import type { Place } from '../../../issue.ts';
import type { Reason } from '../../../resolve/resolution.ts';
import type { FileEdit, YamlEdit, YamlStep } from '../../edit/file-edit.ts';

export type CalicoSetting = { readonly reasons: readonly Reason[] } & (
  | { readonly of: 'config'; readonly key: string; readonly value: string }
  /** An absent value: the variable is not to be there. */
  | {
      readonly of: 'env';
      readonly name: string;
      readonly value?: string;
      /** The file of this node decides it; absent: the configuration alone. */
      readonly isOfThisNode?: true;
    }
  | {
      readonly of: 'probe';
      readonly probe: 'livenessProbe' | 'readinessProbe';
      readonly argument: string;
      readonly isThere: boolean;
    }
);

/** @param setting the name in the section: `mode` */
export function reasonOf(setting: string, place: Place): readonly Reason[] {
  return [{ rule: `microk8s ${setting}`, place }];
}

const daemonSet = { kind: 'DaemonSet', name: 'calico-node' };
const container: readonly YamlStep[] = [
  'spec',
  'template',
  'spec',
  'containers',
  { key: 'name', value: 'calico-node' },
];

/** A variable is a whole item of its list, so that the same edit adds and changes it. */
export function manifestEdit(path: string, setting: CalicoSetting): FileEdit {
  const base = { form: 'yaml', path, reasons: setting.reasons } as const;
  switch (setting.of) {
    case 'config': {
      const document = { kind: 'ConfigMap', name: 'calico-config' };
      return { ...base, document, at: ['data', setting.key], value: setting.value };
    }
    case 'env': {
      const { name, value } = setting;
      const at = [...container, 'env', { key: 'name', value: name }];
      return withValue({ ...base, document: daemonSet, at }, value && { name, value });
    }
    case 'probe': {
      const { probe, argument, isThere } = setting;
      const at = [...container, probe, 'exec', 'command', { item: argument }];
      return withValue({ ...base, document: daemonSet, at }, isThere ? argument : undefined);
    }
  }
}

function withValue(edit: Omit<YamlEdit, 'value'>, value: YamlEdit['value']): YamlEdit {
  return value === undefined ? edit : { ...edit, value };
}

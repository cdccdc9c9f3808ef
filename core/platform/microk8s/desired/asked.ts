/** The edits and steps that one setting of the section `microk8s:` asks for. */
import type { Issue } from '../../../issue.ts';
import type { FileEdit } from '../../edit/file-edit.ts';
import type { CalicoSetting } from './calico-setting.ts';

export interface Asked {
  /** Settings of Calico, as cni.yaml has them. */
  readonly calico: readonly CalicoSetting[];
  /** Other files. */
  readonly files: readonly FileEdit[];
  readonly issues: readonly Issue[];
}

export const nothingAsked: Asked = { calico: [], files: [], issues: [] };

export function refusedWith(...issues: readonly Issue[]): Asked {
  return { ...nothingAsked, issues };
}

export function joinAsked(all: readonly Asked[]): Asked {
  return {
    calico: all.flatMap(({ calico }) => calico),
    files: all.flatMap(({ files }) => files),
    issues: all.flatMap(({ issues }) => issues),
  };
}

/** Edits of Kubernetes objects as commands, for a cluster that the agent may not change. */
import { isMap, type PlainMap } from '../../input/plain-data.ts';
import { leftByHand, type LeftByHand } from '../../platform/left-by-hand.ts';
import type { ManualStep } from '../../platform/manual-step.ts';
import type { ClusterEdit, FieldPath } from '../../platform/cluster/cluster-edit.ts';
import { refText, type ObjectRef } from '../../platform/cluster/object-ref.ts';
import { rolloutMark } from '../../platform/cluster/parse-workload.ts';

/** @param kubectl the program of the platform: `microk8s kubectl` */
export function editsByHand(
  edits: readonly ClusterEdit[],
  kubectl: string,
  place: 'early' | 'late',
): LeftByHand {
  const inOrder = edits.toSorted(({ stage: one = 0 }, { stage: other = 0 }) => one - other);
  const steps: ManualStep[] = [];
  for (const edit of inOrder) {
    const step = edit.byHand ?? stepOf(edit, kubectl);
    if (!steps.some(({ title }) => title === step.title)) steps.push(step);
  }
  const asked = inOrder.map(({ reasons: _reasons, byHand: _byHand, ...edit }) => edit);
  return leftByHand(steps, place, asked);
}

function stepOf(edit: ClusterEdit, kubectl: string): ManualStep {
  const why = edit.reasons[0]?.rule ?? 'the configuration asks for it';
  switch (edit.form) {
    case 'object': {
      const commands = [
        `${kubectl} apply --server-side --force-conflicts --field-manager calico-agent -f - <<'${end}'`,
        ...JSON.stringify(edit.content, undefined, 2).split('\n'),
        end,
      ];
      return { title: `Apply ${refText(edit.object)}`, why, commands };
    }
    case 'field': {
      const patch = quoted(JSON.stringify(patchOf(edit.path, edit.value)));
      const command = `${kubectl} patch ${nameOf(edit.object)} --type strategic --patch ${patch}`;
      return { title: `Change ${refText(edit.object)}: ${patch}`, why, commands: [command] };
    }
    case 'absent': {
      const commands = [`${kubectl} delete --ignore-not-found ${nameOf(edit.object)}`];
      return { title: `Delete ${refText(edit.object)}`, why, commands };
    }
    case 'rollout': {
      const { workload, mark, withinSeconds } = edit;
      const path = ['spec', 'template', 'metadata', 'annotations', rolloutMark];
      const patch = quoted(JSON.stringify(patchOf(path, mark)));
      const commands = [
        `${kubectl} patch ${nameOf(workload)} --type merge --patch ${patch}`,
        `${kubectl} rollout status ${nameOf(workload)} --timeout=${String(withinSeconds)}s`,
      ];
      return { title: `Restart the pods of ${refText(workload)}`, why, commands };
    }
    case 'recreate-pods': {
      const title = `Recreate the pods with an address outside of ${edit.cidrs.join(', ')}`;
      const commands = [
        `${kubectl} get pods --all-namespaces --output wide`,
        `${kubectl} delete pod --namespace NAMESPACE NAME`,
      ];
      return { title, why, commands };
    }
  }
}

/** A line of a here-document that no JSON is equal to. */
const end = 'END_OF_OBJECT';

function nameOf({ kind, namespace, name }: ObjectRef): string {
  const what = `${kind.toLowerCase()}/${name}`;
  return namespace === undefined ? what : `--namespace ${namespace} ${what}`;
}

/** A strategic merge patch: items of lists are found by their name. */
function patchOf([part, ...rest]: FieldPath, value: unknown): unknown {
  if (part === undefined) return value ?? null;
  if (typeof part === 'string') return { [part]: patchOf(rest, value) };
  if ('item' in part) return value === undefined ? [] : [part.item];
  const inner = patchOf(rest, value);
  if (inner === null) return [{ name: part.named, $patch: 'delete' }];
  return [{ name: part.named, ...(isMap(inner) ? inner : ({} satisfies PlainMap)) }];
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

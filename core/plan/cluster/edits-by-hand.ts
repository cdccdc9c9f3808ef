/** Edits of Kubernetes objects as commands, for a cluster that the agent may not change. */
import { leftByHand, type LeftByHand } from '../../platform/left-by-hand.ts';
import type { ManualStep } from '../../platform/manual-step.ts';
import { pathText, type ClusterEdit } from '../../platform/cluster/cluster-edit.ts';
import { refText, type ObjectRef } from '../../platform/cluster/object-ref.ts';
import { rolloutMarkPath } from '../../platform/cluster/parse-workload.ts';
import { patchCommand } from '../../platform/cluster/patch-by-hand.ts';

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
      const { object, path, value } = edit;
      const what = value === undefined ? 'take it away' : JSON.stringify(value);
      const title = `Change ${refText(object)}: ${pathText(path)}: ${what}`;
      return { title, why, commands: [patchCommand(kubectl, nameOf(object), path, value)] };
    }
    case 'text': {
      const command = `${kubectl} edit ${nameOf(edit.object)}`;
      const title = `Change ${pathText(edit.path)} of ${refText(edit.object)}: ${edit.change}`;
      return { title, why, commands: [command] };
    }
    case 'absent': {
      const commands = [`${kubectl} delete --ignore-not-found ${nameOf(edit.object)}`];
      return { title: `Delete ${refText(edit.object)}`, why, commands };
    }
    // A step of its own, from core/platform/images/workload-by-hand.ts, comes with each edit.
    case 'image': {
      const commands = [`${kubectl} edit ${nameOf(edit.object)}`];
      return { title: `Change the images of ${refText(edit.object)}`, why, commands };
    }
    case 'pull-secret': {
      const { namespace, name } = edit;
      const title = `See that Secret ${namespace}/${name} is there`;
      return { title, why, commands: [`${kubectl} get secret ${name} --namespace ${namespace}`] };
    }
    case 'awaited': {
      const commands = [`${kubectl} rollout status ${nameOf(edit.workload)} --timeout=10m`];
      return { title: `Wait for the pods of ${refText(edit.workload)}`, why, commands };
    }
    case 'rollout': {
      const { workload, mark, withinSeconds } = edit;
      const commands = [
        patchCommand(kubectl, nameOf(workload), rolloutMarkPath, mark),
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

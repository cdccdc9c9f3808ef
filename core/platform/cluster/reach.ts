/** How the running cluster was reached, for the commands that are printed for it. */
import { shellWord } from '../../shell-word.ts';

/** The options of the command; both absent: as kubectl reaches it by itself. */
export interface Reach {
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
}

/** ` --kubeconfig FILE --context NAME`, as words of a shell; kubectl and calico-agent take both. */
export function reachFlags({ kubeconfig, context }: Reach): string {
  return [
    ...(kubeconfig === undefined ? [] : [` --kubeconfig ${shellWord(kubeconfig)}`]),
    ...(context === undefined ? [] : [` --context ${shellWord(context)}`]),
  ].join('');
}

/** A line of kubectl or helm, also of those that a platform brings along. Other lines stay as they are. */
export function reachingWithHelm(line: string, reach: Reach): string {
  const [kubectl] = /^(?:\w+ )?kubectl(?= )/u.exec(line) ?? [];
  if (kubectl !== undefined) return `${kubectl}${reachFlags(reach)}${line.slice(kubectl.length)}`;
  const [helm] = /^(?:\w+ )?helm3? upgrade(?= )/u.exec(line) ?? [];
  if (helm === undefined) return line;
  return `${helm}${reachFlags(reach).replace(' --context ', ' --kube-context ')}${line.slice(helm.length)}`;
}

/**
 * A line of kubectl or calicoctl for the cluster that was reached; other lines stay as they are.
 * Every release of calicoctl reads both variables, and they differ in where --context stands.
 */
export function reaching(line: string, reach: Reach): string {
  const { kubeconfig, context } = reach;
  if (line.startsWith('kubectl '))
    return line.replace('kubectl', () => `kubectl${reachFlags(reach)}`);
  if (!line.startsWith('calicoctl ')) return line;
  const file = kubeconfig === undefined ? '' : `KUBECONFIG=${shellWord(kubeconfig)} `;
  const named = context === undefined ? '' : `K8S_CURRENT_CONTEXT=${shellWord(context)} `;
  return `${file}${named}${line}`;
}

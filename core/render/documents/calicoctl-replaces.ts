/**
 * `calicoctl apply` replaces an object that exists, and takes away every field that the document
 * does not name (calicoctl/calicoctl/commands/common/resources.go); kubectl merges. Of the
 * BGPConfiguration `default` we manage only what the configuration names, so the rest would be lost.
 */
import type { CalicoResource } from '../../calico/resource.ts';
import { shellWord } from '../../shell-word.ts';

type Tool = 'calicoctl' | 'kubectl' | 'kubectl-v3';

export function losesFields({ kind }: CalicoResource, tool: Tool): boolean {
  return tool === 'calicoctl' && kind === 'BGPConfiguration';
}

/**
 * A comment for the head of the document; empty: no field would be lost. No line begins with a
 * command.
 */
export function replacesComment(resource: CalicoResource, tool: Tool): string {
  if (!losesFields(resource, tool)) return '';
  const { kind, metadata, spec } = resource;
  const patch = shellWord(JSON.stringify({ spec }));
  return [
    `Applying this replaces the whole ${kind} ${shellWord(metadata.name)}. Where it exists, keep its other fields by:`,
    `  calicoctl patch ${kind.toLowerCase()} ${shellWord(metadata.name)} -p ${patch}`,
  ]
    .map((line) => `# ${line}\n`)
    .join('');
}

/** The image options of the calico charm, by the same grammar as the section `images:` of the native dialect. */
import type { Findings } from '../../findings.ts';
import { parseReference, type ReferenceFault } from '../images/reference.ts';
import { parseRegistry } from '../images/registry.ts';
import type { Located } from '../yaml/located.ts';
import { textOf } from '../yaml/read-values.ts';
import { charmOptions } from './options.ts';

const references = ['calico-node-image', 'calico-policy-image'];
const registry = 'image-registry';

/** Warnings: the charm acts on these options, and judges them itself. A wrong one shows in its pods only. */
export function checkCharmImages(options: ReadonlyMap<string, Located>, findings: Findings): void {
  for (const name of references) check(name, options.get(name), parseReference, findings);
  check(registry, options.get(registry), parseRegistry, findings);
}

type Parse = (
  text: string,
) => { readonly ok: true } | { readonly ok: false; readonly fault: ReferenceFault };

function check(name: string, node: Located | undefined, parse: Parse, findings: Findings): void {
  const text = textOf(node);
  if (text === undefined || text.value === '') return;
  const parsed = parse(text.value);
  if (parsed.ok) return;
  const { code, message, hint } = parsed.fault;
  const actor = charmOptions.get(name)?.managedBy ?? 'the charm';
  findings.warning(
    text.place,
    code,
    `no container runtime can use "${name}": ${message}; ${actor} acts on it, not this agent`,
    code === 'image-credential' ? withoutPullSecret : hint,
  );
}

const withoutPullSecret =
  'remove everything up to the "@", and give the credentials to containerd (custom_registries of its charm); change the password, because it stands in this option';

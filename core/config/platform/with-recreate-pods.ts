/** A configuration text with `microk8s.recreatePods: true`, for the flag --recreate-pods. */
import { textBounds } from '../../input/bounds.ts';
import { editYaml } from '../../yaml-edit/edit-yaml.ts';
import { locateAll } from '../yaml/located-yaml.ts';
import { fieldsOf } from '../yaml/read-values.ts';

export type WithRecreatePods =
  | { readonly ok: true; readonly text: string }
  /** Completes "cannot use --recreate-pods: …". */
  | { readonly ok: false; readonly why: string };

/**
 * All other bytes stay. The section needs a range: without one the agent does not know which pods have
 * old addresses.
 * @param text as the person wrote it; what is wrong with it otherwise is found by its check
 */
export function withRecreatePods(text: string): WithRecreatePods {
  const located = locateAll(text, textBounds.config);
  if (!located.ok) return { ok: true, text };
  const section = fieldsOf(fieldsOf(located.root).get('microk8s'));
  if (section.get('podCidr') === undefined) {
    return {
      ok: false,
      why: 'the configuration has no microk8s.podCidr, so no pod has an address of another range',
    };
  }
  const change = { kind: 'set', path: ['microk8s', 'recreatePods'], value: true } as const;
  const edited = editYaml(text, 0, [change]);
  if (edited.ok) return { ok: true, text: edited.text };
  return { ok: false, why: `${edited.message}; write recreatePods: true below microk8s: yourself` };
}

/** Reads a person's answers about the conflicts of a merge: `ID: mine`, or `ID: shipped`. */
import { locate } from '../../../config/yaml/located-yaml.ts';
import { entriesOf, oneOf } from '../../../config/yaml/read-values.ts';
import { gatherFindings } from '../../../findings.ts';
import { textBounds } from '../../../input/bounds.ts';
import type { Issue } from '../../../issue.ts';
import { printable } from '../../../printable.ts';
import type { Answers } from './merged-text.ts';

export type ReadAnswers =
  | { readonly ok: true; readonly answers: Answers }
  | { readonly ok: false; readonly issues: readonly Issue[] };

const sides = ['mine', 'shipped'] as const;

/** @param known the IDs that may be answered */
export function readAnswers(text: string, known: ReadonlySet<string>): ReadAnswers {
  const located = locate(text, textBounds.settings);
  if (!located.ok) return located;
  const findings = gatherFindings();
  const { root } = located;
  if (root.kind !== 'map') {
    findings.error(
      root.place,
      'answers-invalid',
      'it is no mapping',
      'write ID: mine or ID: shipped',
    );
  }
  const answers = entriesOf(root).flatMap(({ key, keyPlace, value }) => {
    const side = oneOf(value, sides);
    if (!known.has(key)) {
      const message = `nothing is open under "${printable(key.slice(0, 200))}"`;
      findings.error(
        keyPlace,
        'answers-unknown',
        message,
        'calico-agent microk8s upgrade-calico shows the IDs',
      );
      return [];
    }
    if (side !== undefined) return [[key, side.value] as const];
    findings.error(value.place, 'answers-invalid', 'the answer is neither mine nor shipped');
    return [];
  });
  if (findings.issues.length > 0) return { ok: false, issues: findings.issues };
  return { ok: true, answers: new Map(answers) };
}

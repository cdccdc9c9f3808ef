/** Finds the application of a bundle that has Calico. */
import { issueAt } from '../../findings.ts';
import type { Located, LocatedEntry, LocatedMap } from '../yaml/located.ts';
import type { Issue } from '../../issue.ts';
import { entriesOf, fieldsOf, textOf } from '../yaml/read-values.ts';

export type FoundApplication =
  | { readonly ok: true; readonly entry: LocatedEntry }
  | { readonly ok: false; readonly issue: Issue };

/** The applications of a bundle, also of an old one; undefined where this is none. */
export function applicationsOf(root: LocatedMap): Located | undefined {
  const fields = fieldsOf(root);
  return fields.get('applications') ?? fields.get('services');
}

/** @param application the name that a person gave; it decides between several. */
export function findApplication(
  applications: Located,
  application: string | undefined,
): FoundApplication {
  const candidates = candidatesOf(applications, application);
  const [found, ...others] = candidates;
  if (found === undefined) {
    const message = `no application of this bundle is the charm calico or has the name "${application ?? 'calico'}"`;
    const hint =
      'name the one that is meant with --unit-application (unitApplication), or give its options alone';
    const { place } = applications;
    return refused(issueAt(place, 'error', 'charm-application-missing', message, hint));
  }
  if (others.length === 0) return { ok: true, entry: found };
  const chosen = candidates.find(({ key }) => key === application);
  if (chosen !== undefined) return { ok: true, entry: chosen };
  const names = candidates.map(({ key }) => key).join(', ');
  const message = `several applications of this bundle may be meant: ${names}`;
  const hint = `choose one with --unit-application (unitApplication), such as ${found.key}`;
  return refused(issueAt(found.keyPlace, 'error', 'charm-application-ambiguous', message, hint));
}

export function candidatesOf(
  applications: Located,
  application = 'calico',
): readonly LocatedEntry[] {
  return entriesOf(applications).filter(
    ({ key, value }) => key === application || charmName(charmOf(value)) === 'calico',
  );
}

function charmOf(application: Located): string | undefined {
  return textOf(fieldsOf(application).get('charm'))?.value;
}

/** `calico`, `ch:calico`, `cs:~containers/calico-838`, `ch:amd64/jammy/calico-5`, `./calico.charm`. */
export function charmName(charm: string | undefined): string | undefined {
  const last = charm?.split(/[/:]/).at(-1);
  return last?.replace(/\.charm$/, '').replace(/-\d+$/, '');
}

function refused(issue: Issue): FoundApplication {
  return { ok: false, issue };
}

/**
 * The forms in which people have the charm's options: a plain mapping (also `config-get`), `juju
 * config APPLICATION` (settings with value), a bundle (options, or applications with options).
 */
import type { Place } from '../../issue.ts';
import { issueAt } from '../findings.ts';
import type { Issue } from '../../issue.ts';
import type { Located, LocatedEntry, LocatedMap } from '../located.ts';
import { entriesOf, fieldsOf, textOf } from '../reading.ts';

export type Unwrapped =
  | {
      readonly ok: true;
      readonly options: LocatedMap;
      /** As the form names it, where it does. */
      readonly application?: string;
    }
  | { readonly ok: false; readonly issues: readonly Issue[] };

/** The keys that give a wrapped form away. */
export const wrappers = ['settings', 'options', 'applications', 'services'] as const;

export function unwrap(root: LocatedMap, wantedApplication: string): Unwrapped {
  const fields = fieldsOf(root);
  const settings = fields.get('settings');
  if (settings !== undefined)
    return unwrapSettings(settings, textOf(fields.get('application'))?.value);
  const options = fields.get('options');
  if (options !== undefined) return optionsOf(options);
  const applications = fields.get('applications') ?? fields.get('services');
  if (applications !== undefined) return unwrapBundle(applications, wantedApplication);
  return { ok: true, options: root };
}

/** An option without a value is unset. */
function unwrapSettings(settings: Located, application: string | undefined): Unwrapped {
  if (settings.kind !== 'map') return notAMapping(settings.place, 'settings');
  const entries = settings.entries.flatMap((entry): LocatedEntry[] => {
    const value = fieldsOf(entry.value).get('value');
    if (entry.value.kind === 'map') return value === undefined ? [] : [{ ...entry, value }];
    return [entry];
  });
  const options: LocatedMap = { ...settings, entries };
  return application === undefined ? { ok: true, options } : { ok: true, options, application };
}

function unwrapBundle(applications: Located, wanted: string): Unwrapped {
  const candidates = entriesOf(applications).filter(
    ({ key, value }) => key === wanted || charmName(value) === 'calico',
  );
  const [found, ...others] = candidates;
  if (found === undefined) {
    const message = `no application of this bundle is the charm calico or has the name "${wanted}"`;
    const hint = 'name the one that is meant with unitApplication, or give its options alone';
    return refused(applications.place, 'charm-application-missing', message, hint);
  }
  if (others.length > 0) {
    const names = candidates.map(({ key }) => key).join(', ');
    const message = `several applications of this bundle may be meant: ${names}`;
    const hint = 'give the options of one of them alone';
    return refused(found.keyPlace, 'charm-application-ambiguous', message, hint);
  }
  const options = fieldsOf(found.value).get('options');
  if (options === undefined) {
    const message = `the application "${found.key}" has no options`;
    return refused(found.keyPlace, 'charm-options-missing', message);
  }
  const unwrapped = optionsOf(options);
  return unwrapped.ok ? { ...unwrapped, application: found.key } : unwrapped;
}

/** `calico`, `ch:calico`, `cs:~containers/calico-838`, `ch:amd64/jammy/calico-5`, `./calico.charm`. */
function charmName(application: Located): string | undefined {
  const charm = textOf(fieldsOf(application).get('charm'))?.value;
  const last = charm?.split(/[/:]/).at(-1);
  return last?.replace(/\.charm$/, '').replace(/-\d+$/, '');
}

function optionsOf(options: Located): Unwrapped {
  return options.kind === 'map' ? { ok: true, options } : notAMapping(options.place, 'options');
}

function notAMapping(place: Place, name: string): Unwrapped {
  return refused(place, 'wrong-type', `"${name}" must be a mapping of the charm's options`);
}

function refused(place: Place, code: string, message: string, hint?: string): Unwrapped {
  return { ok: false, issues: [issueAt(place, 'error', code, message, hint)] };
}

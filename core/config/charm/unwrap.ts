/**
 * Reads the forms of the charm's options: a plain mapping (also from `config-get`), `juju config
 * APPLICATION` (settings with value), a bundle (options, or applications with options), and the
 * file for `juju deploy --config` (applications, each a mapping of its options).
 */
import type { Place } from '../../issue.ts';
import { issueAt } from '../../findings.ts';
import type { Issue } from '../../issue.ts';
import type { Located, LocatedEntry, LocatedMap } from '../yaml/located.ts';
import { jujuConfigHint } from '../mix-ups/mix-up.ts';
import { fieldsOf, textOf } from '../yaml/read-values.ts';
import { applicationsOf, charmName, findApplication } from './bundle.ts';
import { nearestName } from '../../nearest-name.ts';
import { charmOptionNames, charmOptions } from './options.ts';
import { withWholeNumbers } from './whole-numbers.ts';

export type Unwrapped =
  | {
      readonly ok: true;
      readonly options: LocatedMap;
      /** The application's name, if the form has it. */
      readonly application?: string;
      /** Other options from juju config, of another version of the charm. */
      readonly unknown?: readonly LocatedEntry[];
    }
  | { readonly ok: false; readonly issues: readonly Issue[] };

/** The keys by which a wrapped form is recognised. */
export const wrappers = ['settings', 'options', 'applications', 'services'] as const;

export function unwrap(root: LocatedMap, application: string | undefined): Unwrapped {
  const fields = fieldsOf(root);
  const settings = fields.get('settings');
  if (settings !== undefined) return unwrapSettings(settings, fields);
  const options = fields.get('options');
  if (options !== undefined) return optionsOf(options);
  const applications = applicationsOf(root);
  if (applications !== undefined) return unwrapBundle(applications, application);
  const deployed = deployedOf(root, application);
  if (deployed?.value.kind === 'map') {
    return { ok: true, options: deployed.value, application: deployed.key };
  }
  return { ok: true, options: withWholeNumbers(root) };
}

/** `calico: {global-as-number: 64512}`, beside other applications: juju deploy --config. */
export function deployedOf(
  root: LocatedMap,
  application: string | undefined,
): LocatedEntry | undefined {
  if (root.entries.some(({ key, value }) => value.kind !== 'map' || charmOptions.has(key))) {
    return undefined;
  }
  return root.entries.find(({ key }) => key === (application ?? 'calico'));
}

/** An option without a value is unset. */
function unwrapSettings(settings: Located, fields: ReadonlyMap<string, Located>): Unwrapped {
  if (settings.kind !== 'map') return notAMapping(settings.place, 'settings');
  const application = textOf(fields.get('application'))?.value;
  const charm = textOf(fields.get('charm'))?.value;
  if (isOfAnother(settings, charm ?? application)) {
    return refused(settings.place, ...ofAnother(application ?? charm ?? 'another application'));
  }
  const entries = settings.entries.flatMap((entry): LocatedEntry[] => {
    const value = fieldsOf(entry.value).get('value');
    if (entry.value.kind === 'map') return value === undefined ? [] : [{ ...entry, value }];
    return [entry];
  });
  // A key that is close to a known one counts as a typing error, also here.
  const isKnown = ({ key }: LocatedEntry): boolean =>
    charmOptions.has(key) || nearestName(key, charmOptionNames) !== undefined;
  const options = withWholeNumbers({ ...settings, entries: entries.filter(isKnown) });
  const unknown = entries.filter((entry) => !isKnown(entry));
  return { ok: true, options, unknown, ...(application !== undefined && { application }) };
}

/** Other charms share a name or two with calico; a fork of it shares most. */
function isOfAnother({ entries }: LocatedMap, charm: string | undefined): boolean {
  if (entries.length === 0) return false;
  const known = entries.filter(({ key }) => charmOptions.has(key)).length;
  if (known === 0) return entries.length > 1 || charmName(charm) !== 'calico';
  return charm !== undefined && charmName(charm) !== 'calico' && known < entries.length / 2;
}

function ofAnother(application: string): [code: string, message: string, hint: string] {
  const message = `these are the settings of ${application.slice(0, 64)}, not of calico`;
  return ['charm-other-application', message, jujuConfigHint];
}

function unwrapBundle(applications: Located, application: string | undefined): Unwrapped {
  const found = findApplication(applications, application);
  if (!found.ok) return { ok: false, issues: [found.issue] };
  const { key, keyPlace, value } = found.entry;
  const options = fieldsOf(value).get('options');
  if (options === undefined) {
    const message = `the application "${key}" has no options`;
    const hint = `write them below it as options:, or ${jujuConfigHint}`;
    return refused(keyPlace, 'charm-options-missing', message, hint);
  }
  const unwrapped = optionsOf(options);
  return unwrapped.ok ? { ...unwrapped, application: key } : unwrapped;
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

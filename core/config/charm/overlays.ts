/**
 * The documents that follow a bundle after `---`. Juju merges such overlays into the bundle; this
 * reader ignores those without options of Calico, and refuses the others.
 */
import { issueAt } from '../../findings.ts';
import type { Issue } from '../../issue.ts';
import type { Located, LocatedMap } from '../yaml/located.ts';
import { entriesOf, fieldsOf } from '../yaml/read-values.ts';
import { applicationsOf, candidatesOf } from './bundle.ts';

export function checkOverlays(
  bundle: LocatedMap,
  overlays: readonly Located[],
  application: string | undefined,
): readonly Issue[] {
  const [first] = overlays;
  if (first === undefined) return [];
  const applications = applicationsOf(bundle);
  if (applications === undefined) return [severalDocuments(first)];
  const removed = overlays.flatMap((overlay) => removalOf(overlay, bundle, application));
  if (removed.length > 0) return removed;
  const names = new Set(candidatesOf(applications, application).map(({ key }) => key));
  const found = overlays.flatMap((overlay) => optionsOf(overlay, names, application));
  if (found.length > 0) return found.map(overlaid);
  const message = `what follows the bundle after --- has no options for calico and is ignored (${overlays.length === 1 ? '1 document' : `${overlays.length} documents`})`;
  return [issueAt(first.place, 'note', 'bundle-overlay-ignored', message)];
}

function optionsOf(
  overlay: Located,
  names: ReadonlySet<string>,
  application: string | undefined,
): readonly Located[] {
  const applications = overlay.kind === 'map' ? applicationsOf(overlay) : undefined;
  if (applications === undefined) return [];
  const more = new Set(candidatesOf(applications, application));
  return entriesOf(applications)
    .filter((entry) => names.has(entry.key) || more.has(entry))
    .flatMap(({ value }) => fieldsOf(value).get('options') ?? [])
    .filter((options) => entriesOf(options).length > 0);
}

/** An overlay that names an application without a value removes it from the bundle. */
function removalOf(overlay: Located, bundle: LocatedMap, application: string | undefined): Issue[] {
  const own = applicationsOf(bundle);
  const names = own === undefined ? [] : candidatesOf(own, application).map(({ key }) => key);
  const applications = overlay.kind === 'map' ? applicationsOf(overlay) : undefined;
  return entriesOf(applications)
    .filter(({ key, value }) => names.includes(key) && isNull(value))
    .map(({ key, keyPlace }) => {
      const message = `this overlay takes the application "${key}" out of the bundle: it names it without a value`;
      const hint = `take the line away, or indent below it what the overlay says of ${key}`;
      return issueAt(keyPlace, 'error', 'bundle-overlay-removes', message, hint);
    });
}

function isNull(value: Located): boolean {
  return value.kind === 'scalar' && value.value === null;
}

function overlaid({ place }: Located): Issue {
  const message = 'this overlay has options for calico too, and overlays are not merged';
  const hint = 'write its options into the bundle, or take juju export-bundle, which is merged';
  return issueAt(place, 'error', 'bundle-overlay-options', message, hint);
}

function severalDocuments({ place }: Located): Issue {
  const message = 'a second document begins here, but one is expected';
  const hint = 'take the --- line away, or put each document into a file of its own';
  return issueAt(place, 'error', 'yaml-several-documents', message, hint);
}

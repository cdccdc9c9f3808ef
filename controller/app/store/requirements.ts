/**
 * What a controller has to know to go on with the stored state. A version that begins to store what an
 * earlier one would misunderstand names it here, in the transaction that stores it first, and removes it
 * when nothing of that kind is left. A controller that does not know a requirement serves no agents: a
 * downgrade would otherwise go on with half of what is stored.
 */
import { jsonBounds } from '../../../core/input/bounds.ts';
import { parseJson } from '../../../core/input/parse-json.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { RecordName, Store } from '../../ports/store.ts';

/** Its text: `{"formatVersion": 1, "requires": ["…"]}`. */
export const requirementsName: RecordName = { kind: 'controller', key: 'requires' };

/** The requirements that this version knows: none has been needed yet. */
const known: ReadonlySet<string> = new Set();

/** The most names in the error. */
const mostNamed = 10;

/** @throws AppError newer-format where the stored state needs a newer controller */
export async function checkRequirements(store: Pick<Store, 'get' | 'place'>): Promise<void> {
  const record = await store.get(requirementsName);
  if (record === undefined) return;
  const unknown = requiredBy(record.text)?.filter((name) => !known.has(name));
  if (unknown?.length === 0) return;
  // A form that this version cannot read is of a newer one as well.
  const names = unknown === undefined ? 'what it stored' : quoted(unknown.slice(0, mostNamed));
  throw new AppError(
    'newer-format',
    `cannot use ${store.place}: a newer calico-controller has stored what this version does not know (${names}); install that version again, or restore a backup of this version into an empty store: calico-controller store restore`,
  );
}

/** @returns undefined: it has another form */
function requiredBy(text: string): readonly string[] | undefined {
  const parsed = parseJson(text, jsonBounds.state);
  if (!parsed.ok || typeof parsed.data !== 'object' || parsed.data === null) return undefined;
  const names: unknown = Reflect.get(parsed.data, 'requires');
  if (Reflect.get(parsed.data, 'formatVersion') !== 1 || !Array.isArray(names)) return undefined;
  return names.every((name) => typeof name === 'string') ? names : undefined;
}

function quoted(names: readonly string[]): string {
  return names.map((name) => `"${name.slice(0, 100)}"`).join(', ');
}

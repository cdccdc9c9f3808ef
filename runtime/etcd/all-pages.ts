/** The pages of a range, one after the other, within what a daemon's memory takes. */
import type { StoredKey } from './keys.ts';
import type { RangeAnswer } from './protocol.ts';

const mib = 1024 * 1024;

/** The unit of the agent has 320 MiB for everything. */
const usualBounds = { keys: 500_000, characters: 192 * mib };

/**
 * @param next the page behind this key
 * @param bounds keys, and characters of their values, of all pages together
 * @throws RangeError where there is more
 */
export async function allPages(
  first: Pick<RangeAnswer, 'keys' | 'more'>,
  next: (after: string | undefined) => Promise<Pick<RangeAnswer, 'keys' | 'more'>>,
  bounds = usualBounds,
): Promise<readonly StoredKey[]> {
  const keys: StoredKey[] = [];
  let characters = 0;
  for (let page = first; ; page = await next(keys.at(-1)?.key)) {
    for (const one of page.keys) {
      keys.push(one);
      characters += one.value.length;
    }
    if (keys.length > bounds.keys) throw new RangeError(`more than ${String(bounds.keys)} keys`);
    if (characters > bounds.characters) {
      const most = String(Math.floor(bounds.characters / mib));
      throw new RangeError(`its values have more than ${most} MiB together`);
    }
    if (!page.more) return keys;
  }
}

/**
 * kill -9 at random points of changes of the built daemon: KILLS_COUNT changes, 200 by default,
 * from the seed KILLS_SEED on. A seed always gives the same change, and the same points of an
 * undisturbed run.
 */
import { lackForLoneNode } from '../../test/support/lone-node/needs.ts';
import {
  rememberBefore,
  surviveKills,
  tracePoints,
  type ChangeKind,
} from '../../test/support/lone-node/killed-change.ts';
import { seeded } from '../../test/security/texts/mutate.ts';

/** Each spends most of its time waiting. */
const atOnce = 6;
const kinds: readonly ChangeKind[] = ['taken-back', 'replaced'];

export async function benchKills(): Promise<void> {
  const missing = lackForLoneNode();
  if (missing !== undefined) {
    console.log(`kills: skipped, this machine lacks ${missing}`);
    return;
  }
  const count = Number(process.env['KILLS_COUNT'] ?? 200);
  const first = Number(process.env['KILLS_SEED'] ?? 1);
  const from = await rememberBefore();
  const traces = await Promise.all(kinds.map((kind) => tracePoints(from, kind)));
  let next = first;
  let deaths = 0;
  let faults = 0;
  const work = async (): Promise<void> => {
    while (next < first + count) {
      const seed = next;
      next += 1;
      const chosen = choose(seed, traces);
      const name = `kills: seed ${String(seed)}, ${chosen.kind}, ${chosen.points.join(', then ')}`;
      try {
        const reached = await surviveKills({ ...chosen, from });
        deaths += reached.length;
      } catch (error) {
        faults += 1;
        console.log(`${name}: ${String(error)}`);
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  console.log(
    `kills: ${String(count)} changes from seed ${String(first)}, ${String(deaths)} kills, ${String(faults)} faults`,
  );
}

/** Every second change is killed once more in a later process, if that reaches the point. */
function choose(
  seed: number,
  traces: readonly (readonly string[])[],
): { readonly kind: ChangeKind; readonly points: readonly string[] } {
  const random = seeded(seed);
  const index = Math.floor(random() * kinds.length);
  const points = traces[index] ?? [];
  const point = (): string => points[Math.floor(random() * points.length)] ?? '';
  return {
    kind: kinds[index] ?? 'replaced',
    points: random() < 0.5 ? [point()] : [point(), point()],
  };
}

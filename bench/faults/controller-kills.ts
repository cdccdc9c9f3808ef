/**
 * kill -9 at random points of rollouts of the built controller, on both engines of its store: KILLS_COUNT
 * rollouts, 40 by default, from the seed KILLS_SEED on. A seed always gives the same points.
 */
import {
  surviveKills,
  traceCommits,
  type Course,
} from '../../test/support/killed-rollout/killed-rollout.ts';
import { seeded } from '../../test/security/texts/mutate.ts';
import { startEtcd } from '../../test/support/servers/etcd.ts';

const atOnce = 3;
const mostKills = 5;
const courses: readonly Course[] = ['done', 'aborted'];

export async function benchControllerKills(): Promise<void> {
  const count = Number(process.env['KILLS_COUNT'] ?? 40);
  const first = Number(process.env['KILLS_SEED'] ?? 1);
  const etcd = await startEtcd();
  let next = first;
  let deaths = 0;
  let faults = 0;
  try {
    const traces = new Map<Course, readonly string[]>();
    for (const course of courses) traces.set(course, await traceCommits({ course }));
    const work = async (): Promise<void> => {
      while (next < first + count) {
        const seed = next;
        next += 1;
        const { isEmbedded, course, points } = choose(seed, traces);
        const engine = isEmbedded ? 'embedded' : 'etcd';
        const name = `controller-kills: seed ${String(seed)}, ${engine}, ${course}, ${points.join(', then ')}`;
        try {
          const how = { course, points, ...(isEmbedded ? {} : { etcd }) };
          deaths += (await surviveKills(how)).length;
        } catch (error) {
          faults += 1;
          console.log(`${name}: ${String(error)}`);
        }
      }
    };
    await Promise.all(Array.from({ length: atOnce }, work));
  } finally {
    await etcd.stop();
  }
  console.log(
    `controller-kills: ${String(count)} rollouts from seed ${String(first)}, ${String(deaths)} kills, ${String(faults)} faults`,
  );
}

/** Points in the order of an undisturbed rollout, so that most of them are reached. */
function choose(
  seed: number,
  traces: ReadonlyMap<Course, readonly string[]>,
): { readonly isEmbedded: boolean; readonly course: Course; readonly points: readonly string[] } {
  const random = seeded(seed);
  const isEmbedded = random() < 0.5;
  const course = courses[Math.floor(random() * courses.length)] ?? 'done';
  const names = [...new Set(traces.get(course))];
  const kills = 1 + Math.floor(random() * mostKills);
  const places = Array.from({ length: kills }, () => Math.floor(random() * names.length));
  const points = places
    .toSorted((one, other) => one - other)
    .map((place) => `${random() < 0.5 ? 'before' : 'after'} ${names[place] ?? ''}`);
  return { isEmbedded, course, points };
}

/** The waves of a rollout as bars, for a terminal. */
import { printable } from '../../../core/printable.ts';
import type { CurrentRollout } from '../../../schemas/generated/controller-api/current-rollout.ts';
import { progressText, waveText } from './rollout-text.ts';

type Shown = NonNullable<CurrentRollout['rollout']>;
type Wave = Shown['waves'][number];

const barWidth = 24;
const mostNameWidth = 32;

/** One line with the state, and one for each wave around the current one. Safe for a terminal. */
export function barLines(
  rollout: Shown,
  { columns, rows }: { readonly columns: number; readonly rows: number },
): readonly string[] {
  const waves = aroundCurrent(rollout.waves, Math.max(1, rows - 1));
  const width = Math.min(mostNameWidth, Math.max(...waves.map(({ name }) => name.length)));
  return [
    progressText(rollout),
    ...waves.map(
      (wave) => `${wave.name.slice(0, width).padEnd(width)}  [${barOf(wave)}]  ${waveText(wave)}`,
    ),
  ].map((line) => shortened(printable(line), columns));
}

const atWork: ReadonlySet<Wave['state']> = new Set(['running', 'settling', 'going-back']);

function aroundCurrent(waves: readonly Wave[], most: number): readonly Wave[] {
  const current = waves.findIndex(({ state }) => atWork.has(state));
  const next = waves.findIndex(({ state }) => state === 'later');
  const middle = current !== -1 ? current : next === -1 ? waves.length : next;
  const first = Math.max(0, Math.min(middle - Math.floor(most / 2), waves.length - most));
  return waves.slice(first, first + most);
}

/** `####!!......`: confirmed, failed, and the others. */
function barOf({ nodes, confirmed, failed }: Wave): string {
  const part = (count: number): number => (nodes === 0 ? 0 : (barWidth * count) / nodes);
  // A single failure among thousands is seen, and a bar is full only when all have confirmed.
  const bad = failed === 0 ? 0 : Math.max(1, Math.floor(part(failed)));
  const good = Math.min(barWidth - bad, nodes === 0 ? barWidth : Math.floor(part(confirmed)));
  return `${'#'.repeat(good)}${'!'.repeat(bad)}`.padEnd(barWidth, '.');
}

function shortened(text: string, columns: number): string {
  if (text.length <= columns) return text;
  return columns <= 1 ? '' : `${text.slice(0, columns - 1)}…`;
}

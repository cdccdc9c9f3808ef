/** What a strategy's schema cannot say: all faults at once, each with its place. */
import type { RolloutStrategy, RolloutWave } from '../../schemas/generated/rollout-strategy.ts';
import { gatherFindings, type Findings } from '../findings.ts';
import type { Issue, Place } from '../issue.ts';
import { nearestName } from '../nearest-name.ts';
import { timeMs } from './strategy.ts';
import { ruleName } from './plan-waves.ts';
import { isTimeZone } from './windows.ts';

/** @param placeOf the place of a pointer in the text */
export function checkStrategy(
  strategy: RolloutStrategy,
  placeOf: (pointer: string) => Place = (pointer) => ({ pointer }),
): readonly Issue[] {
  const findings = gatherFindings();
  checkTimes(strategy, placeOf, findings);
  const names = new Set<string>();
  for (const [index, wave] of (strategy.waves ?? []).entries()) {
    const pointer = `/waves/${String(index)}`;
    checkWave(wave, placeOf(pointer), findings);
    const name = ruleName(wave, index);
    if (names.has(name) || reserved.has(name)) {
      findings.error(
        placeOf(wave.name === undefined ? pointer : `${pointer}/name`),
        'duplicate-name',
        reserved.has(name)
          ? `a wave cannot have the name "${name}"`
          : `two waves have the name "${name}"`,
        'give each wave a name of its own; rest, last, all and cluster-share have another meaning',
      );
    }
    names.add(name);
  }
  checkShare(strategy, names, placeOf, findings);
  for (const [index, { timeZone }] of (strategy.windows ?? []).entries()) {
    if (isTimeZone(timeZone)) continue;
    findings.error(
      placeOf(`/windows/${String(index)}/timeZone`),
      'unknown-time-zone',
      `the time zone "${timeZone}" is not known`,
      'write a name of the IANA database, such as Europe/Berlin, America/New_York or UTC',
    );
  }
  return findings.issues;
}

const reserved: ReadonlySet<string> = new Set(['rest', 'last', 'all', 'cluster-share']);
const hourMs = 3_600_000;
const bounds = { settle: { least: 0, hours: 24 }, limit: { least: 1000, hours: 168 } } as const;

function checkTimes(
  strategy: RolloutStrategy,
  placeOf: (pointer: string) => Place,
  findings: Findings,
): void {
  const times = [
    ['settle', strategy.settle, bounds.settle],
    ['limit', strategy.limit, bounds.limit],
    ['barrier/limit', strategy.barrier?.limit, bounds.limit],
  ] as const;
  for (const [name, text, { least, hours }] of times) {
    if (text === undefined) continue;
    const ms = timeMs(text);
    if (ms >= least && ms <= hours * hourMs) continue;
    const from = least === 0 ? '0s' : '1s';
    findings.error(
      placeOf(`/${name}`),
      'out-of-range',
      `${name.replace('/', '.')} must be from ${from} to ${String(hours)}h, but is ${text}`,
    );
  }
}

function checkWave(wave: RolloutWave, place: Place, findings: Findings): void {
  const { nodes, labels, count, percent, each } = wave;
  const conditions = [nodes, labels, count, percent, each];
  if (conditions.every((one) => one === undefined)) {
    findings.error(
      place,
      'wave-without-condition',
      'the wave does not say which nodes it has',
      'add nodes, labels, count, percent or each; leave the wave out where it is for all other nodes, which form the last wave',
    );
  }
  if (count !== undefined && percent !== undefined) {
    findings.error(
      place,
      'wave-with-two-limits',
      'the wave has count and percent',
      'keep one of them',
    );
  }
  if (each !== undefined && (count !== undefined || percent !== undefined)) {
    findings.error(
      place,
      'wave-with-two-limits',
      'the wave has each beside count or percent',
      'keep each, and put count or percent into a wave of its own before it',
    );
  }
}

function checkShare(
  { clusterShare }: RolloutStrategy,
  names: ReadonlySet<string>,
  placeOf: (pointer: string) => Place,
  findings: Findings,
): void {
  if (clusterShare === undefined || clusterShare === 'last' || names.has(clusterShare)) return;
  const nearest = nearestName(clusterShare, [...names, 'last']);
  findings.error(
    placeOf('/clusterShare'),
    'unknown-wave',
    `no wave has the name "${clusterShare}"`,
    nearest === undefined
      ? `write last, or the name of a wave${names.size === 0 ? '' : `: ${[...names].slice(0, 10).join(', ')}`}`
      : `did you mean "${nearest}"?`,
  );
}

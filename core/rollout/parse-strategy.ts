/** Text → strategy of a rollout, YAML or JSON; reports all issues at once. */
import type {
  RolloutStrategy,
  RolloutWave,
  RolloutWindow,
} from '../../schemas/generated/rollout-strategy.ts';
import { isRolloutStrategy } from '../../schemas/generated/rollout-strategy.validator.js';
import { recogniseInstead, type Expected } from '../config/mix-ups/instead.ts';
import { arrangeIssues } from '../config/schema/arrange-issues.ts';
import { schemaIssues } from '../config/schema/schema-issues.ts';
import { locate } from '../config/yaml/located-yaml.ts';
import { placeIn } from '../config/yaml/located.ts';
import { plainValue } from '../config/yaml/plain-value.ts';
import { documentHint } from '../document-hint.ts';
import { textBounds } from '../input/bounds.ts';
import { hasErrors, type Issue, type Place } from '../issue.ts';
import { checkStrategy } from './check-strategy.ts';

export type ParsedStrategy =
  | { readonly ok: true; readonly strategy: RolloutStrategy }
  | { readonly ok: false; readonly issues: readonly Issue[] };

export function parseStrategy(text: string): ParsedStrategy {
  const located = locate(text, textBounds.strategy);
  if (!located.ok) return { ok: false, issues: located.issues };
  const { root } = located;
  const data = plainValue(root);
  const placeOf = (pointer: string): Place => placeIn(root, pointer);
  if (!isRolloutStrategy(data)) {
    const instead = recogniseInstead(root, expected);
    if (instead !== undefined) return { ok: false, issues: [instead] };
    const ofForm = schemaIssues(isRolloutStrategy.errors ?? [], root);
    const ofMeaning = checkStrategy(soundParts(data, ofForm), placeOf);
    return { ok: false, issues: arrangeIssues([...ofForm, ...ofMeaning]) };
  }
  const issues = checkStrategy(data, placeOf);
  return hasErrors(issues) ? { ok: false, issues } : { ok: true, strategy: data };
}

const expected: Expected = {
  what: 'the strategy of a rollout',
  hint: `write a RolloutStrategy as ${documentHint('rollouts.md')} shows; the network configuration is the argument of calico-controller rollout start`,
  kind: 'RolloutStrategy',
  keys: ['waves', 'settle', 'limit', 'maxFailures', 'approval', 'windows', 'onFailure'],
};

const head = { apiVersion: 'calico-agent/v1', kind: 'RolloutStrategy' } as const;

/**
 * The parts whose form is right. A faulty wave or window keeps its place in the list, and its name
 * or time zone, so that these are judged.
 * @param ofForm the faults of form
 */
function soundParts(data: unknown, ofForm: readonly Issue[]): RolloutStrategy {
  const { waves, windows, clusterShare, ...others } = fieldsOf(data);
  const times = ['settle', 'limit', 'barrier'].flatMap((key) => {
    const part = soundOnly({ [key]: others[key] });
    return part === undefined ? [] : [part];
  });
  const parts: RolloutStrategy = Object.assign({ ...head }, ...times);
  if (Array.isArray(waves)) parts.waves = waves.map(soundWave);
  if (Array.isArray(windows)) parts.windows = windows.map(soundWindow);
  // The wave that is meant may be one whose name has a fault.
  const areNamed = !ofForm.some(
    ({ pointer, code }) =>
      /^\/waves(?:\/\d+(?:\/name)?)?$/.test(pointer) ||
      (code === 'unknown-key' && pointer.startsWith('/waves/')),
  );
  const share = areNamed ? soundOnly({ clusterShare }) : undefined;
  return { ...parts, ...share };
}

function soundWave(wave: unknown): RolloutWave {
  const sound = soundOnly({ waves: [wave] })?.waves?.[0];
  if (sound !== undefined) return sound;
  const named = soundOnly({ waves: [{ name: fieldsOf(wave)['name'], count: 1 }] })?.waves?.[0];
  return named ?? { count: 1 };
}

function soundWindow(window: unknown): RolloutWindow {
  const sound = { from: '00:00', to: '01:00' };
  const { timeZone } = fieldsOf(window);
  const zoned = soundOnly({ windows: [{ ...sound, timeZone }] })?.windows?.[0];
  return zoned ?? { ...sound, timeZone: 'UTC' };
}

/** Undefined: the part has a fault of form. */
function soundOnly(part: Readonly<Record<string, unknown>>): RolloutStrategy | undefined {
  const strategy: unknown = { ...head, ...part };
  return isRolloutStrategy(strategy) ? strategy : undefined;
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

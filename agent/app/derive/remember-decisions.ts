import { createHash } from 'node:crypto';
import type { NodeFacts } from '../../../core/facts/facts.ts';
import type { Decided, Question, ReadingSettings } from '../../../core/deciding/question.ts';
import type { Decider } from '../../ports/decider.ts';

/** Enough for the accepted configuration and one that somebody tries. */
const maxRemembered = 2;
/** A larger decision is kept only until the next one. */
const smallResources = 1000;

interface Remembered {
  readonly textHash: string;
  readonly facts: NodeFacts;
  readonly reading: ReadingSettings;
  readonly decided: Decided;
}

/**
 * Remembers the last decisions, because a hook offers the same text every few minutes. Facts are
 * compared as objects; only a hash of the text is kept.
 */
export function rememberDecisions(decider: Decider): Decider {
  let remembered: readonly Remembered[] = [];
  return {
    ...decider,
    decide: async (question, options) => {
      const textHash = createHash('sha256').update(question.text).digest('base64');
      const known = remembered.find((one) => isSame(one, textHash, question));
      const { facts, reading } = question;
      const latest = known ?? {
        textHash,
        facts,
        reading,
        decided: await decider.decide(question, options),
      };
      const others = remembered.filter((one) => one !== latest && isSmall(one.decided));
      remembered = [latest, ...others].slice(0, maxRemembered);
      return latest.decided;
    },
  };
}

function isSame(one: Remembered, textHash: string, { facts, reading }: Question): boolean {
  return (
    one.textHash === textHash &&
    one.facts === facts &&
    one.reading.roles.join() === reading.roles.join() &&
    one.reading.unitApplication === reading.unitApplication
  );
}

function isSmall(decided: Decided): boolean {
  return !decided.ok || decided.derived.desired.resources.length <= smallResources;
}

import { textFrame, type TextFrame } from '../../runtime/network/text-frame.ts';
import {
  forAgent,
  refOf,
  withoutText,
  type ConfigMessage,
  type KnownOfConfig,
} from '../../core/protocol/messages.ts';
import type { RevisionRef } from '../../core/revision/revision.ts';

export interface ConfigFrame {
  readonly config: ConfigMessage;
  readonly withText: boolean;
  readonly known: KnownOfConfig;
}

export type ConfigFrames = (frame: ConfigFrame) => TextFrame;

/**
 * The whole frame for each configuration, made once and shared by all agents: with a buffer for each
 * agent, ten agents that do not read would need ten copies.
 */
export function configFrames(): ConfigFrames {
  const frames = new WeakMap<ConfigMessage, Map<number, TextFrame>>();
  return ({ config, withText, known }) => {
    let ofConfig = frames.get(config);
    if (ofConfig === undefined) frames.set(config, (ofConfig = new Map()));
    const kind = kindOf(withText, known);
    const made = ofConfig.get(kind);
    if (made !== undefined) return made;
    const whole = forAgent(config, known);
    const frame = textFrame(JSON.stringify(withText ? whole : withoutText(whole)));
    ofConfig.set(kind, frame);
    return frame;
  };
}

function kindOf(withText: boolean, known: KnownOfConfig): number {
  const { retry, terms, decisions, clusterShare } = known;
  // Without a list, because it is asked for each agent.
  return (
    Number(withText) +
    2 * Number(retry) +
    4 * Number(terms) +
    8 * Number(decisions) +
    16 * Number(clusterShare)
  );
}

/** @returns a function that gives the same object for the same configuration, whichever agent gets it */
export function sharedRefs(): (config: ConfigMessage) => RevisionRef {
  const refs = new WeakMap<ConfigMessage, RevisionRef>();
  return (config) => {
    const known = refs.get(config);
    if (known !== undefined) return known;
    const ref = refOf(config);
    refs.set(config, ref);
    return ref;
  };
}

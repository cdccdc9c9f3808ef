import { textFrame, type TextFrame } from '../../runtime/network/text-frame.ts';
import {
  forAgent,
  withoutText,
  type ConfigMessage,
  type KnownOfConfig,
} from '../../core/protocol/messages.ts';

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
  return [withText, retry, terms, decisions, clusterShare].reduce(
    (kind, isSo) => 2 * kind + Number(isSo),
    0,
  );
}

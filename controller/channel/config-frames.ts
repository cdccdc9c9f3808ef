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

export type ConfigFrames = (frame: ConfigFrame) => Buffer;

/**
 * The frame's content for each configuration, made once and shared by all agents: with a buffer for
 * each agent, ten agents that do not read would need ten copies.
 */
export function configFrames(): ConfigFrames {
  const frames = new WeakMap<ConfigMessage, Map<string, Buffer>>();
  return ({ config, withText, known }) => {
    const ofConfig = frames.get(config) ?? new Map<string, Buffer>();
    frames.set(config, ofConfig);
    const { retry, terms, decisions } = known;
    const kind = [withText, retry, terms, decisions].join(' ');
    const made = ofConfig.get(kind);
    if (made !== undefined) return made;
    const whole = forAgent(config, known);
    const frame = Buffer.from(JSON.stringify(withText ? whole : withoutText(whole)));
    ofConfig.set(kind, frame);
    return frame;
  };
}

import { withoutRetry, withoutText, type ConfigMessage } from '../../core/protocol/messages.ts';

export interface ConfigFrame {
  readonly config: ConfigMessage;
  readonly withText: boolean;
  readonly withRetry: boolean;
}

export type ConfigFrames = (frame: ConfigFrame) => Buffer;

/**
 * The content of the frame for each configuration, made once and shared by all agents: with a
 * buffer for each, ten agents that do not read would hold ten copies.
 */
export function configFrames(): ConfigFrames {
  const made = new WeakMap<ConfigMessage, Map<string, Buffer>>();
  return ({ config, withText, withRetry }) => {
    const ofConfig = made.get(config) ?? new Map<string, Buffer>();
    made.set(config, ofConfig);
    const kind = `${String(withText)} ${String(withRetry)}`;
    const known = ofConfig.get(kind);
    if (known !== undefined) return known;
    const whole = withRetry ? config : withoutRetry(config);
    const frame = Buffer.from(JSON.stringify(withText ? whole : withoutText(whole)));
    ofConfig.set(kind, frame);
    return frame;
  };
}

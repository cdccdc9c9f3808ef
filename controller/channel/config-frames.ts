import { withoutText, type ConfigMessage } from '../../core/protocol/messages.ts';

export type ConfigFrames = (config: ConfigMessage, withText: boolean) => Buffer;

/**
 * The content of the frame for each configuration, made once and shared by all agents: with a
 * buffer for each, ten agents that do not read would hold ten copies.
 */
export function configFrames(): ConfigFrames {
  const whole = new WeakMap<ConfigMessage, Buffer>();
  const short = new WeakMap<ConfigMessage, Buffer>();
  return (config, withText) => {
    const made = withText ? whole : short;
    const known = made.get(config);
    if (known !== undefined) return known;
    const frame = Buffer.from(JSON.stringify(withText ? config : withoutText(config)));
    made.set(config, frame);
    return frame;
  };
}

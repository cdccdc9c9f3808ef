/** The stages of a revision, in order. */
import type { AckMessage } from '../../schemas/generated/channel-message.ts';

export type AckStage = AckMessage['stage'];

export const ackStages: readonly AckStage[] = ['received', 'applied', 'confirmed'];

/** 0 before the first stage, 3 after the last. */
export function rankOf(stage: AckStage): number {
  return ackStages.indexOf(stage) + 1;
}

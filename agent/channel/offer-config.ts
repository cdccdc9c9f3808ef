import type { Issue } from '../../core/issue.ts';
import type { AgentSideEvent } from '../../core/protocol/agent-side.ts';
import { refOf, type ConfigMessage } from '../../core/protocol/messages.ts';
import { AppError, isOfThisMachine, reasonOf } from '../../runtime/errors.ts';
import type { FollowedAgent } from '../app/agent.ts';
import type { Offer } from '../app/offer/offer.ts';
import type { Stage } from '../app/status/signals.ts';

export type Judged = Extract<AgentSideEvent, { readonly type: 'accepted' | 'refused' }>;
type Content = Pick<Offer, 'mediaType' | 'text'>;

/**
 * Offers the controller's configuration to the agent, and returns the agent's answer. Never throws.
 */
export async function offerConfig(agent: FollowedAgent, config: ConfigMessage): Promise<Judged> {
  const ref = refOf(config);
  try {
    const content = await contentOf(agent, config);
    if (content === undefined) {
      return refused(ref, 'digest-unknown', 'the agent does not have this configuration');
    }
    const { by, retry = false, acceptLoss = false, noGuard = false, confirmSeconds } = config;
    const { clusterShare } = config;
    const outcome = await agent.offers.offer({
      source: 'controller',
      ...ref,
      ...content,
      by,
      retry,
      acceptLoss,
      noGuard,
      ...(confirmSeconds !== undefined && { confirmSeconds }),
      ...(clusterShare !== undefined && { clusterShare }),
    });
    return outcome.result === 'refused'
      ? refused(ref, outcome.code, outcome.message, outcome.issues)
      : { type: 'accepted', ref, stage: ackStageOf(outcome.stage) };
  } catch (error) {
    const code = error instanceof AppError ? error.code : 'internal';
    const { type, failure } = refused(
      ref,
      code,
      `cannot take the configuration: ${reasonOf(error)}`,
    );
    return { type, ref, failure: mayPass(error) ? { ...failure, retrying: true } : failure };
  }
}

/**
 * Whether the refusal may pass: the fault is one of this machine or of the program, and not of the
 * configuration.
 */
function mayPass(error: unknown): boolean {
  if (!(error instanceof AppError)) return true;
  return error.retryable || isOfThisMachine(error.code);
}

/**
 * The configuration's text; undefined: the controller assumes that the agent has it, and it does
 * not.
 */
async function contentOf(
  agent: FollowedAgent,
  config: ConfigMessage,
): Promise<Content | undefined> {
  const { text, mediaType } = config;
  if (text !== undefined && mediaType !== undefined) return { text, mediaType };
  const own = await agent.readings.acceptedRevision();
  return own?.digest === config.digest ? { text: own.text, mediaType: own.mediaType } : undefined;
}

export function ackStageOf(stage: Stage): 'received' | 'applied' | 'confirmed' {
  return stage === 'accepted' ? 'received' : stage;
}

function refused(
  ref: Judged['ref'],
  code: string,
  message: string,
  issues: readonly Issue[] = [],
): Extract<Judged, { readonly type: 'refused' }> {
  return { type: 'refused', ref, failure: { code, message, issues: [...issues] } };
}

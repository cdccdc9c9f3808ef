/** Asks somebody to accept the traffic that a configuration costs, before it is accepted. */
import type { Issue } from '../../../core/issue.ts';
import type { SourceKind } from '../../../core/revision/revision.ts';
import { AppError, reasonOf } from '../../../runtime/errors.ts';
import type { Logger } from '../../../runtime/log/logger.ts';
import type { Offer, OfferOutcome } from './offer.ts';
import type { Preview } from './preview.ts';

export interface LossQuestion {
  readonly preview: Pick<Preview, 'plan'>;
  /** Whether a BGP daemon runs on this machine: without one there is nothing to lose. */
  readonly hasBgp: () => Promise<boolean>;
  /** Whether this source accepts losses by itself: nobody is there to be asked. */
  readonly accepts: (source: SourceKind) => boolean;
  /** The digest of what was accepted last. */
  readonly acceptedDigest: () => string | undefined;
  readonly digestOf: (text: string) => Promise<string | undefined>;
  readonly logger: Pick<Logger, 'info'>;
}

type Refused = Extract<OfferOutcome, { readonly result: 'refused' }>;

/**
 * What was accepted before is not asked for again. Where the datastore cannot be read nobody knows
 * what the change costs, and the configuration is taken without asking: the agent must be able to
 * accept one while the cluster is away.
 */
export async function refuseLoss(
  question: LossQuestion,
  { text, source, acceptLoss }: Pick<Offer, 'text' | 'source' | 'acceptLoss'>,
): Promise<Refused | undefined> {
  if (acceptLoss === true || question.accepts(source)) return undefined;
  try {
    if (!(await question.hasBgp())) return undefined;
    const accepted = question.acceptedDigest();
    if (accepted !== undefined && (await question.digestOf(text)) === accepted) return undefined;
    const outcome = await question.preview.plan(text);
    if (!outcome.ok) return undefined;
    const { uncoveredLosses } = await import('../../../core/plan/order/find-losses.ts');
    const losses = uncoveredLosses(outcome.plan.issues);
    if (losses.length === 0) return undefined;
    const message = `cannot accept the configuration: it costs traffic that guard routes do not carry: ${lossesText(losses)}; ${howToAccept[source]} accepts that`;
    return { result: 'refused', code: 'loss-not-accepted', message, issues: losses };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    question.logger.info('nobody can tell what traffic the configuration costs', {
      reason: reasonOf(error),
    });
    return undefined;
  }
}

/** Who is told it has to find a command that exists where they are. */
const howToAccept: Readonly<Record<SourceKind, string>> = {
  local: 'apply --accept-loss',
  controller: 'calico-controller push --accept-loss',
  juju: 'calico-agent apply --take-over --accept-loss, or changes.acceptLoss.juju in agent.yaml,',
};

const maxTold = 3;

function lossesText(losses: readonly Issue[]): string {
  const told = losses.slice(0, maxTold).map(({ message }) => message);
  const more = losses.length - told.length;
  return told.join('; ') + (more > 0 ? `; and ${String(more)} more` : '');
}

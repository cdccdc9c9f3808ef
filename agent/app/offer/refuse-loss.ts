/** Refuses a configuration that costs traffic until a person accepts the loss. */
import type { Issue } from '../../../core/issue.ts';
import type { SourceKind } from '../../../core/revision/revision.ts';
import { AppError, reasonOf } from '../../../runtime/errors.ts';
import type { Logger } from '../../../runtime/log/logger.ts';
import type { Offer, OfferOutcome } from './offer.ts';
import type { Preview } from './preview.ts';

export interface LossQuestion {
  readonly preview: Pick<Preview, 'plan'>;
  /** Whether a BGP daemon runs on this machine; without one no session is lost. */
  readonly hasBgp: () => Promise<boolean>;
  /** Whether this source accepts losses without a person. */
  readonly accepts: (source: SourceKind) => boolean;
  /** The digest of the accepted revision. */
  readonly acceptedDigest: () => string | undefined;
  readonly digestOf: (text: string) => Promise<string | undefined>;
  readonly logger: Pick<Logger, 'info'>;
}

type Refused = Extract<OfferOutcome, { readonly result: 'refused' }>;

/**
 * Does not ask again for a configuration that is accepted already. While the datastore cannot be
 * read, the loss is not known, and the configuration is accepted without asking: an agent must be
 * able to accept one while the cluster is unreachable.
 */
export async function refuseLoss(
  question: LossQuestion,
  { text, source, acceptLoss }: Pick<Offer, 'text' | 'source' | 'acceptLoss'>,
): Promise<Refused | undefined> {
  if (acceptLoss === true || question.accepts(source)) return undefined;
  try {
    const hasBgp = await question.hasBgp();
    if (!hasBgp && !namesPlatform(text)) return undefined;
    const accepted = question.acceptedDigest();
    if (accepted !== undefined && (await question.digestOf(text)) === accepted) return undefined;
    const outcome = await question.preview.plan(text);
    if (!outcome.ok) return undefined;
    const { uncoveredLosses } = await import('../../../core/plan/order/find-losses.ts');
    const losses = uncoveredLosses(outcome.plan.issues, hasBgp);
    if (losses.length === 0) return undefined;
    const message = `cannot accept the configuration: it loses traffic that guard routes do not carry: ${lossesText(losses)}; ${howToAccept[source]} accepts that`;
    return { result: 'refused', code: 'loss-not-accepted', message, issues: losses };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    question.logger.info('cannot find out what traffic the configuration loses', {
      reason: reasonOf(error),
    });
    return undefined;
  }
}

/** Whether a plan has to be made where no BGP daemon runs: only a platform can lose something there. */
function namesPlatform(text: string): boolean {
  return /^["']?platform["']?\s*:|"platform"\s*:/m.test(text);
}

/** The command that accepts a loss, for the client of each source. */
const howToAccept: Readonly<Record<SourceKind, string>> = {
  local: 'apply --accept-loss',
  controller: 'calico-controller push or rollout start with --accept-loss',
  juju: 'calico-agent apply --take-over --accept-loss, or changes.acceptLoss.juju in agent.yaml,',
};

const maxTold = 3;

function lossesText(losses: readonly Issue[]): string {
  const told = losses.slice(0, maxTold).map(({ message }) => message);
  const more = losses.length - told.length;
  return told.join('; ') + (more > 0 ? `; and ${String(more)} more` : '');
}

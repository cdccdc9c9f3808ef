/** The terms and consents of a proposal, as those of a push. */
import { AppError } from '../../../runtime/errors.ts';
import { confirmSecondsOf } from '../confirm-seconds.ts';
import type { ProposedTerms } from '../../app/proposals/proposed-change.ts';

const mostDespite = 50;
const longestName = 253;

/** @throws AppError bad-request */
export function termsIn(query: URLSearchParams): ProposedTerms {
  const isSet = (name: string): boolean => query.get(name) === 'true';
  const confirmSeconds = confirmSecondsOf(query.get('confirm-within'));
  const despite = despiteOf(query.getAll('despite'));
  return {
    ...(isSet('retry') && { retry: true }),
    ...(isSet('accept-loss') && { acceptLoss: true }),
    ...(isSet('no-guard') && { noGuard: true }),
    ...(isSet('supersede') && { supersede: true }),
    ...(confirmSeconds !== undefined && { confirmSeconds }),
    ...(despite.length > 0 && { despite }),
  };
}

function despiteOf(names: readonly string[]): string[] {
  const distinct = [...new Set(names.map((name) => name.toLowerCase()))];
  if (distinct.length > mostDespite || distinct.some((name) => name.length > longestName)) {
    throw new AppError(
      'bad-request',
      `cannot propose it despite ${String(distinct.length)} nodes: name at most ${String(mostDespite)}`,
    );
  }
  return distinct;
}

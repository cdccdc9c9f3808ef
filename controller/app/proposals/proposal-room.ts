/** Bounds the proposals that wait, so that nobody can take the room of the others. */
import { digestOf } from '../../../core/revision/digest.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { StoredProposal } from '../../../schemas/generated/proposal.ts';
import { isSamePerson } from '../access/person.ts';
import { sameBase } from './proposal-base.ts';
import { planOf } from './proposed-change.ts';

const mostOpen = 50;
const mostOfPerson = 10;
const mostBytes = 16 * 1024 * 1024;

/** @param open the proposals that wait @throws AppError busy */
export function requireRoom(
  open: readonly StoredProposal[],
  { by, bytes: more }: Pick<StoredProposal, 'by' | 'bytes'>,
): void {
  const own = open.filter((one) => isSamePerson(one.by, by)).length;
  if (own >= mostOfPerson) {
    throw new AppError(
      'busy',
      `you have ${String(own)} open proposals, and nobody has room for more than ${String(mostOfPerson)}; withdraw those that nobody needs: calico-controller proposals`,
    );
  }
  const bytes = open.reduce((sum, one) => sum + one.bytes, more);
  if (open.length < mostOpen && bytes <= mostBytes) return;
  throw new AppError(
    'busy',
    `there are ${String(open.length)} open proposals, and room for ${String(mostOpen)} with 16 MiB; reject or withdraw those that nobody needs`,
  );
}

/** @throws AppError bad-request where the same waits already, for the same revision */
export function refuseSame(
  open: readonly StoredProposal[],
  proposal: Pick<StoredProposal, 'whole' | 'digest' | 'base' | 'plan'>,
): void {
  const same = open.find((one) => isSameChange(one, proposal));
  if (same === undefined) return;
  const id = String(same.id);
  throw new AppError(
    'bad-request',
    `cannot propose the configuration: proposal ${id} by ${same.by} has the same content, and waits; calico-controller proposal ${id}`,
  );
}

/** Also where the texts differ only in their form. */
function isSameChange(
  one: Pick<StoredProposal, 'whole' | 'digest' | 'base' | 'plan'>,
  other: Pick<StoredProposal, 'whole' | 'digest' | 'base' | 'plan'>,
): boolean {
  if (one.whole !== undefined && one.whole === other.whole) return true;
  const [plan, otherPlan] = [planOf(one), planOf(other)];
  const isPush = plan.kind === 'push' && digestOf(plan) === digestOf(otherPlan);
  return isPush && one.digest === other.digest && sameBase(one.base, other.base);
}

const keptClosed = 100;

/** Closed ones beyond those that are kept. The newest id stays, so that none comes again. */
export function oldestClosed(known: ReadonlyMap<number, StoredProposal>): readonly number[] {
  const closed = [...known.values()]
    .filter(({ state }) => state !== 'open')
    .map(({ id }) => id)
    .toSorted((one, other) => other - one);
  return closed.slice(keptClosed);
}

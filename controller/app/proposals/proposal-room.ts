/** Bounds the proposals that wait, so that nobody can take the room of the others. */
import { AppError } from '../../../runtime/errors.ts';
import type { StoredProposal } from '../../../schemas/generated/proposal.ts';
import { isSamePerson } from '../access/person.ts';

const mostOpen = 50;
const mostOfPerson = 10;
const mostBytes = 16 * 1024 * 1024;

/** @param open the proposals that wait @throws AppError busy */
export function requireRoom(
  open: readonly StoredProposal[],
  { by, text }: { readonly by: string; readonly text: string },
): void {
  const own = open.filter((one) => isSamePerson(one.by, by)).length;
  if (own >= mostOfPerson) {
    throw new AppError(
      'busy',
      `you have ${String(own)} open proposals, and nobody has room for more than ${String(mostOfPerson)}; withdraw those that nobody needs: calico-controller proposals`,
    );
  }
  const bytes = open.reduce((sum, one) => sum + one.bytes, Buffer.byteLength(text));
  if (open.length < mostOpen && bytes <= mostBytes) return;
  throw new AppError(
    'busy',
    `there are ${String(open.length)} open proposals, and room for ${String(mostOpen)} with 16 MiB; reject or withdraw those that nobody needs`,
  );
}

/** @throws AppError bad-request where the same content waits already, for the same revision */
export function refuseSame(
  open: readonly StoredProposal[],
  { digest, base }: Pick<StoredProposal, 'digest' | 'base'>,
): void {
  const same = open.find((one) => one.digest === digest && sameBase(one.base, base));
  if (same === undefined) return;
  const id = String(same.id);
  throw new AppError(
    'bad-request',
    `cannot propose the configuration: proposal ${id} by ${same.by} has the same content, and waits; calico-controller proposal ${id}`,
  );
}

export function sameBase(one: StoredProposal['base'], other: StoredProposal['base']): boolean {
  return one.number === other.number && one.rolledBack === other.rolledBack;
}

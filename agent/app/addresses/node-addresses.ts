/** Chooses the node's addresses from the host, Calico's Node, and the effects of a change. */
import type { NodeAddress, NodeFacts } from '../../../core/facts/facts.ts';
import { judgeAddressChange, type AddressChange } from '../../../core/resolve/address-change.ts';
import type { Resolution } from '../../../core/resolve/resolution.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ClusterSurvey } from '../../ports/datastore/cluster-survey.ts';
import type { DetectedFacts } from '../../ports/facts-source.ts';
import type { AddressBook } from './address-book.ts';
import { askCalico } from './ask-calico.ts';

export interface NodeAddressesDeps {
  readonly addresses: AddressBook;
  /** False for an agent that is only an lxd-host: its machine is not a node of Calico. */
  readonly isNode: boolean;
  readonly survey: ClusterSurvey;
  readonly clock: Clock;
  /** Resolves the accepted configuration with these facts; undefined: there is no configuration. */
  readonly tryFacts: (facts: NodeFacts) => Promise<Resolution | undefined>;
}

interface Asking {
  readonly detected: DetectedFacts;
  /** This node's facts with these addresses. */
  readonly factsWith: (addresses: readonly string[]) => NodeFacts;
  readonly settleMs: number;
  readonly asksCalico: boolean;
}

/** The addresses that count as the node's. */
export type NodeAddresses = (asking: Asking) => Promise<readonly string[]>;

export function createNodeAddresses(deps: NodeAddressesDeps): NodeAddresses {
  // While the datastore does not answer, its last answer counts.
  let last: { readonly node: string; readonly answer: readonly NodeAddress[] } | undefined;
  return async ({ detected, factsWith, settleMs, asksCalico }) => {
    const node = factsWith([]).name;
    const asks = deps.isNode && asksCalico;
    const answer = asks ? await askCalico(deps.survey, node, deps.clock) : undefined;
    if (answer !== undefined) last = { node, answer };
    const calico = last?.node === node ? last.answer : undefined;
    return deps.addresses.choose({
      host: detected.host,
      node,
      settleMs,
      ...(calico !== undefined && { calico }),
      judge: (before, after) => judge(deps, factsWith(before), factsWith(after)),
    });
  };
}

async function judge(
  { tryFacts }: NodeAddressesDeps,
  before: NodeFacts,
  after: NodeFacts,
): Promise<AddressChange> {
  try {
    const [was, is] = [await tryFacts(before), await tryFacts(after)];
    return was === undefined || is === undefined
      ? { effects: [], mayHappen: true }
      : judgeAddressChange(was, is);
  } catch {
    // For example two rules tie with the new addresses. With the previous ones the configuration
    // fits.
    return { effects: ['the configuration does not fit this node'], mayHappen: false };
  }
}

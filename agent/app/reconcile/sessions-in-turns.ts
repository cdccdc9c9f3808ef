import { byText } from '../../../core/by-text.ts';
import type { NodeFacts } from '../../../core/facts/facts.ts';
import { sessionsByOthers } from '../../../core/observe/sessions-by-others.ts';
import type { Observed } from '../../../core/observe/observed.ts';
import { flatMapInTurns } from '../../../runtime/pacing/in-turns.ts';

/** As sessionsByOthers, but does not block the event loop where there are many BGPPeers. */
export async function findSessionsByOthers(
  { resources, taken = [] }: Observed,
  facts: NodeFacts,
): Promise<readonly string[]> {
  const named = await flatMapInTurns(resources, (one) =>
    sessionsByOthers({ resources: [one], nodes: [] }, facts),
  );
  const unread = sessionsByOthers({ resources: [], nodes: [], taken }, facts);
  return [...new Set([...named, ...unread])].toSorted(byText);
}

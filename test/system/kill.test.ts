/**
 * kill -9 of the built daemon, in a network namespace with a real etcd, right after each action of
 * a change: on the revision, the state, the journal, the datastore, the guard routes.
 */
import { expect } from 'chai';
import { setTimeout } from 'node:timers/promises';
import { needsEtcd } from '../support/servers/etcd.ts';
import {
  rememberBefore,
  surviveKills,
  type ChangeKind,
} from '../support/lone-node/killed-change.ts';
import { needsNamespaces } from '../support/machine/network.ts';

/** By the names of test/support/lone-node/die-at.cjs. */
const kills: readonly (readonly [ChangeKind, string, string])[] = [
  ['taken-back', 'half revision.json 1', 'its revision is written and not in its place'],
  ['taken-back', 'rename state.json 1', 'it is accepted'],
  ['taken-back', 'rename state.json 2', 'how the node was before is kept'],
  ['taken-back', 'ip -batch 2', 'the guard has its deadline'],
  ['taken-back', 'ip -batch 4', 'the guard stands'],
  ['taken-back', 'etcd fleet/nodes 1', 'the node has reported'],
  ['taken-back', 'etcd holder 1', 'the writer lease is held'],
  ['taken-back', 'rename journal.json 1', 'its journal is open'],
  ['taken-back', 'etcd bgppeers 1', 'its step is written'],
  ['taken-back', 'etcd LeaseRevoke 1', 'the writer lease is given back'],
  ['taken-back', 'rename state.json 3', 'its time runs'],
  ['taken-back', 'rename entry.json 1', 'its journal is in the history and still open'],
  ['taken-back', 'unlink journal.json 1', 'its journal is ended'],
  ['taken-back', 'rename journal.json 2', 'going back waits at a gate'],
  ['taken-back', 'etcd bgppeers 2', 'it is taken back in the datastore'],
  ['replaced', 'rename journal.json 4', 'it waits at a gate'],
  ['replaced', 'etcd bgppeers 2', 'its last step is written'],
  ['replaced', 'half state.json 4', 'it is in force, and the state does not have it'],
  ['replaced', 'rename state.json 5', 'it is confirmed'],
  ['replaced', 'ip -batch 5', 'its guard is taken away'],
];

describe('a change that kill -9 ends', function () {
  this.timeout(600_000);
  const ends = new Map<string, Promise<unknown>>();

  before(async function () {
    needsNamespaces(this);
    needsEtcd(this);
    const from = await rememberBefore();
    // Each spends most of its time waiting, and its work is at the beginning.
    for (const [index, [kind, point]] of kills.entries()) {
      const end = setTimeout(index * 1500)
        .then(() => surviveKills({ kind, from, points: [point] }))
        .catch((error: unknown) => error);
      ends.set(`${kind} ${point}`, end);
    }
  });
  after(async () => {
    await Promise.all(ends.values());
  });

  for (const [kind, point, moment] of kills) {
    it(`goes on as if nothing had happened when ${moment} (${kind}, ${point})`, async () => {
      const end = await ends.get(`${kind} ${point}`);
      if (end instanceof Error) throw end;
      expect(end).to.deep.equal([point]);
    });
  }
});

/**
 * Faults around the built daemon in the middle of a change, in a network namespace with a real etcd:
 * BIRD, the disk, the clock and the datastore.
 */
import { expect } from 'chai';
import { execFile } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import { createBootClock } from '../../agent/adapters/system-clock/boot-clock.ts';
import { needsEtcd } from '../support/servers/etcd.ts';
import { eventually } from '../support/eventually.ts';
import {
  begin,
  endOf,
  nameOf,
  readState,
  rememberBefore,
} from '../support/lone-node/killed-change.ts';
import {
  createLoneNode,
  type LoneNode,
  type LoneNodeOptions,
  type Remembered,
  type StartHow,
} from '../support/lone-node/lone-node.ts';
import type { BirdFault } from '../support/lone-node/stand-in-bird.ts';
import { needsNamespaces } from '../support/machine/network.ts';

const run = promisify(execFile);
const dayMs = 86_400_000;
const longMs = 120_000;
const pollMs = 200;
const goesBackNoFurther = 'cannot apply revision local:node-0#1';
/** A daemon at rest has some 70. */
const memoryMegabytes = 200;

describe('a change beside faults', function () {
  this.timeout(600_000);
  let from: Remembered;
  const ends = new Map<string, Promise<unknown>>();
  const cases: (readonly [string, () => Promise<void>])[] = [];

  const on = async (
    use: (node: LoneNode) => Promise<void>,
    options: Pick<LoneNodeOptions, 'stateMegabytes'> = {},
    how: StartHow = {},
  ): Promise<void> => {
    const node = await createLoneNode({ name: nameOf(), from, ...options });
    try {
      await node.start(how);
      await use(node);
    } catch (error) {
      throw new Error(`${String(error)}\n${await node.log()}`, { cause: error });
    } finally {
      await node.close();
    }
  };
  const untilState = (
    node: LoneNode,
    isSo: (state: Awaited<ReturnType<typeof readState>>) => boolean,
  ) =>
    eventually(
      async () => expect(isSo(await readState(node.stateDirectory))).to.equal(true),
      longMs,
      pollMs,
    );
  const untilInForce = (node: LoneNode): Promise<void> =>
    untilState(
      node,
      ({ confirming }) => confirming?.revision.number === 2 && confirming.isInForce === true,
    );
  const untilTakenBack = (node: LoneNode): Promise<void> =>
    untilState(node, ({ rejected }) => rejected.some(({ number }) => number === 2));
  const untilLogged = (node: LoneNode, text: string): Promise<void> =>
    eventually(async () => expect(await node.log()).to.include(text), longMs, pollMs);

  const faults: readonly (readonly [BirdFault, string])[] = [
    ['hangs', 'BIRD answers nothing'],
    ['nonsense', 'BIRD answers nonsense'],
    ['cut', 'BIRD hangs up in the middle of an answer'],
    ['endless', 'an answer of BIRD never ends'],
  ];
  for (const [fault, what] of faults) {
    cases.push([
      `comes to its end, by what can be read, where ${what}`,
      () =>
        on(async (node) => {
          node.bird.behave(fault);
          await begin(node, 'replaced');
          await endOf(node, 'replaced');
          expect((await readState(node.stateDirectory)).confirmedBy).to.equal('nothing-seen');
          expect(await node.resident(), 'MB').to.be.below(memoryMegabytes);
        }),
    ]);
  }

  interface BadDisk {
    readonly what: string;
    readonly breakIt: (state: string) => Promise<unknown>;
    readonly mendIt: (state: string) => Promise<unknown>;
  }
  const ballast = (state: string): string => path.join(state, 'ballast');
  const disks: readonly BadDisk[] = [
    {
      what: 'is full',
      breakIt: (state) =>
        writeFile(ballast(state), Buffer.alloc(16 * 2 ** 20)).catch(() => undefined),
      mendIt: (state) => rm(ballast(state)),
    },
    {
      what: 'is read-only',
      // Refused as busy while the agent has a file open for writing, which nothing announces.
      breakIt: (state) => eventually(() => run('mount', ['-o', 'remount,ro', state])),
      mendIt: (state) => run('mount', ['-o', 'remount,rw', state]),
    },
  ];
  for (const { what, breakIt, mendIt } of disks) {
    cases.push(
      [
        `is taken back once its disk can be written again, where it ${what} at the deadline`,
        () =>
          on(
            async (node) => {
              await begin(node, 'taken-back');
              await untilInForce(node);
              await breakIt(node.stateDirectory);
              await untilLogged(node, 'cannot watch a change that is not confirmed');
              const { revisions } = await node.status();
              expect(revisions.rejected, 'nothing is told that is not on disk').to.deep.equal([]);
              await mendIt(node.stateDirectory);
              await endOf(node, 'taken-back');
            },
            { stateMegabytes: 4 },
          ),
      ],
      [
        `goes back whole where the disk ${what} while it goes back`,
        () =>
          on(
            async (node) => {
              await begin(node, 'taken-back');
              await untilTakenBack(node);
              await breakIt(node.stateDirectory);
              await untilLogged(node, goesBackNoFurther);
              expect((await node.status()).state).to.equal('rolling-back');
              await mendIt(node.stateDirectory);
              await endOf(node, 'taken-back');
            },
            { stateMegabytes: 4 },
          ),
      ],
    );
  }

  for (const [jumpMs, what] of [
    [dayMs, 'a day ahead'],
    [-dayMs, 'a day back'],
  ] as const) {
    cases.push([
      `is taken back at its deadline where the wall clock jumps ${what} meanwhile`,
      () =>
        on(
          async (node) => {
            await begin(node, 'taken-back');
            await untilInForce(node);
            node.send('SIGUSR2');
            const { confirming } = await readState(node.stateDirectory);
            await untilTakenBack(node);
            const { rejected } = await readState(node.stateDirectory);
            const jumped = Date.parse(rejected[0]?.at ?? '') - Date.now();
            expect(jumped, 'ms that its clock is ahead').to.be.closeTo(jumpMs, longMs);
            expect(createBootClock().now().ms).to.be.at.least(confirming?.deadline?.atMs ?? NaN);
            await endOf(node, 'taken-back');
          },
          {},
          { jumpMs },
        ),
    ]);
  }

  cases.push([
    'is taken back at its deadline where the datastore has hung since before',
    () =>
      on(async (node) => {
        await begin(node, 'taken-back');
        await untilInForce(node);
        node.datastore.pause();
        await untilTakenBack(node);
        expect((await node.status()).revisions.rejected[0]?.reason).to.include('nobody confirmed');
        await untilLogged(node, goesBackNoFurther);
        node.datastore.resume();
        await endOf(node, 'taken-back');
      }),
  ]);
  cases.push([
    'goes back whole where the datastore hangs while it goes back',
    () =>
      on(async (node) => {
        await begin(node, 'taken-back');
        await untilTakenBack(node);
        node.datastore.pause();
        await untilLogged(node, goesBackNoFurther);
        expect((await node.status()).state).to.equal('rolling-back');
        node.datastore.resume();
        await endOf(node, 'taken-back');
      }),
  ]);

  before(async function () {
    needsNamespaces(this);
    needsEtcd(this);
    from = await rememberBefore();
    // Each spends most of its time waiting, and its work is at the beginning.
    for (const [index, [title, test]] of cases.entries()) {
      const end = setTimeout(index * 1500)
        .then(test)
        .catch((error: unknown) => error);
      ends.set(title, end);
    }
  });
  after(async () => {
    await Promise.all(ends.values());
  });

  for (const [title] of cases) {
    it(title, async () => {
      const end = await ends.get(title);
      if (end instanceof Error) throw end;
    });
  }
});

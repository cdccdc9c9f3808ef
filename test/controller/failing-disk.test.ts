/**
 * The controller's disk fails at any write: the controller reports it, loses nothing, and goes on
 * when it can.
 */
import { expect } from 'chai';
import { mkdir, realpath } from 'node:fs/promises';
import path from 'node:path';
import { failingDisk, type FailingDisk } from '../support/machine/failing-disk.ts';
import { eventually } from '../support/eventually.ts';
import { configWith, Lab } from './running.ts';

const most = 60;

describe('a disk that fails at any write of the controller', function () {
  this.timeout(600_000);
  let lab: Lab;
  let state: string;
  let disk: FailingDisk;
  beforeEach(async () => {
    lab = await Lab.make();
    state = path.join(await realpath(lab.folder), 'state');
    await mkdir(state);
    disk = failingDisk(state);
  });
  afterEach(async () => {
    disk.restore();
    await lab.close();
  });

  const failureOf = async (asked: Promise<unknown>): Promise<unknown> =>
    asked.then(
      () => undefined,
      (error: unknown) => error,
    );
  const named = (reason: RegExp): RegExp =>
    new RegExp(`cannot [^"]+"${state}[^"]*": ${reason.source}`);
  /** The number that the store has, as the next start finds it. */
  const storedNumber = async (): Promise<number | undefined> => {
    await lab.stopController();
    await lab.start();
    return (await lab.status()).revision?.number;
  };

  for (const [failure, reason] of [
    ['ENOSPC', /the disk is full; free some space on it/],
    ['EROFS', /the file system is read-only; mount it for writing again/],
    ['EIO', /the disk reports an error; dmesg says more/],
  ] as const) {
    it(`refuses a push that it cannot store, and takes it under the same number: ${failure}`, async () => {
      await lab.start();
      await lab.push(configWith(1));
      let count = 0;
      for (; count < most; count += 1) {
        const { revision } = await lab.push(configWith(1));
        disk.failAfter(count, failure);
        const error = await failureOf(lab.push(configWith(2)));
        if (!disk.hasFailed()) break;
        // A failure of the clean-up after a push does not fail the push.
        if (error !== undefined) {
          expect(error, `write ${String(count)}`)
            .to.have.property('message')
            .that.matches(named(reason));
          expect((await lab.status()).revision?.number).to.equal(revision.number);
        }
        disk.mend();
        if (error !== undefined && failure !== 'EROFS')
          expect(await storedNumber()).to.equal(revision.number);
        const pushed = await lab.push(configWith(2));
        expect(pushed.revision.number).to.equal(revision.number + 1);
        expect(await storedNumber()).to.equal(revision.number + 1);
        await lab.push(configWith(1));
      }
      expect(count).to.be.greaterThan(1).and.lessThan(most);
    });

    it(`answers although it cannot start, and has everything when it can: ${failure}`, async () => {
      await lab.start();
      await lab.push(configWith(1));
      await lab.stopController();
      let count = 0;
      for (; count < most; count += 1) {
        disk.failAfter(count, failure);
        await lab.start();
        const { problem, revision } = await lab.status();
        const failed = disk.hasFailed();
        if (problem === undefined) expect(revision?.number).to.equal(1);
        else expect(problem, `write ${String(count)}`).to.match(named(reason));
        disk.mend();
        await eventually(async () => {
          const status = await lab.status();
          expect([status.problem, status.revision?.number]).to.deep.equal([undefined, 1]);
        });
        await lab.stopController();
        if (!failed) break;
      }
      expect(count).to.be.lessThan(most);
    });
  }
});

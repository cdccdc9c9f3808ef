/** Mutated texts at every door. A failure names its seed: `mutant(door.samples, seed)` is the text. */
import { expect } from 'chai';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { faultOf } from '../doors/door.ts';
import { createDoors } from '../doors/doors.ts';
import { mutant } from './mutate.ts';

const perGate = 20_000;
/** Of computing time, for one text. */
const mostSeconds = 10;

describe('mutated texts', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'calico-agent-fuzz-'));
  const doors = createDoors(folder);
  after(() => rmSync(folder, { recursive: true }));

  for (const door of doors) {
    it(`never break the door of ${door.name}`, async () => {
      expect(door.samples).not.to.deep.equal([]);
      for (let seed = 0; seed < perGate / doors.length; seed += 1) {
        const text = mutant(door.samples, seed);
        const started = process.cpuUsage();
        expect(await faultOf(door, text), `seed ${String(seed)}`).to.equal(undefined);
        const seconds = process.cpuUsage(started).user / 1e6;
        expect(seconds, `seed ${String(seed)}`).to.be.below(mostSeconds);
      }
    }).timeout(300_000);
  }
});

import { expect } from 'chai';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir, uptime } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { createBootSeconds } from '../../../../agent/adapters/system-clock/boot-seconds.ts';

describe('the seconds since the boot', () => {
  it('come from the start of this process, whatever its name', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'calico-agent-boot-'));
    const file = path.join(folder, 'stat');
    const fields = Array.from({ length: 49 }, (_, at) => String(at + 4));
    fields[22 - 4] = '123400';
    await writeFile(file, `77 (a ) name) S ${fields.join(' ')}\n`);
    const seconds = createBootSeconds(file)();
    expect(seconds - process.uptime()).to.be.closeTo(1234, 0.5);
    expect(createBootSeconds(path.join(folder, 'nothing'))()).to.be.closeTo(uptime(), 1);
    await rm(folder, { recursive: true });
  });

  it('match those that the program of last resort reads', async () => {
    const script = await readFile('systemd/clear-guard-routes', 'utf8');
    const [ticks = ''] = /^ticks\(\).*$/m.exec(script) ?? [];
    const now = `${ticks}\necho $(($(ticks) / $(getconf CLK_TCK)))`;
    const before = createBootSeconds()();
    const { stdout } = await promisify(execFile)('sh', ['-c', now]);
    expect(Number(stdout)).to.be.within(Math.floor(before) - 1, createBootSeconds()() + 1);
  });
});

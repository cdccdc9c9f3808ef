/**
 * The agent's package on a bare Debian with systemd, in a container: its size, how long its
 * installation takes until the daemon is ready, and a start by the socket until the first answer.
 * Beside them what unpacking alone takes.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startContainer } from '../../test/system/systemd/container.ts';
import { median } from '../measure.ts';

const rounds = 3;
const root = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);

export async function benchPackage(): Promise<void> {
  if (process.getuid?.() !== 0) return console.log('the package: needs root, for LXD');
  const shared = await mkdtemp(path.join(os.tmpdir(), 'calico-agent-bench-'));
  const architecture = process.arch === 'arm64' ? 'arm64' : 'amd64';
  const options = ['--only', 'calico-agent', '--arch', architecture, '--out', shared];
  try {
    await run(process.execPath, [
      '--import',
      'tsx',
      path.join(root, 'build/package.ts'),
      ...options,
    ]);
    const [file = ''] = await readdir(shared);
    const { size } = await stat(path.join(shared, file));
    console.log(`the package ${file} on a bare Debian with systemd`);
    console.log(`  size, MB ${(size / 2 ** 20).toFixed(1)}`);
    await measure(shared, file);
  } finally {
    await rm(shared, { recursive: true });
  }
}

async function measure(shared: string, file: string): Promise<void> {
  const container = await startContainer(shared);
  const seconds = async (line: string): Promise<number> => {
    const clock = 'date +%s.%N';
    const [began, ended] = (await container.sh(`${clock}; { ${line}; } >/dev/null; ${clock}`))
      .trim()
      .split('\n');
    return Number(ended) - Number(began);
  };
  const unpacked: number[] = [];
  const installed: number[] = [];
  const answered: number[] = [];
  try {
    for (let round = 0; round < rounds; round += 1) {
      unpacked.push(await seconds(`dpkg-deb --extract /shared/${file} /root/unpacked; sync`));
      installed.push(await seconds(`dpkg --install /shared/${file}; calico-agent status`));
      await container.sh('systemctl stop calico-agent.service 2>/dev/null');
      answered.push(await seconds('calico-agent status'));
      await container.sh('dpkg --purge calico-agent; rm -r /root/unpacked');
    }
  } finally {
    await container.remove();
  }
  console.log(`  install until the first answer, s ${median(installed).toFixed(2)}`);
  console.log(`  unpacking alone, s ${median(unpacked).toFixed(2)}`);
  console.log(
    `  start by the socket until the answer is printed, s ${median(answered).toFixed(2)}`,
  );
}

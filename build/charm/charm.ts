/**
 * npm run charm: the charm as a folder and as a .charm file, below dist-charm/. If `npm run
 * package` has made the agent's packages, they are inside: then the install hook needs no network.
 */
import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { version } from '../../runtime/version.ts';
import { runScript, script } from '../script.ts';
import { charmFiles, writeFolder, zipEntry } from './charm-files.ts';
import { writeZip } from './zip.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const out = path.join(root, 'dist-charm');
await runScript(
  script('npm run charm', 'Makes the charm, a folder and a .charm file, in dist-charm/.').action(
    buildCharm,
  ),
);

async function buildCharm(): Promise<void> {
  const packages = await builtPackages();
  const files = await charmFiles(packages);
  await rm(out, { recursive: true, force: true });
  await writeFolder(path.join(out, 'calico-agent'), files);
  await writeZip(path.join(out, 'calico-agent.charm'), files.map(zipEntry));
  const inside =
    packages.length === 0
      ? 'no package of the agent inside (npm run package makes it): it has to be installed already'
      : packages.map((file) => path.basename(file)).join(', ');
  console.log(`dist-charm/calico-agent.charm: ${inside}`);
}

/** In the place where `npm run package` leaves them, of this version. */
async function builtPackages(): Promise<readonly string[]> {
  const folder = path.join(root, 'dist-packages');
  const names = await readdir(folder).catch(() => []);
  return names
    .filter((name) => name.startsWith(`calico-agent_${version}_`) && name.endsWith('.deb'))
    .map((name) => path.join(folder, name));
}

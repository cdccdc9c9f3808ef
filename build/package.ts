/**
 * npm run package [-- --only NAME --arch ARCH --version VERSION --out FOLDER --fast]: .deb files of
 * both programs for every architecture, below dist-packages/. Each has all it needs inside.
 */
import { mkdtemp, rm, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import packageDocument from '../package.json' with { type: 'json' };
import { buildDeb } from './package/deb.ts';
import { architectures } from './package/node-runtime.ts';
import { run } from './package/run.ts';
import { stagePackage, type PackageContents } from './package/stage.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const { values: wanted } = parseArgs({
  options: {
    only: { type: 'string' },
    arch: { type: 'string' },
    version: { type: 'string', default: packageDocument.version },
    out: { type: 'string', default: path.join(root, 'dist-packages') },
    // Bigger files in a tenth of the time, for tests.
    fast: { type: 'boolean', default: false },
  },
});
const contents: readonly PackageContents[] = [
  {
    name: 'calico-agent',
    units: ['calico-agent.service', 'calico-agent.socket', 'calico-agent-status.socket'],
    hasCompletion: true,
    hasSettings: true,
    others: [
      [
        'systemd/calico-agent.service.d/lxd-host.conf',
        'usr/share/doc/calico-agent/examples/lxd-host.conf',
      ],
    ],
  },
  {
    name: 'calico-controller',
    units: ['calico-controller.service'],
    hasCompletion: false,
    hasSettings: false,
    others: [['systemd/calico-controller.default', 'etc/default/calico-controller']],
  },
];

const epoch = await sourceEpoch();
const scratch = await mkdtemp(path.join(os.tmpdir(), 'calico-agent-package-'));
try {
  const dist = path.join(scratch, 'dist');
  const bundle = path.join(root, 'build/bundle.ts');
  await run(process.execPath, ['--import', 'tsx', bundle, dist]);
  for (const content of contents.filter(({ name }) => (wanted.only ?? name) === name)) {
    for (const architecture of architectures.filter((one) => (wanted.arch ?? one) === one)) {
      const folder = path.join(scratch, `${content.name}_${architecture}`);
      const date = new Date(epoch * 1000).toISOString().slice(0, 10);
      await stagePackage(content, { root, dist, folder, architecture, date });
      const { version, out } = wanted;
      const level = wanted.fast ? 1 : 19;
      const file = await buildDeb(content.name, {
        folder,
        version,
        architecture,
        out,
        epoch,
        level,
      });
      console.log(`${file}: ${((await stat(file)).size / 2 ** 20).toFixed(1)} MB`);
      await rm(folder, { recursive: true });
    }
  }
} finally {
  await rm(scratch, { recursive: true, force: true });
}

/** reproducible-builds.org: the time of the newest change, not of the build. */
async function sourceEpoch(): Promise<number> {
  const given = process.env['SOURCE_DATE_EPOCH'];
  if (given !== undefined) return Number(given);
  const committed = await run('git', ['-C', root, 'log', '-1', '--format=%ct']).catch(() => '');
  return committed === '' ? 1_767_225_600 : Number(committed);
}

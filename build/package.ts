/**
 * npm run package: .deb files of both programs for every architecture, below dist-packages/. Each
 * contains everything that it needs.
 */
import { mkdtemp, rm, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { InvalidArgumentError, Option } from 'commander';
import packageDocument from '../package.json' with { type: 'json' };
import { buildDeb } from './package/deb.ts';
import { architectures, type Architecture } from './package/node-runtime.ts';
import { run } from './package/run.ts';
import { stagePackage, type PackageContents } from './package/stage.ts';
import { runScript, script } from './script.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const contents: readonly PackageContents[] = [
  {
    name: 'calico-agent',
    units: [
      'calico-agent.service',
      'calico-agent.socket',
      'calico-agent-status.socket',
      'calico-agent-guard.socket',
      'calico-agent-guard@.service',
      'calico-agent-host.socket',
      'calico-agent-host@.service',
    ],
    hasSettings: true,
    programs: ['with-notify-socket', 'clear-guard-routes'],
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
    hasSettings: false,
    programs: ['with-notify-socket'],
    others: [
      ['systemd/calico-controller.default', 'etc/default/calico-controller'],
      ['systemd/calico-controller.openssl.cnf', 'usr/lib/calico-controller/openssl.cnf'],
    ],
  },
];

interface Asked {
  readonly only?: PackageContents['name'];
  readonly arch?: Architecture;
  readonly version: string;
  readonly out: string;
  readonly fast?: true;
}

const names = contents.map(({ name }) => name);
const command = script('npm run package', 'Makes Debian packages, each with all it needs inside.')
  .addOption(new Option('--only <package>', 'one of them; default: both').choices(names))
  .addOption(new Option('--arch <arch>', 'default: all').choices(architectures))
  .option('--version <version>', 'of the packages', debianVersion, packageDocument.version)
  .option('--out <folder>', 'where they go', path.join(root, 'dist-packages'))
  .option('--fast', 'bigger files in a tenth of the time, for tests')
  .action(buildPackages);
await runScript(command);

async function buildPackages(asked: Asked): Promise<void> {
  const epoch = await sourceEpoch();
  const scratch = await mkdtemp(path.join(os.tmpdir(), 'calico-agent-package-'));
  try {
    const dist = path.join(scratch, 'dist');
    const bundle = path.join(root, 'build/bundle.ts');
    await run(process.execPath, ['--import', 'tsx', bundle, dist]);
    for (const content of contents.filter(({ name }) => (asked.only ?? name) === name)) {
      for (const architecture of architectures.filter((one) => (asked.arch ?? one) === one)) {
        await buildPackage(content, architecture, { asked, dist, scratch, epoch });
      }
    }
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

interface Building {
  readonly asked: Asked;
  readonly dist: string;
  readonly scratch: string;
  readonly epoch: number;
}

async function buildPackage(
  content: PackageContents,
  architecture: Architecture,
  { asked: { version, out, fast }, dist, scratch, epoch }: Building,
): Promise<void> {
  const folder = path.join(scratch, `${content.name}_${architecture}`);
  const date = new Date(epoch * 1000).toISOString().slice(0, 10);
  await stagePackage(content, { root, dist, folder, architecture, date });
  const level = fast === true ? 1 : 19;
  const file = await buildDeb(content.name, { folder, version, architecture, out, epoch, level });
  console.log(`${file}: ${((await stat(file)).size / 2 ** 20).toFixed(1)} MB`);
  await rm(folder, { recursive: true });
}

/** deb-version(7), without an epoch, which does not belong in a file's name. */
function debianVersion(text: string): string {
  if (/^\d[A-Za-z0-9.+~-]*$/.test(text)) return text;
  throw new InvalidArgumentError(
    'It begins with a digit and has letters, digits, ".", "+", "~", "-".',
  );
}

/** reproducible-builds.org: the time of the newest change, not of the build. */
async function sourceEpoch(): Promise<number> {
  const given = process.env['SOURCE_DATE_EPOCH'];
  if (given !== undefined) return Number(given);
  const committed = await run('git', ['-C', root, 'log', '-1', '--format=%ct']).catch(() => '');
  return committed === '' ? 1_767_225_600 : Number(committed);
}

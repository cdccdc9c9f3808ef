/**
 * Node's own binary for an architecture, from the packages that the npm package `node` uses, by the
 * version and the checksum that node-runtime.json names. Kept in the user's cache folder.
 */
import { createHash } from 'node:crypto';
import { mkdir, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import runtime from './node-runtime.json' with { type: 'json' };
import { run } from './run.ts';

export type Architecture = keyof typeof runtime.packages;

export const architectures: readonly Architecture[] = ['amd64', 'arm64'];

/** Puts `node` and its `LICENSE` into a folder. */
export async function unpackNode(architecture: Architecture, folder: string): Promise<void> {
  const archive = await fetchArchive(architecture);
  const files = ['package/bin/node', 'package/LICENSE'];
  const strip = ['--strip-components=1', '--transform=s,^package/bin/,package/,'];
  await mkdir(folder, { recursive: true });
  await run('tar', ['-xzf', archive, '-C', folder, ...strip, ...files]);
}

async function fetchArchive(architecture: Architecture): Promise<string> {
  const { name, integrity } = runtime.packages[architecture];
  const cache = path.join(
    process.env['XDG_CACHE_HOME'] ?? path.join(os.homedir(), '.cache'),
    'calico-agent',
  );
  const archive = path.join(cache, `${name}-${runtime.version}.tgz`);
  if (await hasIntegrity(archive, integrity)) return archive;
  await mkdir(cache, { recursive: true });
  await rm(archive, { force: true });
  await run('npm', ['pack', '--silent', '--pack-destination', cache, `${name}@${runtime.version}`]);
  if (await hasIntegrity(archive, integrity)) return archive;
  await rm(archive, { force: true });
  throw new Error(`${name}@${runtime.version} is not what node-runtime.json says`);
}

async function hasIntegrity(file: string, integrity: string): Promise<boolean> {
  const content = await readFile(file).catch(() => undefined);
  if (content === undefined) return false;
  return `sha512-${createHash('sha512').update(content).digest('base64')}` === integrity;
}

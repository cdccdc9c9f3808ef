/**
 * calico-agent support-bundle: writes one file with everything that helps to find a fault, without
 * secrets.
 */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Command } from 'commander';
import path from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { addSocketOption, createAgentClient } from '../daemon/agent-client.ts';
import { examineMachine } from '../doctor/doctor.ts';
import { fromSystemError } from '../../../runtime/errors.ts';
import { tarOf } from '../../../runtime/files/tar.ts';
import { examples, type SocketOptions } from '../../../runtime/cli/options.ts';
import { write } from '../../../runtime/cli/print.ts';
import { formatTable } from '../../../runtime/cli/table.ts';
import type { ToAction } from '../../../runtime/cli/program.ts';
import type { ExitStatus } from '../../../runtime/cli/terminal.ts';
import { version } from '../../../runtime/version.ts';
import type { SupportPart } from '../../ports/support.ts';
import type { CommandContext } from '../command-context.ts';
import { collect, usualBounds, type CollectedPart } from './collect.ts';
import { daemonParts } from './daemon-parts.ts';

interface BundleOptions extends SocketOptions {
  readonly file?: string;
  readonly config?: string;
}

export function addSupportBundle(
  program: Command,
  context: CommandContext,
  toAction: ToAction,
): void {
  const command = program
    .command('support-bundle')
    .summary('write one file for somebody who helps, without secrets')
    .description(
      "Writes one .tar.gz with the daemon's answers, its state on disk, doctor's findings, BIRD's " +
        'answers, the log, routes and settings, and lists what is in it. Passwords, tokens and keys ' +
        'are taken out; addresses, names and AS numbers are not. Works without a running daemon. ' +
        'Run it as root: other users cannot read everything. Only its owner may read the file.',
    )
    .option('--file <path>', 'where to write it (default: calico-agent-support-TIME.tar.gz here)')
    .option('--config <file>', 'agent.yaml (default: /etc/calico-agent/agent.yaml)');
  addSocketOption(command)
    .addHelpText(
      'after',
      examples([
        ['here', 'calico-agent support-bundle'],
        ['look into it before you send it', 'tar -tvzf calico-agent-support-*.tar.gz'],
      ]),
    )
    .action(toAction((options: BundleOptions) => bundle(options, context)));
}

async function bundle(options: BundleOptions, context: CommandContext): Promise<ExitStatus> {
  const now = new Date();
  const time = now.toISOString().replaceAll(/[-:]|\.\d+/g, '');
  const file = options.file ?? `calico-agent-support-${time}.tar.gz`;
  const { parts, secrets } = await context.supportSources(options.config);
  const client = createAgentClient(options.socket);
  const collected = await collect(
    [
      versionsPart(context),
      doctorPart(options, context),
      ...daemonParts(client, usualBounds.deadlineMs),
      ...parts,
    ],
    secrets,
  );
  const list = listText(collected);
  const files = [{ name: 'README.txt', content: Buffer.from(list) }, ...collected];
  const folder = path
    .basename(file)
    .replace(/\.tar\.gz$|\.tgz$/, '')
    .replaceAll(/[^\w.-]/g, '-')
    .slice(0, 40);
  const entries = files.map(({ name, content }) => ({
    name: `${folder}/${name}`.slice(0, 100),
    content,
    modifiedAt: now.getTime() / 1000,
  }));
  await writeNew(file, await promisify(gzip)(tarOf(entries)));
  await write(context.stdout, `${list}\nwritten to ${file}\n`);
  return 0;
}

function versionsPart({ by }: CommandContext): SupportPart {
  const text = [
    `calico-agent ${version}`,
    `node ${process.version} ${process.arch}`,
    `made by ${by} at ${new Date().toISOString()}`,
  ];
  return {
    name: 'versions.txt',
    what: 'versions of the agent and of Node',
    read: () => Promise.resolve(`${text.join('\n')}\n`),
  };
}

function doctorPart({ config, socket }: BundleOptions, context: CommandContext): SupportPart {
  return {
    name: 'doctor.json',
    what: 'what calico-agent doctor finds',
    read: async () =>
      JSON.stringify({
        findings: await examineMachine(
          { socket, ...(config !== undefined && { config }) },
          context,
        ),
      }),
  };
}

function listText(parts: readonly CollectedPart[]): string {
  const rows = parts.map(({ name, content, what, lacks }) => [
    name,
    String(content.length),
    lacks === undefined ? what : `${what}; INCOMPLETE: ${lacks}`,
  ]);
  return `${formatTable(['FILE', 'BYTES', 'WHAT'], rows)}\n`;
}

/** Writes a new file; replaces none, and follows no link. @throws AppError */
async function writeNew(file: string, content: Buffer): Promise<void> {
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  try {
    const handle = await open(file, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw fromSystemError(`cannot write "${file}"`, error);
  }
}

/** Runs commands in this process, with streams that can be read afterwards. */
import { Readable, Writable } from 'node:stream';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { runCli } from '../../../agent/cli/run-cli.ts';
import type { CommandContext, RunSettings } from '../../../agent/cli/command-context.ts';
import type { ExitStatus } from '../../../runtime/cli/terminal.ts';

export interface Ran {
  readonly status: ExitStatus;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions extends Partial<CommandContext> {
  /** The content of stdin. */
  readonly input?: string | Buffer;
}

export async function run(argv: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const { input = '', ...context } = options;
  const [stdout, stderr] = [sink(), sink()];
  const status = await runCli(argv, {
    stdin: Readable.from([Buffer.from(input)]),
    stdout: stdout.stream,
    stderr: stderr.stream,
    by: 'alice@node-0',
    environment: {},
    runAgent: (_settings: RunSettings) => Promise.resolve(0),
    stateDirectory: (given) => Promise.resolve(given ?? '/var/lib/calico-agent'),
    readHistory: () => Promise.resolve({ revisions: [] }),
    readRevision: () => Promise.reject(new Error('there is no state directory')),
    rollBackOnDisk: () => Promise.reject(new Error('there is no state directory')),
    readEvents: () => Promise.resolve([]),
    connectDatastore: () => Promise.reject(new Error('this test has no datastore')),
    readSettings: () => Promise.reject(new Error('this test has no settings')),
    guardRoutes: () => Promise.reject(new Error('this test has no guard routes')),
    supportSources: () => Promise.resolve({ parts: [], secrets: [] }),
    connectLxd: () => Promise.reject(new Error('this test has no LXD')),
    connectEc2: () => Promise.resolve(undefined),
    connectImages: () => Promise.resolve(undefined),
    connectLivingKops: () => Promise.reject(new Error('this test has no cluster')),
    connectLivingMetalLb: () => Promise.reject(new Error('this test has no cluster')),
    connectMicroK8s: () => Promise.reject(new Error('this test has no MicroK8s')),
    connectCniCleaner: () => Promise.reject(new Error('this test has no CNI')),
    connectK3sManifests: () => Promise.reject(new Error('this test has no K3s')),
    readPlatform: () => Promise.reject(new Error('this test has no platform')),
    diagnoseHost: () => Promise.resolve([]),
    ...context,
  });
  return { status, stdout: stdout.text(), stderr: stderr.text() };
}

function sink(): { readonly stream: Writable; readonly text: () => string } {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      chunks.push(chunk);
      done();
    },
  });
  return { stream, text: () => Buffer.concat(chunks).toString() };
}

/** A folder that is removed after the test. */
export async function inFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'calico-agent-cli-'));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

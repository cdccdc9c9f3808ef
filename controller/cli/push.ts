import { userInfo } from 'node:os';
import { text as readStream } from 'node:stream/consumers';
import { printable } from '../../core/printable.ts';
import { formatIssue } from '../../core/issue-text.ts';
import { withoutNotes, type Issue } from '../../core/issue.ts';
import { AppError } from '../../runtime/errors.ts';
import { readTextFile } from '../../runtime/files/read-text-file.ts';
import type { UnixHttpClient } from '../../runtime/http/unix-client.ts';
import type { ControllerStatus, PushAnswer } from '../api/routes.ts';
import {
  ask,
  controllerClient,
  formatOutput,
  type ClientOptions,
  type Terminal,
} from './settings.ts';

export interface PushOptions extends ClientOptions {
  /** Absent: does not wait for the nodes. */
  readonly waitSeconds?: number;
  /** Also on nodes that rejected this content before. */
  readonly retry?: true;
}

/** Beyond the server's limit, so that it is the one that says so. */
const maxFileBytes = 16 * 1024 * 1024;
/** A push that takes longer says how far it is, this often. */
const progressMs = 2000;

export async function push(
  file: string,
  options: PushOptions,
  terminal: Terminal,
): Promise<number> {
  const client = controllerClient(options.socket);
  const body = await readConfig(file);
  const fileName = file === '-' ? 'stdin' : file;
  const stopReporting =
    options.waitSeconds === undefined ? undefined : reportProgress(client, terminal);
  try {
    const document = await ask<PushAnswer>(client, {
      method: 'PUT',
      path: `/v1/config?${queryOf(options)}`,
      body,
      mediaType: file.endsWith('.json') ? 'application/json' : 'application/yaml',
      timeoutMs: 30_000 + (options.waitSeconds ?? 0) * 1000,
    });
    stopReporting?.();
    printIssues(document.issues, fileName, terminal);
    terminal.out(await formatOutput(document, options.output, pushText));
    return exitStatus(document);
  } catch (error) {
    stopReporting?.();
    if (!(error instanceof AppError) || error.issues.length === 0) throw error;
    if (options.output !== 'text') {
      const { code, message, issues } = error;
      terminal.out(await formatOutput({ code, message, issues }, options.output, String));
    }
    printIssues(error.issues, fileName, terminal);
    throw error;
  }
}

async function readConfig(file: string): Promise<string> {
  if (file === '-') return readStream(process.stdin);
  const text = await readTextFile(file, maxFileBytes, { pipes: true });
  if (text !== undefined) return text;
  throw new AppError('usage', `cannot read "${file}": no such file`);
}

function queryOf({ waitSeconds, retry }: PushOptions): string {
  const query = new URLSearchParams({ by: userInfo().username });
  if (retry === true) query.set('retry', 'true');
  if (waitSeconds !== undefined) query.set('wait', String(waitSeconds));
  return query.toString();
}

/** Returns how to end it. */
function reportProgress(client: UnixHttpClient, terminal: Terminal): () => void {
  const report = async (): Promise<void> => {
    const status = await ask<ControllerStatus>(client, { method: 'GET', path: '/v1/status' });
    const { push: states, connected, revision } = status;
    if (revision === undefined || ended) return;
    const failed = states.failed === undefined ? '' : `, ${String(states.failed)} failed`;
    const confirmed = String(states.confirmed ?? 0);
    const line = `${confirmed} of ${String(connected)} connected nodes confirmed${failed}`;
    if (line !== last) terminal.error(line);
    last = line;
  };
  let ended = false;
  let last = '';
  // The answer of the push itself says what is wrong, if anything is.
  const timer = setInterval(() => void report().catch(() => undefined), progressMs);
  return () => {
    ended = true;
    clearInterval(timer);
  };
}

function printIssues(issues: readonly Issue[], fileName: string, terminal: Terminal): void {
  for (const issue of withoutNotes(issues)) {
    terminal.error(formatIssue(issue, fileName));
  }
}

function exitStatus({ settled, nodes = [] }: PushAnswer): number {
  if (settled === undefined) return 0;
  return settled === 'all' && nodes.every(({ state }) => state !== 'failed' && state !== 'replaced')
    ? 0
    : 1;
}

function pushText({ result, revision, settled, nodes = [] }: PushAnswer): string {
  const what =
    result === 'accepted'
      ? `revision ${String(revision.number)} of ${revision.lineage} is pushed`
      : `revision ${String(revision.number)} of ${revision.lineage} has this content already`;
  if (settled === undefined) return what;
  if (settled === 'nobody') {
    return `${what}; no node is connected: it is stored, and nodes get it when they connect`;
  }
  const count = (state: string): number => nodes.filter((node) => node.state === state).length;
  const lines = nodes.flatMap(({ name, state, message, retrying }) => {
    if (state === 'confirmed') return [];
    const why = message === undefined ? '' : `: ${message}`;
    return [
      printable(`${name}: ${state}${why}`) + (retrying === true ? ' (it goes on trying)' : ''),
    ];
  });
  const reached = `${String(count('confirmed'))} of ${String(nodes.length - count('away'))} connected nodes confirmed it`;
  return [what, ...lines, `${reached}${endings[settled]}`].join('\n');
}

const endings = {
  all: '',
  nobody: '',
  'time-over': '; the time to wait is over, the others may still follow',
  superseded: '; a newer revision came',
} as const;

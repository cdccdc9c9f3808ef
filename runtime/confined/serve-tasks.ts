/** The inner end: a process that runs tasks, one at a time, for the one that started it. */
import { once } from 'node:events';
import { writeFileSync, writeSync } from 'node:fs';
import { runInNewContext } from 'node:vm';
import { lineCutter, lineText, parseRequest, type ReplyLine } from './lines.ts';
import type { TaskTypes } from './limits.ts';
import { joinPieces, splitValue, type Joining } from '../pacing/pieces.ts';

/** Synchronous and pure. @param enter is called with each phase before it begins */
export type Task<Input, Output> = (input: Input, enter: (phase: string) => void) => Output;

export type TaskTable<Types extends TaskTypes<Types>> = {
  readonly [Name in keyof Types]: Task<Types[Name]['input'], Types[Name]['output']>;
};

/** Limits for a process whose outer end was killed: twice those of the outer end. */
export interface InnerLimits {
  readonly seconds: number;
}

type AnyTask = Task<unknown, unknown>;

const maxStack = 2000;

/** Ends with its standard input. */
export async function serveTasks<Types extends TaskTypes<Types>>(
  table: TaskTable<Types>,
  { seconds }: InnerLimits,
): Promise<void> {
  offerToTheKernel();
  // The other end is a part of this program, and gives what the task takes.
  const tasks = new Map<string, AnyTask>(Object.entries(table));
  let task: AnyTask | undefined;
  let input: Joining = joinPieces();
  const cut = lineCutter();
  process.stdin.setEncoding('utf8');
  for await (const chunk of process.stdin) {
    for (const text of cut(String(chunk))) {
      const line = parseRequest(text);
      if (line[0] === 'task') {
        task = tasks.get(line[1]);
        input = joinPieces();
      } else if (line[0] === 'input') input.add(line[1]);
      else if (task !== undefined) {
        const replying = reply(task, input, seconds);
        // Nothing here holds the input of a task once it is done, while that of the next one arrives.
        input = joinPieces();
        await replying;
      }
    }
  }
}

async function reply(task: AnyTask, input: Joining, seconds: number): Promise<void> {
  try {
    const output = within(seconds, () => task(input.value(), enter));
    for (const piece of splitValue(output)) await write(['output', piece]);
    await write(['done']);
  } catch (error) {
    if (isTimeout(error)) process.exit(1);
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
    await write(['fault', stack.slice(0, maxStack)]);
  }
}

/**
 * Runs a call within a time limit. This is Node's only way to end a call that does not return; it
 * covers the whole call, and not only a script.
 */
function within(seconds: number, run: () => unknown): unknown {
  const value: unknown = runInNewContext('run()', { run }, { timeout: seconds * 1000 });
  return value;
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT';
}

/** Writes synchronously, because no stream is flushed while the task runs. */
function enter(phase: string): void {
  try {
    writeSync(process.stdout.fd, lineText(['phase', phase]));
  } catch {
    // A failure is ignored, because the phase is only for an error's text.
  }
}

async function write(line: ReplyLine): Promise<void> {
  if (!process.stdout.write(lineText(line))) await once(process.stdout, 'drain');
}

/** Makes the kernel end this process first if memory runs out: proc_pid_oom_score_adj(5). */
function offerToTheKernel(): void {
  try {
    writeFileSync('/proc/self/oom_score_adj', '1000');
  } catch {
    // Otherwise the kernel chooses by size.
  }
}

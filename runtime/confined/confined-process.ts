/** The outer end: one process that runs one task at a time within limits. */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import type { Writable } from 'node:stream';
import { lineCutter, lineText, parseReply, type ReplyLine } from './lines.ts';
import { TaskError, type TaskFailure, type TaskLimits } from './limits.ts';
import { joinPieces, splitValue } from '../pacing/pieces.ts';
import { createTurns, inTurns, otherWorkFirst } from '../pacing/in-turns.ts';
import { usageOf } from './usage.ts';

export interface ConfinedProgram {
  /** A program that calls serveTasks. */
  readonly file: string;
  /** Flags for node, before the program. */
  readonly flags: readonly string[];
}

export interface ConfinedProcess {
  /** Runs one task. @throws TaskError */
  run(task: string, input: unknown, signal?: AbortSignal): Promise<unknown>;
  /** False: it has ended or was killed, so another one is needed. */
  isUsable(): boolean;
  kill(): void;
}

interface Running {
  take(line: ReplyLine, length: number): void;
  fail(failure: TaskFailure): void;
}

const lookMs = 100;
const mbBytes = 2 ** 20;
/** Size of V8's three young spaces; larger ones do not help. */
const semiSpaceMb = 2;
const maxSaid = 4000;
const maxDetail = 500;
/** The signals with which V8 ends the process when its heap reaches the limit. */
const heapSignals: ReadonlySet<string> = new Set(['SIGABRT', 'SIGTRAP', 'SIGILL']);

export function startConfined(program: ConfinedProgram, limits: TaskLimits): ConfinedProcess {
  const flags = [
    `--max-old-space-size=${String(limits.heapMb)}`,
    `--max-semi-space-size=${String(semiSpaceMb)}`,
    // Without it V8 ends a process that uses 80% of its heap and spends most of its time in collections,
    // which depends on how busy the machine is. The limit of computing time covers that.
    '--no-detect-ineffective-gcs-near-heap-limit',
    ...program.flags,
  ];
  // The process gets no part of the daemon's environment: neither its flags nor its secrets.
  const child = spawn(process.execPath, [...flags, program.file], { env: {}, stdio: 'pipe' });
  let running: Running | undefined;
  let isUsable = true;
  let said = '';
  const end = (failure: TaskFailure): void => {
    isUsable = false;
    running?.fail(failure);
  };
  const kill = (): void => {
    isUsable = false;
    child.kill('SIGKILL');
  };
  child.on('error', ({ message }) => end({ kind: 'not-started', detail: message }));
  child.on('exit', (code, signal) => {
    if (signal !== null && heapSignals.has(signal)) {
      return end({ kind: 'limit', limit: 'memory', mb: limits.heapMb, ...fatalError(said) });
    }
    const how = signal === null ? `it ended with status ${String(code)}` : `${signal} ended it`;
    end({ kind: 'ended', detail: said === '' ? how : `${how}: ${said.slice(-maxDetail)}` });
  });
  // If the process has ended, its exit gives the reason.
  child.stdin.on('error', () => undefined);
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-maxSaid);
  });
  void readLines(child, (line, length) => running?.take(line, length)).catch(kill);

  return {
    isUsable: () => isUsable,
    kill,
    run: async (task, input, signal) => {
      if (!isUsable) throw new TaskError({ kind: 'ended', detail: 'it ended while it waited' });
      const result = watchTask(child.pid, limits, signal);
      running = result;
      void send(child, task, input).catch(kill);
      try {
        return await result.output;
      } catch (error) {
        // An exception fails only its task.
        const isFault = error instanceof TaskError && error.failure.kind === 'fault';
        if (!isFault) kill();
        throw error;
      } finally {
        running = undefined;
      }
    },
  };
}

/** V8's own words before it ends the process: `Reached heap limit Allocation failed`. */
function fatalError(text: string): { readonly detail?: string } {
  const [, detail] = /^FATAL ERROR: (.{1,200})/m.exec(text) ?? [];
  return detail === undefined ? {} : { detail };
}

interface WatchedTask extends Running {
  readonly output: Promise<unknown>;
}

function watchTask(
  pid: number | undefined,
  limits: TaskLimits,
  signal: AbortSignal | undefined,
): WatchedTask {
  const joining = joinPieces();
  const { promise: output, resolve, reject } = withResolvers();
  let phase: string | undefined;
  let length = 0;
  const fail = (failure: TaskFailure): void => {
    stop();
    reject(new TaskError(phase === undefined ? failure : { ...failure, phase }));
  };
  const callOff = (): void => fail({ kind: 'called-off' });
  const stopUsage = watchUsage(pid, limits, fail);
  const late = setTimeout(
    () => fail({ kind: 'limit', limit: 'time', seconds: limits.seconds }),
    limits.seconds * 1000,
  );
  const stop = (): void => {
    stopUsage();
    clearTimeout(late);
    signal?.removeEventListener('abort', callOff);
  };
  if (signal?.aborted === true) callOff();
  else signal?.addEventListener('abort', callOff, { once: true });
  const take = (line: ReplyLine, lineLength: number): void => {
    length += lineLength;
    if (length > limits.resultMb * mbBytes) {
      return fail({ kind: 'limit', limit: 'result', mb: limits.resultMb });
    }
    if (line[0] === 'phase') phase = line[1];
    else if (line[0] === 'output') joining.add(line[1]);
    else if (line[0] === 'fault') fail({ kind: 'fault', detail: line[1] });
    else {
      stop();
      resolve(joining.value());
    }
  };
  return { output, take, fail };
}

/** Returns a function that ends it. */
function watchUsage(
  pid: number | undefined,
  limits: TaskLimits,
  fail: (failure: TaskFailure) => void,
): () => void {
  let before: number | undefined;
  const look = async (): Promise<void> => {
    const usage = pid === undefined ? undefined : await usageOf(pid);
    if (usage === undefined) return;
    before ??= usage.cpuSeconds;
    if (usage.cpuSeconds - before > limits.cpuSeconds) {
      fail({ kind: 'limit', limit: 'time', seconds: limits.cpuSeconds });
    } else if (usage.residentMb > limits.residentMb) {
      fail({ kind: 'limit', limit: 'memory', mb: limits.residentMb });
    }
  };
  const timer = setInterval(() => void look(), lookMs);
  return () => clearInterval(timer);
}

async function send(
  { stdin }: ChildProcessWithoutNullStreams,
  task: string,
  input: unknown,
): Promise<void> {
  // Starting the process took a good part of this turn.
  await otherWorkFirst();
  stdin.write(lineText(['task', task]));
  await inTurns(splitValue(input), (piece) => {
    if (stdin.write(lineText(['input', piece]))) return undefined;
    return drained(stdin);
  });
  stdin.write(lineText(['run']));
}

/** Resolves also if the stream is gone: the end of the process then gives the reason. */
function drained(stream: Writable): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed) return resolve();
    const done = (): void => {
      stream.removeListener('drain', done);
      stream.removeListener('close', done);
      resolve();
    };
    stream.once('drain', done);
    stream.once('close', done);
  });
}

async function readLines(
  { stdout }: ChildProcessWithoutNullStreams,
  take: (line: ReplyLine, length: number) => void,
): Promise<void> {
  const cut = lineCutter();
  const breathe = createTurns();
  stdout.setEncoding('utf8');
  for await (const chunk of stdout) {
    for (const text of cut(String(chunk))) {
      take(parseReply(text), text.length);
      await breathe();
    }
  }
}

/** Promise.withResolvers of Node 22. */
function withResolvers(): {
  readonly promise: Promise<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: TaskError) => void;
} {
  let resolve: (value: unknown) => void = () => undefined;
  let reject: (reason: TaskError) => void = () => undefined;
  const promise = new Promise<unknown>((onValue, onError) => {
    resolve = onValue;
    reject = onError;
  });
  return { promise, resolve, reject };
}

/** The program ip (iproute2), never by a shell, with a deadline and a bounded answer. */
import { execFile, type ExecFileException } from 'node:child_process';
import { jsonBounds } from '../../../core/input/bounds.ts';
import { parseJson } from '../../../core/input/parse-json.ts';
import { AppError } from '../../../runtime/errors.ts';
import { otherWorkFirst } from '../../../runtime/pacing/in-turns.ts';

export interface IpProgram {
  /** @throws IpFailure */
  run(args: readonly string[], input?: string): Promise<string>;
}

/** The failures of ip that callers tell apart. */
export type IpFailureKind = 'not-installed' | 'not-permitted' | 'no-table' | 'no-family' | 'other';

export class IpFailure extends AppError {
  readonly kind: IpFailureKind;
  constructor(kind: IpFailureKind, message: string) {
    super('io-failed', message, { retryable: kind === 'other' });
    this.kind = kind;
  }
}

const deadlineMs = 5000;
const { maxBytes } = jsonBounds.routes;

/** @param before arguments before all others: `-n NAMESPACE` */
export function createIpProgram(before: readonly string[] = []): IpProgram {
  return {
    run: async (args, input) => {
      // A start takes the main thread of a large process 10 ms: several of them must not add up.
      await otherWorkFirst();
      return new Promise((resolve, reject) => {
        const options = {
          timeout: deadlineMs,
          maxBuffer: maxBytes,
          killSignal: 'SIGKILL',
        } as const;
        const child = execFile('ip', [...before, ...args], options, (error, stdout, stderr) => {
          if (error === null) resolve(stdout);
          else reject(failureOf(error, stderr));
        });
        // The program may end before it has read everything.
        child.stdin?.on('error', () => undefined);
        child.stdin?.end(input ?? '');
      });
    },
  };
}

/** Runs ip, and returns its JSON output. @throws IpFailure */
export async function askIp(program: IpProgram, args: readonly string[]): Promise<unknown> {
  const printed = await program.run(['-json', '-Numeric', ...args]);
  const parsed = parseJson(printed.trim() === '' ? '[]' : printed, jsonBounds.routes);
  if (parsed.ok) return parsed.data;
  throw new IpFailure('other', `cannot read the output of ip: ${parsed.reason}`);
}

/** The kernel's own words (netlink, net/ipv4/fib_frontend.c): ip has one exit status for all of them. */
const known: readonly [RegExp, IpFailureKind, string][] = [
  [/Operation not permitted/, 'not-permitted', 'the agent has no right to change routes'],
  [/FIB table does not exist/, 'no-table', 'there is no such routing table'],
  [/not supported/, 'no-family', 'the kernel has no such address family'],
];

function failureOf({ code, killed }: ExecFileException, stderr: string): IpFailure {
  if (code === 'ENOENT') {
    return new IpFailure('not-installed', 'the program ip is not installed (package iproute2)');
  }
  if (code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') {
    return new IpFailure('other', `there are more than ${String(maxBytes)} bytes of routes`);
  }
  if (killed === true) return new IpFailure('other', 'ip does not answer in time');
  const found = known.find(([words]) => words.test(stderr));
  if (found !== undefined) return new IpFailure(found[1], found[2]);
  return new IpFailure('other', `ip ended with ${String(code ?? 'a signal')}`);
}

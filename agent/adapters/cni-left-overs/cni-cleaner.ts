/** Interfaces, rules and CNI configurations of this machine, by ip and iptables. */
import { execFile } from 'node:child_process';
import { link, unlink } from 'node:fs/promises';
import path from 'node:path';
import { AppError, fromSystemError, systemCodeOf } from '../../../runtime/errors.ts';
import type { CniCleaner } from '../../ports/platform/cni-cleaner.ts';

const deadlineMs = 30_000;
/** A node with thousands of services has some MiB of rules. */
const maxBuffer = 64 * 1024 * 1024;
const mostAside = 100;
const names = { ipv4: 'iptables', ipv6: 'ip6tables' } as const;

/** @param root where `/` is: another folder in tests; @param programs a folder; absent: those of PATH */
export function createCniCleaner(root = '/', programs?: string): CniCleaner {
  const at = (name: string): string => (programs === undefined ? name : path.join(programs, name));
  const change = async (name: string, args: readonly string[], input = ''): Promise<void> => {
    const { ok, output } = await run(at(name), args, input);
    if (!ok) {
      throw new AppError('io-failed', `${[name, ...args].join(' ')} failed: ${output.trim()}`);
    }
  };
  return {
    rules: async (family) => {
      const { ok, output } = await run(at(`${names[family]}-save`), []);
      return ok ? output : undefined;
    },
    changeRules: (family, input) => change(`${names[family]}-restore`, ['--noflush', '-w'], input),
    deleteLink: (name) => change('ip', ['link', 'delete', name]),
    setAside: async (file) => {
      try {
        const aside = await linkAside(root, file);
        await unlink(path.join(root, file));
        return aside;
      } catch (error) {
        throw fromSystemError(`cannot rename "${file}"`, error);
      }
    },
  };
}

/** Earlier ones keep their names, which rename() would replace. */
async function linkAside(root: string, file: string): Promise<string> {
  for (let number = 0; ; number += 1) {
    const aside = `${file}.removed${number === 0 ? '' : `.${String(number)}`}`;
    try {
      await link(path.join(root, file), path.join(root, aside));
      return aside;
    } catch (error) {
      if (systemCodeOf(error) !== 'EEXIST' || number === mostAside) throw error;
    }
  }
}

interface Outcome {
  readonly ok: boolean;
  /** The standard output; of a failure what the program says about it. */
  readonly output: string;
}

function run(program: string, args: readonly string[], input?: string): Promise<Outcome> {
  return new Promise((resolve) => {
    const options = { timeout: deadlineMs, maxBuffer, killSignal: 'SIGKILL' } as const;
    const child = execFile(program, [...args], options, (error, stdout, stderr) => {
      if (error === null) return resolve({ ok: true, output: stdout });
      resolve({ ok: false, output: stderr.slice(0, 1000) || error.message.slice(0, 1000) });
    });
    // A program that ends before it has read its input is reported by its exit status.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input);
  });
}

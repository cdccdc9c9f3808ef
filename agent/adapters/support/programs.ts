/**
 * The output of the host's programs for the support bundle: the log, routes and rules, versions.
 */
import { execFile } from 'node:child_process';
import { AppError } from '../../../runtime/errors.ts';
import { readTextFile } from '../../../runtime/files/read-text-file.ts';
import type { SupportPart } from '../../ports/support.ts';

const maxOutput = 16 * 1024 * 1024;

export function programParts(): readonly SupportPart[] {
  return [
    {
      name: 'log.txt',
      what: 'the last 5,000 lines of the journal of calico-agent',
      keeps: 'end',
      read: (signal) =>
        printed(
          'journalctl',
          ['-u', 'calico-agent', '-n', '5000', '--no-pager', '-o', 'short-iso'],
          signal,
        ),
    },
    {
      name: 'host/rules.txt',
      what: 'ip rule, both families',
      read: async (signal) =>
        `${await printed('ip', ['rule'], signal)}\n${await printed('ip', ['-6', 'rule'], signal)}`,
    },
    {
      name: 'host/routes.txt',
      what: 'ip route of all tables, both families',
      read: async (signal) => {
        const tables = ['route', 'show', 'table', 'all'];
        return `${await printed('ip', tables, signal)}\n${await printed('ip', ['-6', ...tables], signal)}`;
      },
    },
    {
      name: 'host/addresses.txt',
      what: 'ip address',
      read: (signal) => printed('ip', ['address'], signal),
    },
    {
      name: 'host/release.txt',
      what: 'the operating system and its kernel',
      read: async (signal) => {
        const kernel = await printed('uname', ['-a'], signal);
        return `${kernel}${(await readTextFile('/etc/os-release', 64 * 1024)) ?? ''}`;
      },
    },
  ];
}

/** @throws AppError where there is no such program, it fails, or takes too long */
function printed(program: string, args: readonly string[], signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(
      program,
      args,
      {
        signal,
        maxBuffer: maxOutput,
        killSignal: 'SIGKILL',
        env: { PATH: process.env['PATH'], LC_ALL: 'C' },
      },
      (error, stdout) => {
        if (error === null) return resolve(stdout);
        const reason = error.code === 'ENOENT' ? 'there is no such program' : error.message;
        reject(new AppError('io-failed', `cannot run "${program}": ${reason}`, { cause: error }));
      },
    );
  });
}

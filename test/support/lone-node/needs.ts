import { spawnSync } from 'node:child_process';

/** The programs that this machine lacks for nodes of their own; undefined: none. */
export function lackForLoneNode(): string | undefined {
  for (const program of ['etcd', 'etcdctl', 'ip'])
    if (spawnSync(program, ['--help'], { stdio: 'ignore' }).error !== undefined)
      return `the program ${program}`;
  return process.getuid?.() === 0 ? undefined : 'root';
}

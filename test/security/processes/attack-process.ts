import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

export interface AttackProcess {
  /** Resolves when the attack has its full strength. */
  readonly standing: Promise<void>;
  stop(): Promise<void>;
}

/** @param name one of attackers/, with its parameters */
export function attackFromOutside(name: string, ...parameters: readonly unknown[]): AttackProcess {
  const script = path.resolve('test/security/attack.child.ts');
  const argv = ['--import', 'tsx', script, name, JSON.stringify(parameters)];
  const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const standing = Promise.race([
    once(child.stdout, 'data').then(() => undefined),
    exited.then(() => {
      throw new Error(`the attack ${name} ended by itself`);
    }),
  ]);
  return {
    standing,
    stop: async () => {
      standing.catch(() => undefined);
      child.kill('SIGKILL');
      await exited;
    },
  };
}

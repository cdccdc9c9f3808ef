import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Runs a program and returns its output. */
export async function run(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<string> {
  const { stdout } = await promisify(execFile)(program, [...args], {
    env,
    maxBuffer: 16 * 1024 * 1024,
  });
  return stdout;
}

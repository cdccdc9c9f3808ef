/** Programs in Go that read our files as others do, built here. */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * @param source the folder of its go.mod
 * @param folder where the program goes
 * @returns its file; undefined when there is no Go, or its modules cannot be had
 */
export async function buildGoProgram(source: string, folder: string): Promise<string | undefined> {
  try {
    await run('go', ['mod', 'download'], { cwd: source });
  } catch {
    return undefined;
  }
  const program = path.join(folder, path.basename(source));
  await run('go', ['build', '-buildvcs=false', '-o', program, '.'], { cwd: source });
  return program;
}

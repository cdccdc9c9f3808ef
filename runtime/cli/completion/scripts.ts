/** The completion scripts, one function per shell. Names and values are our own plain words. */
import { bash } from './bash.ts';
import { fish } from './fish.ts';
import type { CompletedProgram } from './words.ts';
import { zsh } from './zsh.ts';

export type Shell = 'bash' | 'zsh' | 'fish';

/**
 * Each script asks the program for some values. What stands before the command, and `--socket` and `--cluster`
 * behind it, say which controller is asked.
 */
export const completionScripts: Readonly<Record<Shell, (program: CompletedProgram) => string>> = {
  bash,
  zsh,
  fish,
};

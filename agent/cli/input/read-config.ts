import { readInput, type Input } from './read-input.ts';
import type { CliWorld } from '../world.ts';

/** As core/config has it, whose import would bring the YAML parser along. */
const maxConfigBytes = 1024 * 1024;

/** CONFIG as it is: the daemon judges it. */
export function readConfig(path: string, world: CliWorld): Promise<Input> {
  return readInput(path, maxConfigBytes, world);
}

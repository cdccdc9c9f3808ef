/** Every reader of data from outside, with samples of its input. */
import { answerDoors } from './answers.ts';
import type { Door } from './door.ts';
import { fileDoors } from './files.ts';
import { historyDoors } from './history.ts';
import { platformDoors } from './platform.ts';
import { routingDoors } from './routing.ts';
import { textDoors } from './texts.ts';

/** @param folder an empty one, for the doors that read files */
export function createDoors(folder: string): readonly Door[] {
  return [
    ...textDoors,
    ...answerDoors,
    ...routingDoors,
    ...platformDoors,
    ...fileDoors(folder),
    ...historyDoors(folder),
  ];
}

/** The side of a child process: answers what its parent asks. */
import { reasonOf } from '../../runtime/errors.ts';
import type { Answer, Question } from './ask-child.ts';

/** Its input and its answer are values that JSON can carry. */
interface Commands {
  readonly [name: string]: { work(input: unknown): unknown }['work'];
}

/** @param commands the work by name */
export function answerParent(commands: Commands): void {
  process.on('message', (question: Question) => {
    void answer(question).then((answered) => process.send?.(answered));
  });
  // The parent has ended, perhaps without a chance to end this process.
  process.on('disconnect', () => process.exit());
  process.send?.({ ready: true });

  async function answer({ id, command, input }: Question): Promise<Answer> {
    try {
      const work = commands[command];
      if (work === undefined) throw new Error(`there is no command "${command}"`);
      return { id, value: await work(input) };
    } catch (error) {
      return { id, failure: reasonOf(error) };
    }
  }
}

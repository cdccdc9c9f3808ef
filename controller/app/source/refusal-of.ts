import { reasonOf } from '../../../runtime/errors.ts';

/** Why the work fails; undefined: it does not. */
export async function refusalOf(
  work: () => Promise<void>,
): Promise<{ readonly text: string; readonly error: unknown } | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    return { text: reasonOf(error), error };
  }
}

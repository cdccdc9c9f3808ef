import { reasonOf } from '../../../runtime/errors.ts';
import type { Logger } from '../../../runtime/log/logger.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ClusterWriter } from './cluster-writer.ts';

const lookMs = 2000;

/**
 * Who accepts a configuration knows what the others wrote so far, where the store answers: that
 * makes it the newer one. Without an answer what was seen last has to do.
 */
export async function readWriterRecord(
  writer: ClusterWriter,
  clock: Clock,
  logger: Logger,
): Promise<void> {
  let callOff = (): void => undefined;
  const late = new Promise<void>((resolve) => {
    callOff = clock.after(lookMs, resolve);
  });
  const look = writer.read().then(
    () => undefined,
    (error: unknown) =>
      logger.debug('cannot look at the writer lease', { reason: reasonOf(error) }),
  );
  await Promise.race([look, late]);
  callOff();
}

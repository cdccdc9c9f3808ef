import { reasonOf } from '../../../runtime/errors.ts';
import type { Logger } from '../../../runtime/log/logger.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ClusterWriter } from './cluster-writer.ts';

const readMs = 2000;

/**
 * Reads the writer record before a configuration is accepted: a configuration that was accepted
 * with knowledge of the record counts as newer. Without an answer in time the last reading counts.
 */
export async function readWriterRecord(
  writer: ClusterWriter,
  clock: Clock,
  logger: Logger,
): Promise<void> {
  let callOff = (): void => undefined;
  const late = new Promise<void>((resolve) => {
    callOff = clock.after(readMs, resolve);
  });
  const reading = writer.read().then(
    () => undefined,
    (error: unknown) => logger.debug('cannot read the writer lease', { reason: reasonOf(error) }),
  );
  await Promise.race([reading, late]);
  callOff();
}

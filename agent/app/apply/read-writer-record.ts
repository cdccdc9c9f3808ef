import { reasonOf } from '../../../runtime/errors.ts';
import type { Logger } from '../../../runtime/log/logger.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ClusterWriter } from './cluster-writer.ts';

const readMs = 2000;

/**
 * Reads what other agents wrote so far, before a configuration is accepted: knowing that makes it the
 * newer one. Without an answer in time what was read last has to do.
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

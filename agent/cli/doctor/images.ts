/** Which images of Calico run on which nodes. */
import { imageFindings } from '../../../core/platform/images/running.ts';
import { reasonOf } from '../../../runtime/errors.ts';
import { within } from '../../../runtime/pacing/within.ts';
import type { Finding } from '../../ports/diagnosis.ts';
import type { RunningImages } from '../../ports/platform/running-images.ts';

const check = 'images';

/**
 * Never throws.
 * @param connect undefined: agent.yaml names no cluster of Kubernetes
 */
export function diagnoseImages(
  connect: () => Promise<RunningImages | undefined>,
  deadlineMs: number,
): Promise<readonly Finding[]> {
  const looking = look(connect).catch((error: unknown): readonly Finding[] => [
    { check, result: 'warning', message: reasonOf(error) },
  ]);
  return within<readonly Finding[]>(looking, deadlineMs, () => [
    { check, result: 'warning', message: "listing Calico's pods takes too long" },
  ]);
}

async function look(
  connect: () => Promise<RunningImages | undefined>,
): Promise<readonly Finding[]> {
  const images = await connect();
  if (images === undefined) return [];
  try {
    const { pods, templates } = await images.read();
    return imageFindings(pods, templates).map((finding) => ({ check, ...finding }));
  } finally {
    await images.close();
  }
}

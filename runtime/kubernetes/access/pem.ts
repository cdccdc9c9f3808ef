import path from 'node:path';
import { decodePem, type PlacedPem } from '../../tls/check-pem.ts';
import { readSmallFile } from './read-small-file.ts';

/**
 * PEM that stands in base64 or in a file; the first counts, as with kubectl.
 * @param field `client-key`; `whose` it is, for people: `the user "x" of the kubeconfig "/root/k"`
 */
export async function pemOf(
  { field, whose }: { readonly field: string; readonly whose: string },
  data: string | undefined,
  file: string | undefined,
  folder: string,
): Promise<PlacedPem | undefined> {
  if (data !== undefined && data !== '') {
    const place = `${field}-data of ${whose}`;
    return { pem: decodePem(data, place), place };
  }
  if (file === undefined || file === '') return undefined;
  const whole = path.resolve(folder, file);
  const said = path.isAbsolute(file) ? '' : `, which is relative to "${folder}"`;
  const place = `${field} "${whole}" of ${whose}`;
  return { pem: await readSmallFile(whole, `${place}${said}`), place };
}

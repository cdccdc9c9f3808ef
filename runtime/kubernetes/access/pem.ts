import path from 'node:path';
import { decodePem, type PlacedPem } from '../../tls/check-pem.ts';
import { readSmallFile } from '../../files/read-small-file.ts';

/**
 * Reads PEM from base64 data or from a file; the data wins, as for kubectl.
 * @param field as `client-key`; @param whose for people: `the user "x" of the kubeconfig "/root/k"`
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
  const { whole, place, origin } = namedFile({ field, whose }, file, folder);
  return { pem: await readSmallFile(whole, `${place}${origin}`), place };
}

/**
 * A file that a setting names: its path, and a text for people with the folder to which it is
 * relative.
 */
export function namedFile(
  { field, whose }: { readonly field: string; readonly whose: string },
  file: string,
  folder: string,
): { readonly whole: string; readonly place: string; readonly origin: string } {
  const whole = path.resolve(folder, file);
  const origin = path.isAbsolute(file) ? '' : `, which is relative to "${folder}"`;
  return { whole, place: `${field} "${whole}" of ${whose}`, origin };
}

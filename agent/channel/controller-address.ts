import {
  readControllerAddress,
  type ControllerAddress,
} from '../../core/controller-address/controller-address.ts';
import { refusalText } from '../../core/controller-address/controller-issues.ts';
import { AppError } from '../../runtime/errors.ts';

/**
 * @throws AppError if the address cannot be used, or if the agent would send the token over a
 * network in plain text
 */
export function controllerAddress(url: string, allowPlaintext: boolean): ControllerAddress {
  const read = readControllerAddress(url, allowPlaintext);
  if (read.ok) return read.address;
  throw new AppError('invalid-settings', refusalText(read));
}

/** The address without parts that may be secret. */
export function shownUrl(url: string): string {
  if (!URL.canParse(url)) return 'an address that cannot be read';
  const { protocol, host } = new URL(url);
  return `${protocol}//${host}`;
}

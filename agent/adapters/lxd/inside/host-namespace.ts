/**
 * The host as its init sees it: our own service unit has a mount namespace of its own, in which what
 * we mount stays with us, and most folders are read-only or hidden.
 */
import { access, readlink } from 'node:fs/promises';

export interface HostNamespace {
  /** Before an absolute path of the host. */
  readonly root: string;
  /** Before a program that has to run there, with its arguments. */
  readonly enter: readonly string[];
}

const own: HostNamespace = { root: '', enter: [] };
const ofInit: HostNamespace = {
  root: '/proc/1/root',
  enter: ['nsenter', '--target', '1', '--mount'],
};

/** Our own, where it is the same one, or where nobody lets us into that of init. */
export async function hostNamespace(): Promise<HostNamespace> {
  try {
    const [init, self] = await Promise.all([
      readlink('/proc/1/ns/mnt'),
      readlink('/proc/self/ns/mnt'),
      access(`${ofInit.root}/`),
    ]);
    return init === self ? own : ofInit;
  } catch {
    return own;
  }
}

export async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

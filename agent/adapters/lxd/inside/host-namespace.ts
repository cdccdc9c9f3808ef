/**
 * Access to the host's own mount namespace. Our service unit has one of its own, in which our
 * mounts would stay, and most folders are read-only or hidden.
 */
import { access, readlink } from 'node:fs/promises';

export interface HostNamespace {
  /** Prefix for an absolute path of the host. */
  readonly root: string;
  /** Command, with arguments, that runs a program in the host's namespace. */
  readonly enter: readonly string[];
}

const own: HostNamespace = { root: '', enter: [] };
const ofInit: HostNamespace = {
  root: '/proc/1/root',
  enter: ['nsenter', '--target', '1', '--mount'],
};

/** The host's namespace; our own one if both are the same, or if we may not enter that of init. */
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

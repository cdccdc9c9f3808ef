import type { HostFiles } from './read-host.ts';

export interface HostProcess {
  readonly pid: string;
  /** At most 15 characters, because the kernel keeps no more. */
  readonly name: string;
}

/**
 * Finds the processes in this machine's own network namespace; those in its containers are not this
 * node's.
 */
export async function findProcesses(
  host: HostFiles,
  names: ReadonlySet<string>,
): Promise<readonly HostProcess[]> {
  const ownNetwork = await host.target('proc/self/ns/net');
  const found = await Promise.all(
    (await processIds(host)).map(async (pid): Promise<HostProcess[]> => {
      const name = await host.text(`proc/${pid}/comm`);
      if (name === undefined || !names.has(name)) return [];
      const network = await host.target(`proc/${pid}/ns/net`);
      const isElsewhere =
        network !== undefined && ownNetwork !== undefined && network !== ownNetwork;
      return isElsewhere ? [] : [{ pid, name }];
    }),
  );
  return found.flat();
}

async function processIds(host: HostFiles): Promise<readonly string[]> {
  return (await host.names('proc')).filter((name) => /^[1-9]\d*$/.test(name));
}

/** Reads one variable of a process' environment. The rest may hold secrets, and is not kept. */
export async function environmentOf(
  host: HostFiles,
  { pid }: HostProcess,
  variable: string,
): Promise<string | undefined> {
  const environment = await host.head(`proc/${pid}/environ`, 256 * 1024);
  const start = `${variable}=`;
  return environment
    ?.split('\0')
    .find((entry) => entry.startsWith(start))
    ?.slice(start.length);
}

/** Finds the processes that have these sockets open, as far as this user may see them. */
export async function findSocketHolders(
  host: HostFiles,
  inodes: ReadonlySet<string>,
): Promise<ReadonlyMap<string, HostProcess>> {
  const holders = new Map<string, HostProcess>();
  for (const pid of await processIds(host)) {
    if (holders.size === inodes.size) break;
    for (const inode of await socketsOf(host, pid)) {
      if (!inodes.has(inode) || holders.has(inode)) continue;
      holders.set(inode, { pid, name: (await host.text(`proc/${pid}/comm`)) ?? 'a process' });
    }
  }
  return holders;
}

async function socketsOf(host: HostFiles, pid: string): Promise<readonly string[]> {
  const folder = `proc/${pid}/fd`;
  const links = await Promise.all(
    (await host.names(folder)).map((name) => host.target(`${folder}/${name}`)),
  );
  return links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link ?? '')?.[1] ?? []);
}

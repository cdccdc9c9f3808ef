import type { HostFiles } from './read-host.ts';

export interface HostProcess {
  readonly pid: string;
  /** At most 15 characters: what the kernel keeps of it. */
  readonly name: string;
}

/** Those of this machine's own network: the ones inside its containers are not this node's. */
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

/** One variable of a process' environment; of the rest, in which secrets are, nothing is kept. */
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

/** Which process holds each of these sockets, as far as we may see it. */
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

/** The interfaces of the kernel, as `ip -json link` prints them. */
export interface HostLink {
  readonly name: string;
  readonly isUp: boolean;
}

/** Leaves out entries that are no interfaces. */
export function parseLinks(data: unknown): readonly HostLink[] {
  if (!Array.isArray(data)) return [];
  return data.flatMap((one: unknown) => {
    if (typeof one !== 'object' || one === null || !('ifname' in one)) return [];
    const flags: unknown = 'flags' in one ? one.flags : undefined;
    const isUp = Array.isArray(flags) && flags.includes('UP');
    return typeof one.ifname === 'string' ? [{ name: one.ifname, isUp }] : [];
  });
}

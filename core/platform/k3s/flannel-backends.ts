/**
 * Which backends of flannel a release of K3s knows. Sources: k3s pkg/daemons/config/types.go and
 * pkg/agent/flannel; issues 5391 and 7297 of k3s-io/k3s.
 */
interface Backend {
  /** The first minor release of Kubernetes 1.x that knows it; absent: all of them. */
  readonly since?: number;
  /** The first one that does not know it any more. */
  readonly until?: number;
}

const backends: Readonly<Record<string, Backend>> = {
  none: {},
  vxlan: {},
  'host-gw': {},
  // Of 1.23.6, and in the last releases of 1.21 and 1.22.
  'wireguard-native': { since: 21 },
  // Of 1.27.3, 1.26.6 and 1.25.11.
  tailscale: { since: 25 },
  wireguard: { until: 26 },
  ipsec: { until: 27 },
};

/** Without the options that some releases take behind it: `wireguard-native=Mode=auto`. */
export function backendName(value: string): string {
  return value.split('=', 1)[0] ?? '';
}

export function knownBackends(minor: number | undefined): readonly string[] {
  return Object.entries(backends)
    .filter(([, { since = 0, until = Infinity }]) =>
      minor === undefined ? until === Infinity : minor >= since && minor < until,
    )
    .map(([name]) => name);
}

/**
 * Why K3s does not start with it; undefined: it starts. @param minor undefined: the release is not
 * known
 */
export function backendFault(value: string, minor: number | undefined): string | undefined {
  const name = backendName(value);
  if (knownBackends(minor).includes(name)) return undefined;
  const { since, until } = backends[name] ?? {};
  if (minor === undefined && until !== undefined) return `K3s 1.${String(until)} removed it`;
  if (minor !== undefined && until !== undefined && minor >= until) {
    return `K3s 1.${String(until)} removed it, and this is 1.${String(minor)}`;
  }
  if (minor !== undefined && since !== undefined) {
    return `K3s 1.${String(since)} brought it, and this is 1.${String(minor)}`;
  }
  return 'no release of K3s has it';
}

/** `k3s version v1.31.5+k3s1 (…)` → 31. */
export function minorOf(version: string | undefined): number | undefined {
  const minor = /\bv1\.(\d{1,3})\./.exec(version ?? '')?.[1];
  return minor === undefined ? undefined : Number(minor);
}

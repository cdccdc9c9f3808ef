/** Checks the kernel's network settings that decide whether pods can be reached. */
import type { ExpectedCluster, Finding } from '../../ports/diagnosis.ts';
import type { CalicoNode } from './calico-node.ts';
import type { HostFiles } from './read-host.ts';

/** Checks forwarding, which a machine needs if calico-node runs there. */
export async function diagnoseForwarding(
  host: HostFiles,
  { isRunning }: CalicoNode,
  { ipv6 }: ExpectedCluster,
): Promise<readonly Finding[]> {
  const [fourth, sixth] = await Promise.all([
    host.text('proc/sys/net/ipv4/ip_forward'),
    host.text('proc/sys/net/ipv6/conf/all/forwarding'),
  ]);
  const missing = isRunning ? 'failed' : 'warning';
  const ofIpv4 = forwarding('IPv4 forwarding', 'net.ipv4.ip_forward', fourth, missing);
  const ofIpv6 = forwarding('IPv6 forwarding', 'net.ipv6.conf.all.forwarding', sixth, missing);
  if (ipv6 || ofIpv6.result === 'ok') return [ofIpv4, ofIpv6];
  const message = 'not needed: there is no IPv6 pool';
  return [ofIpv4, { check: ofIpv6.check, result: 'ok', message }];
}

function forwarding(
  check: string,
  key: string,
  value: string | undefined,
  missing: Finding['result'],
): Finding {
  if (value === undefined) {
    return { check, result: 'warning', message: `${key} cannot be read on this machine` };
  }
  if (value !== '0') return { check, result: 'ok', message: `${key} is ${value}` };
  const message = `${key} is 0: this machine forwards nothing to or from pods`;
  // Each network namespace has its own value, so that of a container is set in it.
  const hint = `sysctl -w ${key}=1, and "${key} = 1" in a file /etc/sysctl.d/*.conf; in a container inside of it`;
  return { check, result: missing, message, hint };
}

const rpFilter = 'rp_filter';

/**
 * Checks rp_filter. For an interface the greater one of its own value and of `all` counts (linux
 * Documentation/networking/ip-sysctl.rst). With `all` loose (2) the calico charm blocks
 * ("ignore-loose-rpf config is in conflict with rp_filter value"), and a Felix from before 2020
 * (projectcalico/felix#2189) does not start. Strict (1) is fine with one uplink.
 */
export async function diagnoseRpFilter(host: HostFiles): Promise<readonly Finding[]> {
  const folder = 'proc/sys/net/ipv4/conf';
  const names = await host.names(folder);
  const values = new Map(
    await Promise.all(
      names.map(async (name) => [name, await host.text(`${folder}/${name}/rp_filter`)] as const),
    ),
  );
  const all = values.get('all');
  if (all === undefined) {
    return [{ check: rpFilter, result: 'warning', message: 'it cannot be read on this machine' }];
  }
  if (all === '2') return [loose];
  const strict = (await uplinksOf(host)).filter(
    (name) => Math.max(Number(all), Number(values.get(name) ?? 0)) === 1,
  );
  if (strict.length > 1) return [asymmetric(strict)];
  const message = `all ${all}, default ${values.get('default') ?? 'not known'}`;
  return [{ check: rpFilter, result: 'ok', message }];
}

const loose: Finding = {
  check: rpFilter,
  result: 'warning',
  message:
    'net.ipv4.conf.all.rp_filter is 2 (loose): the calico charm blocks, and Calico before 3.12 does not start',
  hint: 'sysctl -w net.ipv4.conf.all.rp_filter=1, in a container inside of it; or juju config calico ignore-loose-rpf=true (elsewhere FELIX_IGNORELOOSERPF=true)',
};

function asymmetric(names: readonly string[]): Finding {
  const message = `strict (1) on several uplinks (${names.join(', ')}): an answer that comes in by another one is dropped`;
  const hint =
    'where paths may differ, as with two ToRs: all.rp_filter=0, and 2 for each of these interfaces';
  return { check: rpFilter, result: 'warning', message, hint };
}

/** Interfaces with a device behind them: neither bridges and tunnels nor a container's veth. */
async function uplinksOf(host: HostFiles): Promise<readonly string[]> {
  const names = await host.names('sys/class/net');
  const found = await Promise.all(
    names.map(async (name) => {
      const hasDevice = (await host.names(`sys/class/net/${name}`)).includes('device');
      const state = await host.text(`sys/class/net/${name}/operstate`);
      return hasDevice && state === 'up' ? [name] : [];
    }),
  );
  return found.flat().sort();
}

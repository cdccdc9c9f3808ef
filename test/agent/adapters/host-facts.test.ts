import { expect } from 'chai';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import type os from 'node:os';
import path from 'node:path';
import { createHostFacts } from '../../../agent/adapters/host-facts/host-facts.ts';
import { rankHostAddresses } from '../../../core/facts/addresses/host-address.ts';
import { nodeAddressText } from '../../../core/facts/node-address.ts';

type Interfaces = ReturnType<typeof os.networkInterfaces>;

describe('facts from the host', () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(path.join(tmpdir(), 'calico-agent-host-'));
  });
  afterEach(() => rm(root, { recursive: true }));

  /** With the best address of each family. */
  const detect = async (
    interfaces: Interfaces,
    hostname = 'node-0',
  ): Promise<{ name: string; units?: string[]; addresses: string[] }> => {
    const { host, ...facts } = await createHostFacts({
      root,
      hostname: () => hostname,
      networkInterfaces: () => interfaces,
    }).detect();
    const ranked = rankHostAddresses(host);
    const best = [4, 6].flatMap((family) => ranked.find((one) => one.family === family) ?? []);
    return { ...facts, addresses: best.map(nodeAddressText) };
  };
  const write = async (file: string, text: string): Promise<void> => {
    await mkdir(path.dirname(path.join(root, file)), { recursive: true });
    await writeFile(path.join(root, file), text);
  };

  const ignored = [
    'cali12ab34cd56e',
    'tunl0',
    'vxlan.calico',
    'vxlan-v6.calico',
    'wireguard.cali',
    'lxdbr0',
    'lxcbr0',
    'docker0',
    'br-0123456789ab',
    'cni0',
    'flannel.1',
    'veth12ab',
    'kube-ipvs0',
    'nodelocaldns',
    'dummy0',
    'virbr0',
    'fan-250',
    'cilium_host',
  ];
  for (const name of ignored) {
    it(`leaves out ${name}`, async () => {
      const facts = await detect({ [name]: [ipv4('172.17.0.1/16')], ens3: [ipv4('10.0.0.2/24')] });
      expect(facts.addresses).to.deep.equal(['10.0.0.2/24']);
    });
  }

  it("takes a bridge that has the host's own address, as MAAS makes them", async () => {
    const facts = await detect({ 'br-eth0': [ipv4('10.0.0.2/24')] });
    expect(facts.addresses).to.deep.equal(['10.0.0.2/24']);
  });

  it('leaves out loopback and link-local addresses', async () => {
    const facts = await detect({
      lo: [ipv4('127.0.0.1/8', true), ipv6('::1/128', true)],
      ens3: [ipv4('169.254.7.7/16'), ipv6('fe80::1/64'), ipv6('2001:db8::2/64')],
    });
    expect(facts.addresses).to.deep.equal(['2001:db8::2/64']);
  });

  it('takes one address per family, of the interface with the default route', async () => {
    await write(
      'proc/net/route',
      [
        'Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT',
        'ens9 00000000 0100000A 0003 0 0 200 00000000 0 0 0',
        'ens4 00000000 0101000A 0003 0 0 100 00000000 0 0 0',
        'ens3 0000000A 00000000 0001 0 0 0 00FFFFFF 0 0 0',
      ].join('\n'),
    );
    await write(
      'proc/net/ipv6_route',
      [
        `${'0'.repeat(32)} 00 ${'0'.repeat(32)} 00 ${'0'.repeat(32)} ffffffff 00000001 00000000 00200200 lo`,
        `${'0'.repeat(32)} 00 ${'0'.repeat(32)} 00 fe800000000000000000000000000001 00000400 00000001 00000000 00000003 ens3`,
      ].join('\n'),
    );
    const facts = await detect({
      ens3: [ipv4('10.0.0.2/24'), ipv6('2001:db8:3::2/64')],
      ens4: [ipv4('10.0.1.2/24'), ipv6('2001:db8:4::2/64')],
    });
    expect(facts.addresses).to.deep.equal(['10.0.1.2/24', '2001:db8:3::2/64']);
  });

  it('prefers an address with a subnet to a single one beside it', async () => {
    const facts = await detect({ ens3: [ipv6('2001:db8::9/128'), ipv6('2001:db8::2/64')] });
    expect(facts.addresses).to.deep.equal(['2001:db8::2/64']);
    expect((await detect({ eth0: [ipv4('10.128.0.3/32')] })).addresses).to.deep.equal([
      '10.128.0.3/32',
    ]);
  });

  const flagged: readonly [string, string, string][] = [
    ['whose duplicate another machine has (DAD failed)', '88', '2001:db8::2/64'],
    ['that is tentative', 'c0', '2001:db8::2/64'],
    ['that is deprecated: an old prefix of the provider', '20', '2001:db8::2/64'],
    ['that is temporary: it is another one tomorrow', '01', '2001:db8::2/64'],
    ['that has a lifetime, beside one that is set for good', '00', '2001:db8::2/64'],
    ['that is as good as the other, and the first', '80', '2001:db8::1/64'],
  ];
  for (const [what, flags, expected] of flagged) {
    it(`judges an IPv6 address ${what}`, async () => {
      const row = (last: string, bits: string): string =>
        `20010db800000000000000000000000${last} 02 40 00 ${bits} ens3`;
      await write('proc/net/if_inet6', `${row('1', flags)}\n${row('2', '80')}\n`);
      const facts = await detect({ ens3: [ipv6('2001:db8::1/64'), ipv6('2001:db8::2/64')] });
      expect(facts.addresses).to.deep.equal([expected]);
    });
  }

  it('leaves out an interface that the kernel calls a tunnel, whatever its name', async () => {
    await write('sys/class/net/mytunnel/type', '768\n');
    await write('sys/class/net/overlay/uevent', 'DEVTYPE=vxlan\nINTERFACE=overlay\n');
    const facts = await detect({
      mytunnel: [ipv4('10.9.0.1/24')],
      overlay: [ipv4('10.8.0.1/24')],
      wan: [ipv4('10.0.0.2/24')],
    });
    expect(facts.addresses).to.deep.equal(['10.0.0.2/24']);
  });

  it('finds the Juju units by their folders', async () => {
    for (const name of [
      'unit-calico-0',
      'unit-kubernetes-control-plane-12',
      'machine-3',
      'unit-x',
    ]) {
      await mkdir(path.join(root, 'var/lib/juju/agents', name), { recursive: true });
    }
    const facts = await detect({});
    expect(facts.units).to.deep.equal(['calico/0', 'kubernetes-control-plane/12']);
  });

  it("names the node as the kubelet does: the host's name in lower case", async () => {
    expect((await detect({}, 'Node-A.Example')).name).to.equal('node-a.example');
  });
});

function ipv4(cidr: string, internal = false): os.NetworkInterfaceInfo {
  return {
    family: 'IPv4',
    address: cidr.split('/')[0] ?? '',
    cidr,
    internal,
    netmask: '',
    mac: '',
  };
}

function ipv6(cidr: string, internal = false): os.NetworkInterfaceInfo {
  return {
    family: 'IPv6',
    address: cidr.split('/')[0] ?? '',
    cidr,
    internal,
    netmask: '',
    mac: '',
    scopeid: 0,
  };
}

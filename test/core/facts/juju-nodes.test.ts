import { expect } from 'chai';
import { stringify } from 'yaml';
import { accepted, addressesOf, messagesOf, refused } from './reading-nodes.ts';

interface MachineOptions {
  readonly interfaces?: Readonly<Record<string, readonly string[]>>;
  readonly containers?: object;
}

function machine(
  hostname: string,
  addresses: readonly string[],
  options: MachineOptions = {},
): object {
  const interfaces = Object.entries(options.interfaces ?? {}).map(([name, ips], index) => [
    name,
    {
      'ip-addresses': ips,
      'mac-address': `52:54:00:00:00:0${String(index)}`,
      space: 'alpha',
      'is-up': true,
    },
  ]);
  return {
    'juju-status': { current: 'started', since: '02 Mar 2026 08:10:00Z', version: '3.6.9' },
    hostname,
    'dns-name': addresses[0],
    'ip-addresses': addresses,
    'instance-id': hostname,
    'machine-status': { current: 'running', message: 'Deployed' },
    base: { name: 'ubuntu', channel: '24.04' },
    ...(interfaces.length === 0 ? {} : { 'network-interfaces': Object.fromEntries(interfaces) }),
    constraints: 'mem=8G',
    hardware: 'arch=amd64 cores=8 mem=16384M',
    ...(options.containers === undefined ? {} : { containers: options.containers }),
  };
}

function unit(on: string, subordinates: object = {}): object {
  return {
    'workload-status': { current: 'active', message: 'Ready' },
    'juju-status': { current: 'idle', version: '3.6.9' },
    machine: on,
    'public-address': '10.0.0.2',
    subordinates,
  };
}

const subordinate = { 'workload-status': { current: 'active' }, 'upgrading-from': 'ch:calico' };
const leader = { ...subordinate, leader: true };

const status = {
  model: { name: 'k8s', type: 'iaas', controller: 'prod', cloud: 'maas', version: '3.6.9' },
  machines: {
    '0': machine('Rack0-Node0', ['10.0.0.2', 'fd00:0:0:1::2'], {
      containers: {
        '0/lxd/0': machine('juju-4f6b3d-0-lxd-0', ['10.0.0.50']),
        '0/lxd/1': machine('juju-4f6b3d-0-lxd-1', ['10.0.0.51']),
      },
    }),
    '1': machine('rack0-node1', ['10.0.0.3']),
    '2': machine('database', ['10.0.0.90']),
  },
  applications: {
    calico: {
      charm: 'calico',
      'subordinate-to': ['kubernetes-control-plane', 'kubernetes-worker'],
    },
    'kubernetes-control-plane': {
      charm: 'kubernetes-control-plane',
      units: { 'kubernetes-control-plane/0': unit('0/lxd/1', { 'calico/2': subordinate }) },
    },
    'kubernetes-worker': {
      charm: 'kubernetes-worker',
      units: {
        'kubernetes-worker/0': unit('0', { 'calico/0': leader, 'ntp/4': subordinate }),
        'kubernetes-worker/1': unit('1', { 'calico/11': subordinate }),
      },
    },
    postgresql: { charm: 'postgresql', units: { 'postgresql/0': unit('2') } },
  },
  storage: {},
  controller: { timestamp: '09:12:00Z' },
};

describe('juju status', () => {
  for (const [form, text] of [
    ['json', JSON.stringify(status)],
    ['yaml', stringify(status)],
  ] as const) {
    it(`--format ${form} gives the machines and containers that carry calico, by hostname in lower case`, () => {
      const { nodes } = accepted(text);
      expect(nodes.map(({ name, units }) => [name, ...units])).to.deep.equal([
        ['rack0-node0', 'kubernetes-worker/0', 'calico/0', 'ntp/4'],
        ['juju-4f6b3d-0-lxd-1', 'kubernetes-control-plane/0', 'calico/2'],
        ['rack0-node1', 'kubernetes-worker/1', 'calico/11'],
      ]);
      expect(nodes.map(addressesOf)).to.deep.equal([
        ['10.0.0.2', 'fd00:0:0:1::2'],
        ['10.0.0.51'],
        ['10.0.0.3'],
      ]);
      expect(nodes.map((node) => node.leader)).to.deep.equal([true, false, false]);
    });
  }

  it('names the missing facts once', () => {
    expect(messagesOf(accepted(JSON.stringify(status)).issues)).to.deep.equal([
      'note: juju status does not tell prefix lengths and labels: rules by selector match no node, CrossSubnet is not checked',
    ]);
  });

  it('takes another application on request', () => {
    const { nodes } = accepted(JSON.stringify(status), { unitApplication: 'postgresql' });
    expect(nodes.map(({ name }) => name)).to.deep.equal(['database']);
  });

  it('counts every machine when none carries the application, with a warning', () => {
    const { nodes, issues } = accepted(JSON.stringify(status), { unitApplication: 'tigera' });
    expect(nodes).to.have.length(5);
    expect(issues.map(({ code }) => code)).to.include('no-unit-of-application');
  });

  it("takes the preferred address's interface, and no bridge or tunnel that a person made", () => {
    const interfaces = {
      lxdbr0: ['10.200.0.1'],
      enp2s0: ['172.16.0.2', 'fd00:0:0:9::2'],
      enp1s0: ['10.0.0.2', 'fd00:0:0:1::2'],
      'vxlan.calico': ['192.168.66.0'],
    };
    const document = {
      ...status,
      machines: {
        '0': machine('node-0', ['10.0.0.2', '172.16.0.2', '10.200.0.1'], { interfaces }),
      },
    };
    const { nodes, issues } = accepted(JSON.stringify(document));
    expect(nodes.map(addressesOf)).to.deep.equal([['10.0.0.2', 'fd00:0:0:1::2']]);
    expect(messagesOf(issues)).to.include(
      'note: juju status does not tell which of several addresses is the BGP address; in brackets is the one that was taken: node-0 (10.0.0.2 and fd00:0:0:1::2)',
    );
  });

  const twoSpaces = (bindings: object): object => {
    const interfaces = {
      enp1s0: { 'ip-addresses': ['172.16.0.2'], space: 'storage', 'is-up': true },
      enp2s0: { 'ip-addresses': ['10.0.0.2', 'fd00:0:0:1::2'], space: 'k8s', 'is-up': true },
    };
    const document = {
      ...machine('node-0', ['172.16.0.2', '10.0.0.2']),
      'network-interfaces': interfaces,
    };
    const calico = { ...status.applications.calico, 'endpoint-bindings': bindings };
    const applications = { ...status.applications, calico };
    return { ...status, machines: { '0': document }, applications };
  };
  const bindings: readonly [string, object, readonly string[]][] = [
    [
      'cni is bound to',
      { '': 'alpha', cni: 'k8s', etcd: 'storage' },
      ['10.0.0.2', 'fd00:0:0:1::2'],
    ],
    ['all endpoints are bound to', { '': 'k8s' }, ['10.0.0.2', 'fd00:0:0:1::2']],
    ['no machine is in: then the preferred one', { '': 'alpha' }, ['172.16.0.2', 'fd00:0:0:1::2']],
  ];
  for (const [what, bound, expected] of bindings) {
    it(`takes the address of the space that ${what}`, () => {
      const { nodes, issues } = accepted(JSON.stringify(twoSpaces(bound)));
      expect(nodes.map(addressesOf)).to.deep.equal([expected]);
      const isUnclear = messagesOf(issues).some((text) => text.includes('which of several'));
      expect(isUnclear).to.equal(expected[0] === '172.16.0.2');
    });
  }

  it("takes Juju's own bridge and no other when the preferred address is a name", () => {
    const interfaces = {
      lxdbr0: ['10.200.0.1'],
      'br-0123456789ab': ['172.17.0.1'],
      'br-eth0': ['10.0.0.9'],
    };
    const named = { ...machine('node-0', [], { interfaces }), 'dns-name': 'node-0.maas' };
    const { nodes } = accepted(JSON.stringify({ ...status, machines: { '0': named } }));
    expect(nodes.map(addressesOf)).to.deep.equal([['10.0.0.9']]);
  });

  it('leaves out a machine that has no hostname yet, with a warning', () => {
    const pending = { 'juju-status': { current: 'pending' }, 'instance-id': 'pending' };
    const applications = {
      'kubernetes-worker': {
        units: {
          'kubernetes-worker/0': unit('0', { 'calico/0': leader }),
          'kubernetes-worker/1': unit('7', { 'calico/7': subordinate }),
        },
      },
    };
    const document = { ...status, machines: { ...status.machines, '7': pending }, applications };
    const { nodes, issues } = accepted(JSON.stringify(document));
    expect(nodes.map(({ name }) => name)).to.deep.equal(['rack0-node0']);
    expect(messagesOf(issues)).to.include(
      'warning: machines without a hostname yet are left out: 7',
    );
  });

  it('is not mixed up with a bundle, which has machines and applications too', () => {
    const bundle = { machines: { '0': { constraints: 'mem=8G' } }, applications: { calico: {} } };
    expect(refused(stringify(bundle)).map(({ code }) => code)).to.deep.equal(['nodes-not-a-list']);
  });

  it("takes no machine whose ID is far longer than Juju's", () => {
    const inner = { hostname: 'node-1' };
    const text = JSON.stringify({
      model: { name: 'm' },
      machines: {
        '0': { hostname: 'node-0' },
        ['x'.repeat(10_000)]: { containers: { a: inner } },
      },
      applications: {},
    });
    expect(accepted(text).nodes.map(({ name }) => name)).to.deep.equal(['node-0']);
  });
});

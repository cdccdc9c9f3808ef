import { expect } from 'chai';
import { reportContainers, type ContainerReport } from '../../../core/lxd/container-report.ts';
import { mergeProfile } from '../../../core/lxd/merge-profile.ts';
import type { ObservedContainer, ObservedInside } from '../../../core/lxd/observed-lxd.ts';
import { container, host, inside, lxdOf, profile } from './hosts.ts';

const { settings } = lxdOf(
  '{profiles: [k8s], bpffs: true, security: {privileged: true, nesting: true}, sysctls: {net.ipv4.conf.all.rp_filter: 1}}',
);
const { content } = mergeProfile(profile('k8s'), settings);
const { config, devices } = content;

function report(...containers: readonly ObservedContainer[]): readonly ContainerReport[] {
  const { daemon: lxd } = host({
    profiles: [profile('default'), profile('k8s', content)],
    containers,
  });
  return lxd.state === 'there' ? reportContainers(lxd) : [];
}

function lacks(changes: Partial<ObservedInside>): readonly string[] {
  const whole = inside({
    mounts: [
      { path: '/dev/.lxc/proc', type: 'proc' },
      { path: '/sys/fs/bpf', type: 'bpf' },
    ],
    sysctls: { 'net.ipv4.conf.all.rp_filter': '1' },
  });
  const [one] = report(
    container('c', ['k8s'], { config, devices, inside: { ...whole, ...changes } }),
  );
  const lacking = (one?.effects ?? []).filter(({ present }) => present === false);
  expect(one?.needsRestart).to.equal(lacking.length > 0);
  return lacking.map(({ what, why }) => `${what}: ${String(why)}`);
}

describe('the report of containers', () => {
  it('finds the missing settings inside of a container', () => {
    expect(lacks({})).to.deep.equal([]);
    expect(lacks({ mounts: [{ path: '/dev/.lxc/proc', type: 'proc' }] })).to.deep.equal([
      '/sys/fs/bpf: it is not mounted inside',
    ]);
    expect(lacks({ mounts: [] })).to.have.length(2);
    expect(lacks({ privileged: false })).to.deep.equal(['security.privileged: it is false inside']);
    expect(lacks({ sysctls: { 'net.ipv4.conf.all.rp_filter': '2' } })).to.deep.equal([
      'linux.sysctl.net.ipv4.conf.all.rp_filter: it is 2 inside',
    ]);
  });

  it('requires no restart because of a failed inspection', () => {
    const { mounts: _mounts, privileged: _privileged, ...unseen } = inside();
    const [one] = report(container('c', ['k8s'], { config, devices, inside: unseen }));
    expect(one).to.include({ running: true, needsRestart: false });
    expect(one?.effects.map(({ present, why }) => [present, why])).to.deep.equal(
      Array.from({ length: 4 }, () => [undefined, 'it cannot be read at the moment']),
    );
    expect(lacks({ sysctls: {} })).to.deep.equal([]);
    expect(lacks({ sysctls: { 'net.ipv4.conf.all.rp_filter': null } })).to.have.length(1);
  });

  it('reads values of several numbers as the kernel does, with any white space', () => {
    const range = lxdOf(
      '{profiles: [k8s], sysctls: {net.ipv4.ip_local_port_range: "10000 60000"}}',
    ).settings;
    const merged = mergeProfile(profile('k8s'), range).content;
    const { daemon: lxd } = host({
      profiles: [profile('k8s', merged)],
      containers: ['10000\t60000', '10000 6000'].map((found, index) =>
        container(`c${String(index)}`, ['k8s'], {
          config: merged.config,
          inside: inside({ sysctls: { 'net.ipv4.ip_local_port_range': found } }),
        }),
      ),
    });
    const reports = lxd.state === 'there' ? reportContainers(lxd) : [];
    expect(reports.map(({ needsRestart }) => needsRestart)).to.deep.equal([false, true]);
  });

  it('does not take an empty folder for the BPF file system', () => {
    const mounts = [{ path: '/sys/fs/bpf', type: 'sysfs' }];
    expect(lacks({ mounts }).join()).to.contain('/sys/fs/bpf');
  });

  it('requires no restart of a stopped container, and ignores one without our settings', () => {
    const [stopped, ...others] = report(
      container('c', ['k8s'], { config, devices }),
      container('other', ['default'], { inside: inside() }),
    );
    expect(stopped).to.include({ running: false, needsRestart: false });
    expect(others).to.deep.equal([]);
  });
});

import { expect } from 'chai';
import { parseConfig } from '../../../../core/config/parse.ts';
import { lxdOf } from '../../lxd/hosts.ts';

function codes(section: string): readonly string[] {
  const parsed = parseConfig(`apiVersion: calico-agent/v1\nkind: NetworkConfig\nlxd: ${section}\n`);
  return parsed.issues.map(({ code, severity }) => `${severity} ${code}`);
}

describe('the lxd section', () => {
  it('passes texts to LXD, as LXD expects them', () => {
    const { settings } = lxdOf(`
  profilesOf: juju-*
  devices: {modules: {type: disk, source: /lib/modules, path: /lib/modules, readonly: true}}
  kernelModules: [ip_vs]
  sysctls: {net.ipv4.conf.all.rp_filter: 1}
  security: {nesting: true}
  restart: {policy: rolling, window: {from: "22:00", to: "02:30", days: [sat]}}`);
    expect(settings).to.deep.include({ project: 'default', profiles: [], bpffs: false });
    expect(settings.profilesOf.map(({ value }) => value)).to.deep.equal(['juju-*']);
    expect(settings.devices.map(({ name, properties }) => [name, properties])).to.deep.equal([
      ['modules', { type: 'disk', source: '/lib/modules', path: '/lib/modules', readonly: 'true' }],
    ]);
    expect(settings.config.map(({ key, value }) => [key, value])).to.deep.equal([
      ['security.nesting', 'true'],
      ['linux.sysctl.net.ipv4.conf.all.rp_filter', '1'],
    ]);
    expect(settings.restart).to.deep.equal({
      policy: 'rolling',
      parallel: 1,
      timeoutSeconds: 120,
      window: { from: 1320, to: 150, days: [6] },
    });
  });

  it('restarts nothing without a request', () => {
    expect(lxdOf('{profiles: [default], bpffs: true}').settings.restart.policy).to.equal('never');
  });

  const refused: readonly [section: string, code: string][] = [
    ['{bpffs: true}', 'error lxd-no-profile'],
    ['{profiles: [default]}', 'warning lxd-empty'],
    [
      '{profiles: [x], bpffs: true, devices: {b: {type: disk, source: /sys/fs/bpf, path: /sys/fs/bpf}}}',
      'error lxd-device-twice',
    ],
  ];
  for (const [section, code] of refused) {
    it(`finds ${code} in ${section}`, () => expect(codes(section)).to.deep.equal([code]));
  }

  it('takes the sysctls that a container has of its own', () => {
    const section =
      '{profiles: [x], sysctls: {net.core.somaxconn: 1, kernel.msgmax: 1, kernel.sem: "1 1 1 1", kernel.shm_rmid_forced: 1, fs.mqueue.msg_max: 1}}';
    expect(codes(section)).to.deep.equal([]);
  });

  for (const section of [
    '{profiles: [a/b], bpffs: true}',
    '{profiles: [x], sysctls: {"net.../../x": 1}}',
    '{profiles: [x], sysctls: {kernel.pid_max: 1}}',
    '{profiles: [x], sysctls: {fs.inotify.max_user_watches: 1}}',
    '{profiles: [x], security: {syscalls: true}}',
    '{profiles: [x], devices: {a: {type: nic, source: /a, path: /a}}}',
    '{profiles: [x], bpffs: true, restart: {window: {from: "24:00", to: "01:00"}}}',
  ]) {
    it(`refuses ${section}`, () => {
      expect(codes(section).some((code) => code.startsWith('error'))).to.equal(true);
    });
  }
});

import { expect } from 'chai';
import type { ObservedLxd } from '../../../../core/lxd/observed-lxd.ts';
import { planLxd } from '../../../../core/plan/lxd/plan-lxd.ts';
import type { LxdChange } from '../../../../core/plan/plan.ts';
import { container, host, inside, lxdOf, profile } from '../../lxd/hosts.ts';

function plan(section: string | undefined, observed: ObservedLxd): ReturnType<typeof planLxd> {
  const settings = section === undefined ? {} : { settings: lxdOf(section).settings };
  return planLxd({ ...settings, pruneIn: ['default'] }, observed);
}

function told(change: LxdChange): string {
  return change.action === 'mount-bpffs'
    ? `mount ${change.path}`
    : `${change.profile}: ${change.fields.map(({ path }) => path).join(' ')}`;
}

function changes(section: string | undefined, observed: ObservedLxd): readonly string[] {
  return plan(section, observed).steps.flatMap((step) => step.changes.map(told));
}

/** The content of an obedient LXD afterwards. */
function after(
  section: string | undefined,
  { daemon: lxd, bpffsMounted }: ObservedLxd,
): ObservedLxd {
  const done = plan(section, { daemon: lxd, bpffsMounted }).steps.flatMap((step) => step.changes);
  const isMounted = bpffsMounted || done.some(({ action }) => action === 'mount-bpffs');
  if (lxd.state === 'absent') return { daemon: lxd, bpffsMounted: isMounted };
  const profiles = lxd.profiles.map((one) => {
    const set = done.find(
      (change) => change.action === 'set-lxd-profile' && change.profile === one.name,
    );
    return set?.action === 'set-lxd-profile' ? { ...one, content: set.after } : one;
  });
  return { daemon: { ...lxd, profiles }, bpffsMounted: isMounted };
}

const named = '{profiles: [default], bpffs: true}';
const ofJuju = '{profilesOf: juju-*, bpffs: true}';
const added = 'devices.sysfsbpf config.user.calico-agent';

describe('the plan for a host of containers', () => {
  it('mounts the BPF file system first, and only when it is not mounted', () => {
    expect(changes(named, host({ bpffsMounted: false }))).to.deep.equal([
      'mount /sys/fs/bpf',
      `default: ${added}`,
    ]);
    expect(changes(named, host())).to.deep.equal([`default: ${added}`]);
  });

  it('is empty after it was carried out', () => {
    const done = after(named, host({ bpffsMounted: false }));
    expect(changes(named, done)).to.deep.equal([]);
  });

  it('gives the reason of every value, with its line', () => {
    const [step] = plan(named, host()).steps;
    const [change] = step?.changes ?? [];
    const fields = change?.action === 'set-lxd-profile' ? change.fields : [];
    expect(
      fields.map(({ reasons }) => reasons.map(({ rule, place }) => [rule, place.line])),
    ).to.deep.equal([
      [
        ['lxd', 3],
        ['profile default', 3],
      ],
      [],
    ]);
  });

  it('has no step when a profile does not exist, and suggests the intended one', () => {
    const { steps, issues } = plan('{profiles: [defualt, default], bpffs: true}', host());
    expect(steps).to.deep.equal([]);
    expect(issues.map(({ code, hint }) => [code, hint])).to.deep.equal([
      ['lxd-profile-missing', 'did you mean "default"?'],
    ]);
    const project = plan('{project: k8s, profiles: [default], bpffs: true}', host());
    expect(project.issues.map(({ code }) => code)).to.deep.equal(['lxd-project-missing']);
  });

  it('waits without a step when there is no LXD', () => {
    const absent = { daemon: { state: 'absent', why: 'no socket' }, bpffsMounted: true } as const;
    expect(plan(named, absent)).to.deep.include({ steps: [] });
    expect(plan(named, absent).issues.map(({ code }) => code)).to.deep.equal(['lxd-absent']);
    expect(plan(undefined, absent).issues).to.deep.equal([]);
  });

  it("finds the container's profile that others do not use: for Juju that of the model", () => {
    const observed = host({
      profiles: [profile('default'), profile('juju-k8s'), profile('juju-k8s-worker-7')],
      containers: [
        container('juju-1-0', ['default', 'juju-k8s', 'juju-k8s-worker-7']),
        container('juju-1-1', ['default', 'juju-k8s']),
        container('db', ['default']),
      ],
    });
    expect(changes(ofJuju, observed)).to.deep.equal([`juju-k8s: ${added}`]);
    expect(changes('{profilesOf: [lxc-*], bpffs: true}', observed)).to.deep.equal([]);
  });

  it('does not give others the settings for one container', () => {
    const observed = host({
      containers: [container('juju-1-0', ['default']), container('db', ['default'])],
    });
    const { steps, issues } = plan(ofJuju, observed);
    expect(steps).to.deep.equal([]);
    expect(issues.map(({ code }) => code)).to.deep.equal(['lxd-profile-shared']);
  });

  it('stays with the profile that it has chosen once', () => {
    const before = host({ containers: [container('juju-1-0', ['default'])] });
    const { daemon: lxd } = after(ofJuju, before);
    if (lxd.state === 'absent') throw new Error('it is there');
    const later = host({
      profiles: [...lxd.profiles, profile('juju-k8s')],
      containers: [container('juju-1-0', ['default', 'juju-k8s']), container('db', ['default'])],
    });
    expect(changes(ofJuju, later)).to.deep.equal([]);
  });

  it('gives nothing more to a profile that other containers use by now, and says so', () => {
    const before = host({ containers: [container('juju-1-0', ['default'])] });
    const { daemon: lxd } = after(ofJuju, before);
    if (lxd.state === 'absent') throw new Error('it is there');
    const containers = [container('juju-1-0', ['default']), container('db', ['default'])];
    const later = host({ profiles: lxd.profiles, containers });
    const more = '{profilesOf: juju-*, bpffs: true, security: {privileged: true}}';
    expect(changes(more, later)).to.deep.equal([]);
    expect(plan(more, later).issues.map(({ code }) => code)).to.deep.equal(['lxd-profile-shared']);
    expect(
      changes('{profiles: [default], bpffs: true, security: {privileged: true}}', later),
    ).to.have.length(1);
    const own = profile('juju-k8s');
    const noted = after('{profiles: [juju-k8s], bpffs: true}', host({ profiles: [own] }));
    const both = host({
      profiles: [...lxd.profiles, ...(noted.daemon.state === 'there' ? noted.daemon.profiles : [])],
      containers: [container('juju-1-0', ['default', 'juju-k8s']), container('db', ['default'])],
    });
    expect(
      changes(more, both).some((line) => line.includes('config.security.privileged')),
    ).to.equal(true);
  });

  it('leaves a copied profile alone, which has the record of another, and says so', () => {
    const { daemon: lxd } = after(named, host());
    if (lxd.state === 'absent') throw new Error('it is there');
    const copies = lxd.profiles.map((one) => ({ ...one, name: 'copy' }));
    const both = host({ profiles: [...lxd.profiles, ...copies] });
    for (const section of [named, undefined]) {
      expect(changes(section, both).join()).to.not.contain('copy');
      expect(plan(section, both).issues.map(({ code }) => code)).to.contain('lxd-note-copied');
    }
  });

  it('leaves profiles of projects alone that this agent never named', () => {
    const { daemon: lxd } = after(named, host());
    if (lxd.state === 'absent') throw new Error('it is there');
    expect(planLxd({ pruneIn: [] }, host({ profiles: lxd.profiles })).steps).to.deep.equal([]);
    expect(planLxd({ pruneIn: ['lab'] }, host({ profiles: lxd.profiles })).steps).to.deep.equal([]);
  });

  it('removes our settings from other profiles after the new ones are set', () => {
    const profiles = [profile('default'), profile('k8s')];
    const containers = [container('c', ['default'], { inside: inside() })];
    const done = after(named, host({ profiles, containers }));
    expect(changes('{profiles: [k8s], bpffs: true}', done)).to.deep.equal([
      `k8s: ${added}`,
      `default: ${added}`,
    ]);
    expect(plan(undefined, done).issues.map(({ code }) => code)).to.deep.equal([
      'lxd-section-absent',
      'lxd-device-unplugged',
    ]);
    expect(plan(undefined, done).issues[0]?.message).to.contain('default/default');
    expect(after(undefined, done)).to.deep.equal(host({ profiles, containers }));
  });

  it('refuses a device that would replace another one, and an edited record', () => {
    const mine = { type: 'disk', source: '/srv', path: '/sys/fs/bpf' };
    const taken = host({ profiles: [profile('default', { devices: { mine } })] });
    expect(plan(named, taken).issues.map(({ code }) => code)).to.deep.equal(['lxd-device-taken']);
    const config = { 'user.calico-agent': 'mine' };
    const edited = host({ profiles: [profile('default', { config })] });
    for (const section of [named, undefined]) {
      expect(plan(section, edited).issues.map(({ code }) => code)).to.deep.equal([
        'lxd-note-unreadable',
      ]);
    }
  });
});

import { expect } from 'chai';
import fc from 'fast-check';
import { mergeProfile, nothingAsked, type Asked } from '../../../core/lxd/merge-profile.ts';
import { noteKey, readNote, type ProfileNote, type ReadNote } from '../../../core/lxd/note.ts';
import type { ObservedProfile, ProfileContent } from '../../../core/lxd/observed-lxd.ts';
import { bpffsDevice } from '../../../core/lxd/settings.ts';

const place = { pointer: '/lxd' };
const bpffs: Asked = { ...nothingAsked, devices: [{ ...bpffsDevice, place }] };
const root = { path: '/', pool: 'default', type: 'disk' };

function asking({ modules = [], config = {} }: Partial<Given>): Asked {
  return {
    devices: [],
    kernelModules: modules.map((value) => ({ value, place })),
    config: Object.entries(config).map(([key, value]) => ({ key, value, place })),
  };
}

interface Given {
  readonly modules: readonly string[];
  readonly config: Readonly<Record<string, string>>;
}

function profile(changes: Partial<ProfileContent> = {}): ProfileContent {
  return { description: 'Default LXD profile', config: {}, devices: { root }, ...changes };
}

function named(content: ProfileContent): ObservedProfile {
  return { project: 'default', name: 'k8s', content };
}

function noteOf(content: ProfileContent): ProfileNote | undefined {
  const read = readNote(named(content));
  if (!read.ok) throw new Error(read.why);
  return read.note;
}

function merged(before: ProfileContent, asked: Asked): ProfileContent {
  return mergeProfile(named(before), asked, noteOf(before)).content;
}

describe('a merged profile', () => {
  it('has our device beside all existing ones, and a record of it', () => {
    const before = profile({ devices: { root, eth0: { type: 'nic', network: 'lxdbr0' } } });
    const { devices, config } = merged(before, bpffs);
    expect(devices).to.deep.equal({
      ...before.devices,
      sysfsbpf: { type: 'disk', source: '/sys/fs/bpf', path: '/sys/fs/bpf' },
    });
    expect(JSON.parse(config[noteKey] ?? '')).to.deep.equal({
      formatVersion: 1,
      project: 'default',
      profile: 'k8s',
      devices: { sysfsbpf: bpffsDevice.properties },
      kernelModules: [],
      config: {},
    });
  });

  it('keeps the kernel modules of a person, in their order and with their spaces', () => {
    const before = profile({ config: { 'linux.kernel_modules': 'ip_vs, overlay' } });
    const after = merged(before, asking({ modules: ['overlay', 'nf_nat'] }));
    expect(after.config['linux.kernel_modules']).to.equal('ip_vs, overlay,nf_nat');
    const edited = profile({
      config: { ...after.config, 'linux.kernel_modules': 'ip_vs, overlay,nf_nat,theirs' },
    });
    expect(merged(edited, asking({ modules: ['overlay', 'nf_nat'] }))).to.deep.equal(edited);
    expect(merged(edited, nothingAsked).config).to.deep.equal({
      'linux.kernel_modules': 'ip_vs, overlay,theirs',
    });
  });

  it('restores a value that it overruled, and keeps one that was already there', () => {
    const before = profile({
      config: { 'security.privileged': 'false', 'security.nesting': 'true' },
    });
    const after = merged(
      before,
      asking({ config: { 'security.privileged': 'true', 'security.nesting': 'true' } }),
    );
    expect(noteOf(after)?.config).to.deep.equal({
      'security.privileged': { set: 'true', before: 'false' },
    });
    expect(after.config['security.privileged']).to.equal('true');
    expect(merged(after, nothingAsked)).to.deep.equal(before);
  });

  it('leaves the same device to the person who made it, whatever its name', () => {
    const before = profile({ devices: { root, mine: bpffsDevice.properties } });
    expect(merged(before, bpffs)).to.deep.equal(before);
  });

  it('leaves a changed device of ours to the person who changed it, when it is no longer desired', () => {
    const right = merged(profile(), {
      ...bpffs,
      config: asking({ config: { 'security.nesting': 'true', 'security.privileged': 'true' } })
        .config,
    });
    const sysfsbpf = { type: 'disk', source: '/mnt/mine', path: '/data' };
    const edited = profile({
      devices: { root, sysfsbpf },
      config: { ...right.config, 'security.nesting': 'false' },
    });
    const { content, left } = mergeProfile(named(edited), nothingAsked, noteOf(edited));
    expect(content).to.deep.equal(
      profile({ devices: { root, sysfsbpf }, config: { 'security.nesting': 'false' } }),
    );
    expect(left).to.deep.equal(['devices.sysfsbpf', 'config.security.nesting']);
  });

  it('does not touch another device of the same path, and says so', () => {
    const mine = { type: 'disk', source: '/srv', path: '/sys/fs/bpf' };
    const { content, conflicts } = mergeProfile(named(profile({ devices: { mine } })), bpffs);
    expect(conflicts.map(({ found }) => found)).to.deep.equal(['mine']);
    expect(content.devices).to.deep.equal({ mine });
  });

  it('restores our values that somebody changed', () => {
    const right = merged(profile(), bpffs);
    const changed = { ...right, devices: { root, sysfsbpf: { ...root, path: '/sys/fs/bpf' } } };
    expect(merged(changed, bpffs)).to.deep.equal(right);
    expect(merged({ ...right, devices: { root } }, bpffs)).to.deep.equal(right);
  });

  const names = fc.constantFrom('a', 'b', 'c', 'd');
  const texts = fc.constantFrom('true', 'false', '1');
  const contents = fc.record({
    description: fc.string(),
    config: fc
      .record(
        {
          'security.nesting': texts,
          'linux.sysctl.net.x': texts,
          'user.theirs': texts,
          'linux.kernel_modules': fc
            .uniqueArray(names, { minLength: 1 })
            .map((list) => list.join(', ')),
        },
        { requiredKeys: [] },
      )
      .map((config): ProfileContent['config'] => ({ ...config })),
    devices: fc.dictionary(names, fc.constant({ type: 'none' })),
  });
  const asks = fc
    .record({
      modules: fc.uniqueArray(names),
      config: fc.dictionary(fc.constantFrom('security.nesting', 'linux.sysctl.net.x'), texts),
      devices: fc.uniqueArray(names),
    })
    .map(({ devices, ...rest }): Asked => ({
      ...asking(rest),
      devices: devices.map((name) => ({
        name,
        properties: { type: 'disk', source: '/srv', path: `/${name}` },
        place,
      })),
    }));

  it('is the same when merged again, and in several steps as in one', () => {
    fc.assert(
      fc.property(contents, asks, asks, (before, first, second) => {
        const once = merged(before, first);
        expect(merged(once, first)).to.deep.equal(once);
        const over = merged(merged(once, second), nothingAsked);
        expect(over).to.deep.equal(before);
      }),
    );
  });

  it('is the original text, to the letter, when nothing is desired any more', () => {
    fc.assert(
      fc.property(contents, asks, (before, asked) => {
        expect(merged(merged(before, asked), nothingAsked)).to.deep.equal(before);
      }),
    );
  });
});

describe('the record of our part of a profile', () => {
  it('is not guessed when somebody edited it, or a newer version wrote it', () => {
    const read = (text: string): ReadNote =>
      readNote(named(profile({ config: { [noteKey]: text } })));
    for (const text of ['', 'x', '{}', '{"formatVersion":1,"devices":[1]}', '[]']) {
      expect(read(text), text).to.include({ ok: false });
    }
    expect(read('{"formatVersion":2}')).to.deep.equal({
      ok: false,
      why: 'a newer version of calico-agent wrote it',
    });
    expect(readNote(named(profile()))).to.deep.equal({ ok: true, note: undefined });
  });
});

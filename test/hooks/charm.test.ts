/**
 * The built charm: the requirements of Juju and of its own check, and that one list makes all of
 * it.
 */
import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { lstat, mkdtemp, readFile, readdir, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parse } from 'yaml';
import { actions } from '../../build/charm/actions.ts';
import { charmFiles, writeFolder, zipEntry } from '../../build/charm/charm-files.ts';
import { writeZip } from '../../build/charm/zip.ts';
import schema from '../../schemas/charm-options.schema.json' with { type: 'json' };
import { buildCharmReader } from '../support/juju/juju-charm.ts';
import { lacks } from '../support/skips/needs.cjs';
import { run } from '../agent/cli/run-command.ts';

interface Option {
  readonly type: string;
  readonly description: string;
  readonly default?: unknown;
}

describe('the charm', () => {
  let folder: string;
  const at = (...names: readonly string[]): string => path.join(folder, 'calico-agent', ...names);
  const yaml = async (name: string): Promise<Readonly<Record<string, unknown>>> =>
    parse(await readFile(at(name), 'utf8'));
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'calico-agent-charm-'));
    await writeFolder(at(), await charmFiles([]));
  });
  after(() => rm(folder, { recursive: true }));

  it("has the calico charm's options, with their types and defaults, and describes each", async () => {
    const { options }: { readonly options: Readonly<Record<string, Option>> } = parse(
      await readFile(at('config.yaml'), 'utf8'),
    );
    for (const [name, known] of Object.entries(schema.properties)) {
      const { 'x-charm-type': type } = known;
      const value = 'default' in known ? { default: known.default } : {};
      const { description: _description, ...found } = options[name] ?? {};
      expect(found, name).to.deep.equal({ type, ...value });
    }
    for (const [name, { description }] of Object.entries(options)) {
      expect(description, name).to.be.a('string').with.length.greaterThan(20);
    }
  });

  it('is a subordinate that never relates by cni', async () => {
    const metadata = await yaml('metadata.yaml');
    expect(metadata).to.include({ name: 'calico-agent', subordinate: true });
    expect(metadata).to.have.nested.property('requires.host.scope', 'container');
    expect(JSON.stringify(metadata)).to.not.contain('cni');
  });

  it('links every hook to one program, and has every action of its list', async () => {
    const hooks = await readdir(at('hooks'));
    for (const name of hooks.filter((one) => one !== 'hook')) {
      expect(await readlink(at('hooks', name)), name).to.equal('hook');
    }
    expect(hooks).to.include.members([
      'install',
      'upgrade-charm',
      'config-changed',
      'start',
      'stop',
      'remove',
      'update-status',
      'leader-elected',
      'leader-settings-changed',
      'etcd-relation-joined',
      'etcd-relation-changed',
      'etcd-relation-departed',
      'etcd-relation-broken',
      'host-relation-joined',
      'controller-relation-changed',
    ]);
    const named = Object.keys(await yaml('actions.yaml'));
    expect(await readdir(at('actions'))).to.have.members(named);
    expect((await lstat(at('hooks/hook'))).mode & 0o111).to.equal(0o111);
  });

  it('has actions for existing commands, with their flags', async () => {
    for (const { command, parameters = [] } of actions) {
      if (command === undefined) continue;
      const { status, stdout } = await run([...command, '--help']);
      expect(status, command.join(' ')).to.equal(0);
      for (const { name, flag = '' } of parameters) {
        expect(stdout, command.join(' ')).to.contain(flag === 'operands' ? name : flag);
      }
      expect(stdout, command.join(' ')).to.contain('--output');
    }
  });

  it('is the same to the byte in every build, in any order of its files', async () => {
    const files = (await charmFiles([])).map(zipEntry);
    const [one, other] = [path.join(folder, 'one.charm'), path.join(folder, 'other.charm')];
    await writeZip(one, files);
    await writeZip(other, files.toReversed());
    expect((await readFile(one)).equals(await readFile(other))).to.equal(true);
  });

  it('has shell programs without a fault', async function () {
    if (spawnSync('shellcheck', ['--version']).error !== undefined) {
      lacks('the program shellcheck', 'shellcheck');
      this.skip();
    }
    const standIns = await readdir('test/support/juju-tools');
    const made = actions.filter(({ command }) => command !== undefined);
    const { stdout } = spawnSync('shellcheck', [
      '--external-sources',
      'hooks/hook',
      ...standIns.map((name) => `test/support/juju-tools/${name}`),
      ...made.map(({ name }) => at('actions', name)),
    ]);
    expect(stdout.toString()).to.equal('');
  });

  it('means the same to readers of YAML 1.1, as Juju is one, and of YAML 1.2', async () => {
    const names = (await readdir(at())).filter((name) => name.endsWith('.yaml'));
    expect(names).to.include.members(['actions.yaml', 'config.yaml', 'metadata.yaml']);
    for (const name of [...names.map((one) => at(one)), 'charm/charmcraft.yaml']) {
      const text = await readFile(name, 'utf8');
      // A Map, because the keys of an object are always texts.
      const [old, now] = (['1.1', '1.2'] as const).map((version): unknown =>
        parse(text, { version, mapAsMap: true, merge: true }),
      );
      expect(old, name).to.deep.equal(now);
    }
  });

  it("is read by Juju's own parser, with every option, relation and action", async function () {
    this.timeout(180_000);
    const readCharm = await buildCharmReader(folder);
    if (readCharm === undefined) {
      lacks("Go 1.19 or newer with Juju's module for charms", 'golang-go', 'juju-charm');
      this.skip();
    }
    const archive = path.join(folder, 'read.charm');
    await writeZip(archive, (await charmFiles([])).map(zipEntry));
    const seen = await readCharm(archive);
    const { options } = await yaml('config.yaml');
    expect(seen).to.deep.include({ name: 'calico-agent', subordinate: true, bindings: ['bgp'] });
    expect(seen.requires).to.deep.equal({
      host: 'juju-info',
      etcd: 'etcd',
      controller: 'calico-controller',
    });
    expect(seen.bases).to.have.lengthOf(3);
    expect(seen.options).to.have.all.keys(Object.keys(Object(options)));
    expect(seen.options['cidr']).to.deep.equal({ type: 'string', default: '192.168.0.0/16' });
    expect(Object.keys(seen.actions)).to.have.members(actions.map(({ name }) => name));
    for (const { name, command, description, parameters = [] } of actions) {
      const format = command === undefined ? {} : { format: 'text' };
      const types = Object.fromEntries(parameters.map((one) => [one.name, one.type]));
      expect(seen.actions[name], name).to.deep.equal({
        description,
        defaults: format,
        types: { ...(command === undefined ? {} : { format: 'string' }), ...types },
      });
    }
  });

  it("passes the charm tools' own check", function () {
    if (spawnSync('charm-proof', ['--help']).error !== undefined) {
      lacks('the program charm-proof (pip install charm-tools)', undefined, 'charm-proof');
      this.skip();
    }
    const { stdout } = spawnSync('charm-proof', [at()]);
    const lines = stdout.toString().split('\n').filter(Boolean);
    // These have no default in the calico charm either.
    const unset = /^W: config\.yaml: option (veth-mtu|image-registry|release) does not have/;
    expect(lines.filter((line) => !unset.test(line))).to.deep.equal([]);
  });
});

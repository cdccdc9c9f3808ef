import { expect } from 'chai';
import { offeredConfig, readOwnOptions } from '../../../core/juju/own-options.ts';
import {
  requestedSettings,
  type KnownSettings,
  type Related,
} from '../../../core/juju/requested-settings.ts';
import type { AgentConfig } from '../../../schemas/generated/agent-config.ts';

const nobody: Related = { etcd: { state: 'absent' }, controller: { state: 'absent' } };
const { options } = readOwnOptions({});
const at = (folder: string, config?: AgentConfig): KnownSettings => ({ folder, config });
const tls = { ca: 'CA\n', cert: 'CERT\n', key: 'KEY\n' };
const etcd: Related['etcd'] = {
  state: 'complete',
  access: { endpoints: ['https://10.0.0.5:2379'], tls },
};

describe("the charm's own options", () => {
  it('have defaults that touch nothing of the calico charm', () => {
    expect(options).to.deep.equal({
      datastore: 'etcd',
      networkConfig: '',
      unitApplication: 'calico',
      driftPolicy: 'correct',
      poolsHandedOver: false,
      withoutCalicoCharm: false,
    });
  });
  it('are refused all at once where they say what nobody knows', () => {
    const wrong = { datastore: 'consul', 'drift-policy': 1, 'unit-application': 'Calico!' };
    expect(readOwnOptions({ 'unit-application': 'a'.repeat(129) }).issues).to.have.length(1);
    const { issues } = readOwnOptions(wrong);
    expect(issues.map(({ pointer }) => pointer)).to.have.members([
      '/datastore',
      '/drift-policy',
      '/unit-application',
    ]);
  });
  it("do not go into what is offered; the calico charm's keep their types", () => {
    const printed = { cidr: '10.1.0.0/16', 'global-as-number': 4200000000, datastore: 'etcd' };
    expect(offeredConfig(printed, options)).to.deep.equal({
      mediaType: 'application/json',
      text: '{"cidr":"10.1.0.0/16","global-as-number":4200000000}',
    });
  });
  it('offer a native document as it is, instead of the options', () => {
    const text = 'apiVersion: calico-agent/v1\nkind: NetworkConfig\n';
    expect(offeredConfig({ cidr: 'x' }, { ...options, networkConfig: text })).to.deep.equal({
      mediaType: 'application/yaml',
      text,
    });
  });
});

describe('how the agent is to run, as Juju says', () => {
  it("finds etcd by calicoctl's own settings where no relation tells it", () => {
    const { config, files } = requestedSettings(options, nobody, at('/state/juju'));
    expect(config).to.deep.include({ datastore: { driver: 'etcd' }, unitApplication: 'calico' });
    expect(files).to.deep.equal([]);
  });
  it('puts credentials in files whose names change with what they hold, and nowhere else', () => {
    const { config, files } = requestedSettings(options, { ...nobody, etcd }, at('/state/juju'));
    expect(files.map(({ text }) => text)).to.deep.equal(['CA\n', 'CERT\n', 'KEY\n']);
    expect(JSON.stringify(config)).to.not.match(/CA\\n|CERT\\n|KEY\\n/);
    expect(config.datastore).to.include({ caFile: `/state/juju/${files[0]?.name ?? ''}` });
    const renewed: Related['etcd'] = {
      state: 'complete',
      access: { endpoints: ['https://10.0.0.5:2379'], tls: { ...tls, key: 'OTHER\n' } },
    };
    const other = requestedSettings(options, { ...nobody, etcd: renewed }, at('/state/juju'));
    expect(other.config).to.not.deep.equal(config);
  });
  it('keeps what a relation said before, while it says nothing', () => {
    const controller: Related['controller'] = {
      state: 'complete',
      access: { url: 'wss://10.0.0.9:8443', token: 'secret' },
    };
    const { config } = requestedSettings(options, { etcd, controller }, at('/f'));
    const silent: Related = { etcd: { state: 'unknown' }, controller: { state: 'unknown' } };
    const kept = requestedSettings(options, silent, at('/f', config));
    expect(kept).to.deep.equal({ config, files: [] });
    const over = requestedSettings(options, nobody, at('/f', config));
    expect(over.config).to.deep.include({ datastore: { driver: 'etcd' } });
    expect(over.config).to.not.have.any.keys('controller', 'source');
  });
  it('passes etcd over where the datastore is another one', () => {
    const said = { ...options, datastore: 'kubernetes' as const };
    const { config, files } = requestedSettings(said, { ...nobody, etcd }, at('/state/juju'));
    expect(config.datastore).to.deep.equal({ driver: 'kubernetes' });
    expect(files).to.deep.equal([]);
  });
  it('dials the controller with the token in a file', () => {
    const controller: Related['controller'] = {
      state: 'complete',
      access: { url: 'wss://10.0.0.9:8443', token: 'secret', cluster: 'prod' },
    };
    const { config, files } = requestedSettings(options, { ...nobody, controller }, at('/f'));
    expect(config.controller).to.include({ url: 'wss://10.0.0.9:8443', cluster: 'prod' });
    expect(config.source).to.equal('controller');
    expect(files.map(({ text }) => text)).to.deep.equal(['secret\n']);
  });
});

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
  it('have defaults that leave the calico charm alone', () => {
    expect(options).to.deep.equal({
      datastore: 'etcd',
      networkConfig: '',
      unitApplication: 'calico',
      driftPolicy: 'correct',
      poolsHandedOver: false,
      withoutCalicoCharm: false,
    });
  });
  it('are refused all at once when they have unknown values', () => {
    const wrong = { datastore: 'consul', 'drift-policy': 1, 'unit-application': 'Calico!' };
    expect(readOwnOptions({ 'unit-application': 'a'.repeat(129) }).issues).to.have.length(1);
    const { issues } = readOwnOptions(wrong);
    expect(issues.map(({ pointer }) => pointer)).to.have.members([
      '/datastore',
      '/drift-policy',
      '/unit-application',
    ]);
  });
  it('are not part of the offer; the options of the calico charm keep their types', () => {
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

describe("the agent's settings from Juju", () => {
  it("use calicoctl's own settings for etcd without a relation", () => {
    const { config, files } = requestedSettings(options, nobody, at('/state/juju'));
    expect(config).to.deep.include({ datastore: { driver: 'etcd' }, unitApplication: 'calico' });
    expect(files).to.deep.equal([]);
  });
  it('put credentials into files whose names change with their content, and nowhere else', () => {
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
  it('keep the values of a relation while it gives none', () => {
    const controller: Related['controller'] = {
      state: 'complete',
      access: { url: 'wss://10.0.0.9:8443', token: 'secret' },
    };
    const { config } = requestedSettings(options, { etcd, controller }, at('/f'));
    const silent: Related = { etcd: { state: 'unknown' }, controller: { state: 'unknown' } };
    const kept = requestedSettings(options, silent, at('/f', config));
    expect(kept).to.deep.equal({ config, files: [] });
    const wrong: Related = { ...silent, controller: { state: 'unusable', why: 'it is none' } };
    expect(requestedSettings(options, wrong, at('/f', config))).to.deep.equal(kept);
    const over = requestedSettings(options, nobody, at('/f', config));
    expect(over.config).to.deep.include({ datastore: { driver: 'etcd' } });
    expect(over.config).to.not.have.any.keys('controller', 'source');
  });
  it('ignore etcd when the datastore is another one', () => {
    const said = { ...options, datastore: 'kubernetes' as const };
    const { config, files } = requestedSettings(said, { ...nobody, etcd }, at('/state/juju'));
    expect(config.datastore).to.deep.equal({ driver: 'kubernetes' });
    expect(files).to.deep.equal([]);
  });
  it('name the controller, with the token in a file', () => {
    const controller: Related['controller'] = {
      state: 'complete',
      access: { url: 'wss://10.0.0.9:8443', token: 'secret', cluster: 'prod' },
    };
    const { config, files } = requestedSettings(options, { ...nobody, controller }, at('/f'));
    expect(config.controller).to.include({ url: 'wss://10.0.0.9:8443', cluster: 'prod' });
    expect(config.source).to.equal('controller');
    expect(files.map(({ text }) => text)).to.deep.equal(['secret\n']);
  });
  it('name all addresses of the controllers', () => {
    const url = ['wss://10.0.0.8:8443', 'wss://10.0.0.9:8443'];
    const controller: Related['controller'] = { state: 'complete', access: { url, token: 't' } };
    const { config } = requestedSettings(options, { ...nobody, controller }, at('/f'));
    expect(config.controller?.url).to.deep.equal(url);
  });
});

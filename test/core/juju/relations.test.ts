import { expect } from 'chai';
import { readControllerRelation } from '../../../core/juju/controller-access.ts';
import { readEtcdRelation } from '../../../core/juju/etcd-access.ts';
import { relationsOf } from '../../../core/juju/relation-data.ts';
import type { HookRequest } from '../../../schemas/generated/hook-request.ts';

const pem = (what: string): string => `-----BEGIN ${what}-----\nMIIB\n-----END ${what}-----`;
const whole = {
  connection_string: 'https://10.0.0.6:2379,https://10.0.0.5:2379',
  client_ca: pem('CERTIFICATE'),
  client_cert: pem('CERTIFICATE'),
  client_key: `${pem('RSA PRIVATE KEY')}\n`,
};
type Data = Readonly<Record<string, string>>;

function request(units: Readonly<Record<string, Data | null>>, more = {}): HookRequest {
  const relations = Object.entries(units).map(([unit, data]) => ({
    name: 'etcd' as const,
    id: 'etcd:3',
    unit,
    data: data === null ? null : { ...data },
  }));
  return { hook: 'config-changed', unit: 'calico-agent/0', relations, ...more };
}

const etcd = (...args: Parameters<typeof request>): ReturnType<typeof readEtcdRelation> =>
  readEtcdRelation(relationsOf(request(...args), 'etcd'));

describe('the relation with etcd', () => {
  it('gives the addresses, sorted, and the certificates', () => {
    expect(etcd({ 'etcd/0': whole })).to.deep.equal({
      state: 'complete',
      access: {
        endpoints: ['https://10.0.0.5:2379', 'https://10.0.0.6:2379'],
        tls: {
          ca: `${pem('CERTIFICATE')}\n`,
          cert: `${pem('CERTIFICATE')}\n`,
          key: `${pem('RSA PRIVATE KEY')}\n`,
        },
      },
    });
  });
  it('needs one complete unit, the first by number', () => {
    const other = { ...whole, connection_string: 'https://10.0.0.9:2379' };
    expect(etcd({ 'etcd/10': other, 'etcd/2': whole, 'etcd/0': {} })).to.have.nested.property(
      'access.endpoints[0]',
      'https://10.0.0.5:2379',
    );
  });
  it('needs no certificates when etcd speaks plain http', () => {
    const plain = { connection_string: 'http://10.0.0.5:2379' };
    expect(etcd({ 'etcd/0': plain })).to.deep.equal({
      state: 'complete',
      access: { endpoints: ['http://10.0.0.5:2379'] },
    });
  });
  it('is over in its broken hook, which still lists it', () => {
    const broken = { hook: 'etcd-relation-broken', relation: 'etcd:3' };
    expect(etcd({ 'etcd/0': whole }, broken)).to.deep.equal({ state: 'absent' });
    expect(etcd({ 'etcd/0': whole }, { ...broken, relation: 'etcd:4' })).to.include({
      state: 'complete',
    });
  });
  it('is absent only when Juju lists none', () => {
    expect(etcd({})).to.deep.equal({ state: 'absent' });
  });
  it('gives nothing when a tool failed, or while it has no remote unit', () => {
    expect(etcd({}, { relations: null })).to.deep.equal({ state: 'unknown' });
    const empty = [{ name: 'etcd', id: 'etcd:3', unit: null, data: null }];
    expect(etcd({}, { relations: empty })).to.deep.equal({ state: 'unknown' });
    const broken = { hook: 'etcd-relation-broken', relation: 'etcd:3', relations: empty };
    expect(etcd({}, broken)).to.deep.equal({ state: 'absent' });
  });

  const { client_key: _key, ...withoutKey } = whole;
  const incomplete: readonly [string, Data | null, string][] = [
    ['nothing was sent', null, 'addresses yet'],
    ['no address was sent', { client_ca: 'x' }, 'addresses yet'],
    ['an address is none', { ...whole, connection_string: 'etcd0' }, 'no URLs'],
    ['the key is missing', withoutKey, 'certificates yet'],
    ['a certificate is none', { ...whole, client_ca: 'x' }, 'no PEM'],
  ];
  for (const [what, data, why] of incomplete) {
    it(`is awaited when ${what}`, () => {
      const read = etcd({ 'etcd/0': data });
      expect(read).to.include({ state: 'incomplete' });
      expect(read).to.have.property('why').that.contains(why);
    });
  }
});

describe('the relation with a controller', () => {
  const read = (data: Data): ReturnType<typeof readControllerRelation> =>
    readControllerRelation([{ id: 'controller:1', published: [undefined, data] }]);

  it('gives the address and the token', () => {
    const data = { url: 'wss://10.0.0.9:8443', token: ' abcdef0123456789 ', cluster: 'prod' };
    expect(read(data)).to.deep.equal({
      state: 'complete',
      access: { url: 'wss://10.0.0.9:8443', token: 'abcdef0123456789', cluster: 'prod' },
    });
  });
  it('gives the addresses of all units that have the token of the first one', () => {
    const unit = (host: string, token = 't'): Data => ({ url: `wss://${host}:7843`, token });
    const urlOf = (...published: Data[]): unknown => {
      const found = readControllerRelation([{ id: 'controller:1', published }]);
      return found.state === 'complete' ? found.access.url : found;
    };
    expect(urlOf(unit('10.0.0.1'), unit('[fd00::2]'), unit('10.0.0.1'))).to.deep.equal([
      'wss://10.0.0.1:7843',
      'wss://[fd00::2]:7843',
    ]);
    expect(urlOf(unit('10.0.0.1'), unit('10.0.0.2', 'another'))).to.equal('wss://10.0.0.1:7843');
    const many = Array.from({ length: 17 }, (_, index) => unit(`10.0.1.${String(index)}`));
    expect(urlOf(...many)).to.have.length(16);
  });
  it('gives nothing when a tool failed, with the reason when it has no remote unit', () => {
    expect(readControllerRelation(undefined)).to.deep.equal({ state: 'unknown' });
    expect(readControllerRelation([{ id: 'controller:1', published: [] }])).to.deep.equal({
      state: 'unknown',
      why: 'the controller has no unit yet',
    });
    expect(readControllerRelation([])).to.deep.equal({ state: 'absent' });
  });
  it('is awaited without address, and without token', () => {
    for (const data of [{ token: 't' }, { url: 'wss://10.0.0.9:8443' }]) {
      expect(read(data)).to.include({ state: 'incomplete' });
    }
  });

  const good = { url: 'wss://10.0.0.1:7843', token: 't' };
  const unusable: readonly [Data, string][] = [
    [{ url: 'ws://10.0.0.2:7843', token: 't' }, 'ws://10.0.0.2:7843 is without TLS (wss://)'],
    [{ url: 'wss://ctl:78430', token: 't' }, 'wss://ctl:78430 is no address wss://HOST:PORT'],
    [{ url: 'http://x', token: 't' }, 'http://x is no address wss://HOST:PORT'],
    [{ url: 'WSS://x', token: 't' }, 'x is no address wss://HOST:PORT'],
    [{ url: 'wss://me:s3cret@h:1', token: 't' }, 'wss://h:1 has a name or password in it'],
    [{ url: 'wss://me:s3cret@h:78430', token: 't' }, 'wss://h:78430 is no address wss://HOST:PORT'],
    [{ ...good, cluster: 'a b' }, 'the cluster "a b" of 10.0.0.1:7843 has no valid name'],
  ];
  it('leaves unusable addresses out and names them', () => {
    for (const [data, text] of unusable) {
      const leftOut = `cannot use what the controller sent: ${text}`;
      expect(
        readControllerRelation([{ id: 'controller:1', published: [data, good] }]),
      ).to.deep.equal({ state: 'complete', access: good, leftOut });
      expect(read(data)).to.deep.equal({ state: 'unusable', why: leftOut });
    }
  });
  it('takes two texts of one address as one controller', () => {
    const published = ['wss://h:7843', 'wss://h:7843/', 'wss://H:7843/v1/agents'].map((url) => ({
      url,
      token: 't',
    }));
    expect(readControllerRelation([{ id: 'controller:1', published }])).to.deep.equal({
      state: 'complete',
      access: { url: 'wss://h:7843', token: 't' },
    });
  });
});

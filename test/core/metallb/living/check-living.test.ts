import { expect } from 'chai';
import type { PlainMap } from '../../../../core/input/plain-data.ts';
import { checkLivingMetalLb } from '../../../../core/metallb/living/check-living.ts';
import { fieldsLost, schemasOf } from '../../../../core/metallb/living/fields-lost.ts';
import {
  releaseOfImage,
  type LivingController,
  type LivingMetalLb,
} from '../../../../core/metallb/living/living-metallb.ts';
import { waitingServices } from '../../../../core/metallb/living/waiting-services.ts';
import { readService } from '../../../../core/metallb/explain/services.ts';
import { modelOf } from '../../config/reading-configs.ts';

const head = 'apiVersion: calico-agent/v1\nkind: NetworkConfig\n';
const unread = { isRead: false, why: 'cannot list' } as const;
const controllers = (...list: LivingController[]): LivingMetalLb['controllers'] => ({
  isRead: true,
  value: list,
});
const usual: LivingController = {
  namespace: 'metallb-system',
  name: 'controller',
  release: '0.15.3',
};

function schemas(specs: Readonly<Record<string, readonly string[]>>): LivingMetalLb['schemas'] {
  const value = Object.entries(specs).map(([kind, fields]): [string, PlainMap] => [
    `metallb.io/v1beta1 ${kind}`,
    { properties: { spec: { properties: Object.fromEntries(fields.map((one) => [one, {}])) } } },
  ]);
  return { isRead: true, value: new Map(value) };
}

function found(
  section: string,
  living: Partial<Pick<LivingMetalLb, 'controllers' | 'schemas'>>,
): readonly string[] {
  const { metallb } = modelOf(`${head}metallb: ${section}\n`);
  if (metallb === undefined) throw new Error('no section');
  return checkLivingMetalLb(metallb, {
    controllers: controllers(usual),
    schemas: schemas({ IPAddressPool: ['addresses'], L2Advertisement: ['ipAddressPools'] }),
    ...living,
  }).map(({ severity, code, message, hint }) => `${severity} ${code}: ${message}; ${hint ?? ''}`);
}

describe('a metallb section beside the installed MetalLB', () => {
  const layer2 = '{layer2: [10.0.0.0/28]}';

  it('has no fault where all fits', () => {
    expect(found(layer2, {})).to.deep.equal([]);
  });

  it('is refused where its objects would go to another namespace', () => {
    const other = controllers({ ...usual, namespace: 'lb' });
    expect(found(layer2, { controllers: other })).to.deep.equal([
      'error metallb-live-namespace: MetalLB runs in namespace lb, and the objects of this section go to "metallb-system": MetalLB reads those of its own namespace only; write namespace: lb into the metallb section',
    ]);
    expect(found('{namespace: lb, layer2: [10.0.0.0/28]}', { controllers: other })).to.deep.equal(
      [],
    );
  });

  it('is told of another release, and that MetalLB is not there', () => {
    const section = '{release: 0.16.2, layer2: [10.0.0.0/28]}';
    expect(found(section, {}).join()).to.match(
      /^warning metallb-live-release: .*0\.16\.2, and 0\.15\.3 is/,
    );
    expect(found(section, { controllers: controllers() }).join()).to.contain('metallb-live-absent');
  });

  it('is refused with a field or a kind that the definitions cannot store', () => {
    const section =
      '{pools: [{name: a, addresses: [10.0.0.0/28], avoidBuggyIPs: true}], layer2: [{name: b}]}';
    const older = schemas({ IPAddressPool: ['addresses'] });
    expect(found(section, { schemas: older }).map((one) => one.split(':')[1])).to.deep.equal([
      ' the installed MetalLB cannot store spec.avoidBuggyIPs of IPAddressPool "a"',
      ' the installed MetalLB has no L2Advertisement in metallb.io/v1beta1, which "b" is; upgrade MetalLB, or take it away',
    ]);
    const newer = schemas({ IPAddressPool: ['addresses', 'avoidBuggyIPs'], L2Advertisement: [] });
    expect(found(section, { schemas: newer })).to.deep.equal([]);
  });

  it('concludes nothing from what it cannot read', () => {
    expect(
      found(layer2, { controllers: unread, schemas: unread }).map((one) => one.split(':')[0]),
    ).to.deep.equal(['warning metallb-live-unknown', 'warning metallb-live-unknown']);
  });

  it('does not take a server without schemas for one that stores everything', () => {
    const none = { isRead: true, value: new Map() } as const;
    expect(found(layer2, { schemas: none }).join()).to.match(
      /^warning metallb-live-unknown: it is not known what its CustomResourceDefinitions can store/,
    );
    expect(found(layer2, { schemas: none, controllers: controllers() }).join()).to.not.contain(
      'metallb-live-unknown',
    );
  });

  it('reads the release of an image, and none of another tag', () => {
    expect(releaseOfImage('quay.io/metallb/controller:v0.15.3')).to.equal('0.15.3');
    expect(releaseOfImage('localhost:5000/controller:0.16.2@sha256:aa')).to.equal('0.16.2');
    expect(releaseOfImage('quay.io/metallb/controller:main')).to.equal(undefined);
    expect(releaseOfImage('quay.io/metallb/controller')).to.equal(undefined);
  });

  it('finds lost fields in lists and maps, and takes the kinds of an OpenAPI document', () => {
    const schema = {
      properties: {
        spec: {
          properties: {
            list: { items: { properties: { a: {} } } },
            map: { additionalProperties: {} },
            free: { 'x-kubernetes-preserve-unknown-fields': true },
          },
        },
      },
      'x-kubernetes-group-version-kind': [{ group: 'g', version: 'v1', kind: 'K' }],
    };
    const spec = { list: [{ a: 1, b: 2 }, { b: 3 }], map: { x: 'y' }, free: { z: 1 }, c: {} };
    const kinds = schemasOf({ components: { schemas: { one: schema, other: {} } } });
    expect([...kinds.keys()]).to.deep.equal(['g/v1 K']);
    expect(fieldsLost(schema, { metadata: { any: 1 }, spec })).to.deep.equal([
      'spec.list[].b',
      'spec.c',
    ]);
  });
});

describe('Services that wait', () => {
  const service = (name: string, address?: string): object => ({
    metadata: { namespace: 'default', name },
    spec: { type: 'LoadBalancer', clusterIPs: ['10.43.0.1'] },
    ...(address !== undefined && { status: { loadBalancer: { ingress: [{ ip: address }] } } }),
  });
  const { metallb, bgp, groups } = modelOf(`${head}metallb: {layer2: [10.0.0.4/31]}\n`);
  const waiting = (living: Partial<LivingMetalLb>): ReturnType<typeof waitingServices> => {
    if (metallb === undefined) throw new Error('no section');
    const services = [service('a', '10.0.0.4'), service('b'), service('c')].map(readService);
    return waitingServices(
      {
        services: { isRead: true, value: services },
        namespaces: unread,
        controllers: controllers(usual),
        schemas: unread,
        ...living,
      },
      { metallb, bgp, groups },
    );
  };

  it('are listed with why they wait, and what they get', () => {
    expect(waiting({})).to.deep.equal([
      {
        service: 'default/b',
        now: 'MetalLB has given it none',
        gets: ['10.0.0.5'],
        why: [],
      },
      {
        service: 'default/c',
        now: 'MetalLB has given it none',
        gets: [],
        why: ['pool "layer2" has no free address of IPv4 for it'],
      },
    ]);
    expect(waiting({ controllers: controllers() })?.[0]?.now).to.contain('is not installed');
    expect(waiting({ controllers: unread })?.[0]?.now).to.equal('not known: cannot list');
    expect(waiting({ services: unread })).to.equal(undefined);
  });
});

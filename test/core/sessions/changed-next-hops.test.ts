import { expect } from 'chai';
import type { Peer } from '../../../core/config/model.ts';
import type { KernelRoute } from '../../../core/sessions/parse-kernel-routes.ts';
import {
  changedNextHops,
  newNextHops,
  nextHopsOf,
  type ChangedNextHops,
  type Routing,
} from '../../../core/sessions/paths/changed-next-hops.ts';
import { oddRoutesText } from '../../../core/sessions/paths/odd-routes.ts';

function route(destination: string, ...gateways: readonly string[]): KernelRoute {
  const family = destination.includes(':') ? 6 : 4;
  const nextHops = gateways.map((gateway) => ({ gateway, device: 'eth0' }));
  return { family, destination, kind: 'unicast', nextHops };
}

const before = [
  route('192.168.3.0/26', '10.0.0.3'),
  route('192.168.4.0/26', '10.0.0.4'),
  route('fd99:3::/122', 'fd00::3'),
];

function changed(
  routes: readonly KernelRoute[],
  mayLead: readonly string[] = [],
): ChangedNextHops | undefined {
  const kept = nextHopsOf(before);
  if (kept === undefined) throw new Error('they are too many');
  const all = new Set(['10.0.0.1', '10.0.0.3', '10.0.0.4', '10.0.0.5', 'fd00::3', 'fd00::4']);
  return changedNextHops(kept, routes, { mayLead: new Set(mayLead), all });
}

describe('next hops after a change of AS numbers', () => {
  it('are as expected where they are those of before, or some of them', () => {
    expect(changed(before)).to.equal(undefined);
    expect(changed([route('192.168.3.0/26')])).to.equal(undefined);
  });

  it('are odd by another neighbour, also beside the one of before', () => {
    const odd = changed([
      route('192.168.4.0/26', '10.0.0.5'),
      route('192.168.3.0/26', '10.0.0.3', '10.0.0.4'),
      route('fd99:3::/122', 'fd00::4'),
    ]);
    expect(odd).to.deep.equal({
      routes: 3,
      destination: '192.168.3.0/26',
      nextHop: '10.0.0.4',
      before: '10.0.0.3',
    });
    expect(odd && oddRoutesText(odd)).to.equal(
      '192.168.3.0/26 goes by 10.0.0.4, and went by 10.0.0.3 before the AS numbers changed; so do 2 more by other neighbours',
    );
  });

  it('are not judged for a new destination, by a gateway, or by a neighbour that may lead there', () => {
    const routes = [
      route('192.168.9.0/26', '10.0.0.5'),
      route('192.168.3.0/26', '10.0.0.254'),
      route('192.168.4.0/26', '10.0.0.1'),
    ];
    expect(changed(routes, ['10.0.0.1'])).to.equal(undefined);
    expect(changed(routes)?.nextHop).to.equal('10.0.0.1');
  });

  it('are not kept for more than 5,000 routes', () => {
    const many = Array.from({ length: 5001 }, () => route('192.168.3.0/26', '10.0.0.3'));
    expect(nextHopsOf(many)).to.equal(undefined);
  });
});

describe('the neighbours by which routes may go after a change', () => {
  const peer = (address: string, asNumber: number): Routing['peers'][number] => ({
    address,
    family: 4 satisfies Peer['family'],
    asNumber,
    reasons: [],
  });

  it('are those with another AS number, and new ones', () => {
    const from: Routing = { asNumber: 64512, peers: [peer('10.0.0.2', 64513)] };
    const to: Routing = {
      asNumber: 64513,
      peers: [peer('10.0.0.1', 65001), peer('10.0.0.2', 64513), peer('10.0.0.3', 64513)],
    };
    expect([...(newNextHops(from, to) ?? [])]).to.deep.equal(['10.0.0.1', '10.0.0.3']);
  });

  it('are unknown where the mesh came on', () => {
    const from: Routing = { peers: [], mesh: false };
    expect(newNextHops(from, { peers: [], mesh: true })).to.equal(undefined);
    expect(newNextHops({ ...from, mesh: true }, { peers: [], mesh: true })).to.have.property(
      'size',
      0,
    );
  });
});

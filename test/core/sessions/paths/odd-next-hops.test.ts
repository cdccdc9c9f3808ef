import { expect } from 'chai';
import {
  judgeNextHops,
  knownNeighbours,
  oddNextHopsText,
} from '../../../../core/sessions/paths/odd-next-hops.ts';
import { diagnoseBgpRoutes } from '../../../../agent/adapters/host-diagnosis/bgp-routes.ts';
import { peer, ours, observedOf } from '../../plan/sample.ts';

const neighbours = knownNeighbours({
  resources: observedOf(ours(peer('tor', { peerIP: '10.0.9.1:1179' }))).resources,
  nodes: [
    {
      name: 'node-1',
      settings: { groupLabels: [] },
      labels: {},
      addresses: [{ family: 4, address: '10.0.0.3', prefixLength: 24 }],
    },
  ],
  blocks: ['192.168.1.0/26', '192.168.2.0/26', '192.168.3.0/26'].map((cidr) => ({
    cidr,
    addresses: 1,
  })),
});
const good = [
  { destination: '192.168.1.0/26', asPath: [], nextHop: '10.0.0.3' },
  { destination: '192.168.2.0/26', asPath: [64513], nextHop: '10.0.9.1' },
  { destination: '0.0.0.0/0', asPath: [65550], nextHop: '203.0.113.1' },
];
const lost = { destination: '192.168.3.0/26', asPath: [], nextHop: '10.0.0.99' };

describe('the next hops of routes to pod blocks', () => {
  it('are nodes and peers; other destinations may lead anywhere', () => {
    expect(judgeNextHops(good, neighbours)).to.deep.equal({ routes: 2, odd: [] });
    const found = judgeNextHops([...good, lost], neighbours);
    expect([found.routes, oddNextHopsText(found)]).to.deep.equal([
      3,
      '192.168.3.0/26 by 10.0.0.99',
    ]);
  });

  it('are reported by doctor, with those that lead nowhere', async () => {
    const bgpRoutes = (...value: typeof good) => ({
      bgpRoutes: () => Promise.resolve([{ ok: true as const, value }]),
    });
    const [fine] = await diagnoseBgpRoutes(bgpRoutes(...good), { neighbours });
    expect(fine).to.deep.include({ check: 'BGP routes', result: 'ok' });
    const [odd] = await diagnoseBgpRoutes(bgpRoutes(...good, lost), { neighbours });
    expect(odd).to.include({ result: 'warning' });
    expect(odd?.message).to.equal(
      '1 of 3 routes to pod blocks lead to unknown addresses: 192.168.3.0/26 by 10.0.0.99',
    );
    expect(await diagnoseBgpRoutes(bgpRoutes(lost), {})).to.deep.equal([]);
  });
});

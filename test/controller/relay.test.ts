import { expect } from 'chai';
import { ownNotice } from '../../controller/relay.ts';

describe('what a leader tells the other controllers', () => {
  for (const [listen, advertise, agents] of [
    ['10.0.0.11:7843', undefined, '10.0.0.11:7843'],
    ['[2001:db8::1]:7843', undefined, '[2001:db8::1]:7843'],
    ['0.0.0.0:7843', undefined, undefined],
    ['[::]:7843', undefined, undefined],
    ['[0:0:0:0:0:0:0:0]:7843', undefined, undefined],
    ['127.0.0.1:0', undefined, undefined],
    ['0.0.0.0:7843', 'one.example.net:7843', 'one.example.net:7843'],
  ] as const) {
    it(`names ${agents ?? 'no address'} where it listens on ${listen}`, () => {
      const notice = ownNotice({ listen, ...(advertise !== undefined && { advertise }) });
      expect(notice.agents).to.equal(agents);
      expect(notice.relayKey?.length).to.equal(agents === undefined ? undefined : 44);
    });
  }
});

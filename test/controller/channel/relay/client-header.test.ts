import { expect } from 'chai';
import {
  clientHeader,
  mostHeaderBytes,
  readClientHeader,
  type PassedConnection,
} from '../../../../controller/channel/relay/client-header.ts';

const key = Buffer.alloc(32, 7);
const sixth = {
  client: { address: '2001:db8::a', port: 40_000 },
  local: { address: '2001:db8::1', port: 7843 },
};
const mapped = {
  client: { address: '::ffff:10.0.0.5', port: 40_000 },
  local: { address: '::ffff:10.0.0.1', port: 7843 },
};

function headerOf(connection: PassedConnection): Buffer {
  return clientHeader(connection, key) ?? Buffer.alloc(0);
}

describe('the header of a connection that is passed on', () => {
  for (const [family, connection, address] of [
    ['IPv4', mapped, '10.0.0.5'],
    ['IPv6', sixth, '2001:db8::a'],
    [
      'IPv6 of one link',
      {
        client: { address: 'fe80::5%eth0', port: 40_000 },
        local: { address: 'fe80::1%eth0', port: 1 },
      },
      'fe80::5',
    ],
  ] as const) {
    it(`names the client, ${family}`, () => {
      const header = headerOf(connection);
      const read = readClientHeader(Buffer.concat([header, Buffer.from('GET')]), key);
      const client = { address, port: 40_000 };
      expect(read).to.deep.equal({ kind: 'whole', client, bytes: header.length });
      expect(header.length).to.be.at.most(mostHeaderBytes);
    });
  }

  it('is as the PROXY protocol has it', () => {
    const addresses = '0a000005 0a000001 9c40 1ea3'.replaceAll(' ', '');
    const text = headerOf(mapped).toString('hex');
    expect(text.slice(0, 62)).to.equal(`0d0a0d0a000d0a515549540a2111002f${addresses}e00020`);
  });

  it('is waited for while it comes in parts', () => {
    const header = headerOf(sixth);
    for (let bytes = 1; bytes < header.length; bytes += 1) {
      expect(readClientHeader(header.subarray(0, bytes), key), String(bytes)).to.deep.equal({
        kind: 'part',
      });
    }
  });

  it('is refused with any other byte, and with another key', () => {
    const header = headerOf(mapped);
    for (let place = 0; place < header.length; place += 1) {
      const changed = Buffer.from(header);
      changed.writeUInt8((changed[place] ?? 0) ^ 1, place);
      expect(readClientHeader(changed, key), String(place)).to.deep.equal({ kind: 'refused' });
    }
    expect(readClientHeader(header, Buffer.alloc(32, 8))).to.deep.equal({ kind: 'refused' });
  });

  it('is not made for a connection that is gone', () => {
    const gone = { ...mapped, client: { address: '', port: 0 } };
    expect(clientHeader(gone, key)).to.equal(undefined);
  });
});

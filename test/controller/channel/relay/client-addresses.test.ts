import { expect } from 'chai';
import { EventEmitter } from 'node:events';
import { createClientAddresses } from '../../../../controller/channel/relay/client-addresses.ts';

function connection(): EventEmitter & { remoteAddress: string; remotePort: number } {
  return Object.assign(new EventEmitter(), { remoteAddress: '10.0.0.11', remotePort: 40_000 });
}

describe('the noted client of a connection', () => {
  it('is known until the connection is closed', () => {
    const clients = createClientAddresses();
    const socket = connection();
    clients.note(socket, '10.0.0.5');
    expect(clients.of(socket)).to.equal('10.0.0.5');
    socket.emit('close');
    expect(clients.of(socket)).to.equal('10.0.0.11');
  });

  it('stays when an earlier connection from the same port is closed late', () => {
    const clients = createClientAddresses();
    const [earlier, later] = [connection(), connection()];
    clients.note(earlier, '10.0.0.5');
    clients.note(later, '10.0.0.6');
    earlier.emit('close');
    expect(clients.of(later)).to.equal('10.0.0.6');
  });
});

/**
 * Sends a packet to every other pod in each interval, and notes those that come. In plain JavaScript,
 * because one runs for every pod and has to start in no time.
 *
 * argv[2]: JSON {own: [address], others: [address], intervalMs}. Begins at once, sends `ready`, and
 * answers {from: tick, to: tick} with the ticks of that time: {sent: [tick], received: {address: [tick]}}.
 * A tick is a number of intervals since 1970, so those of all pods are the same.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';

const { own, others, intervalMs } = JSON.parse(process.argv[2]);
const port = 4747;
const isV6 = (address) => address.includes(':');
const received = Object.fromEntries(others.map((address) => [address, []]));
const sockets = own.map((address) => {
  const socket = createSocket({ type: isV6(address) ? 'udp6' : 'udp4', recvBufferSize: 1 << 20 });
  socket.on('message', (packet, from) => received[from.address]?.push(packet.readDoubleBE()));
  socket.bind(port, address);
  return { socket, to: others.filter((other) => isV6(other) === isV6(address)) };
});
await Promise.all(sockets.map(({ socket }) => once(socket, 'listening')));

const sent = [];

function send() {
  const tick = Math.floor(Date.now() / intervalMs);
  // A timer may come a moment early.
  if (tick !== sent.at(-1)) {
    sent.push(tick);
    const packet = Buffer.alloc(8);
    packet.writeDoubleBE(tick);
    // Where there is no route the packet is lost, as any other.
    for (const { socket, to } of sockets)
      for (const other of to) socket.send(packet, port, other, () => undefined);
  }
  setTimeout(send, intervalMs - (Date.now() % intervalMs));
}

send();
process.send('ready');
process.on('disconnect', () => process.exit());
process.on('message', ({ from, to }) => {
  const within = (ticks) => ticks.filter((tick) => tick >= from && tick <= to);
  process.send({
    sent: within(sent),
    received: Object.fromEntries(
      Object.entries(received).map(([address, ticks]) => [address, within(ticks)]),
    ),
  });
});

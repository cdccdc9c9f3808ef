/**
 * Finds out why a server cannot be used, where a library gives no reason: makes one connection with
 * our own certificates, and sends the first bytes of HTTP/2.
 */
import { isIP, connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { connectionReason, type ConnectionPlaces } from './connection-reasons.ts';

export interface ProbedServer {
  readonly url: string;
  /** PEM; absent: the authorities that this machine trusts, and no client certificate. */
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
  readonly places: ConnectionPlaces;
  readonly timeoutMs: number;
}

/** HTTP/2's first words, and an empty SETTINGS frame: RFC 9113, 3.4. */
const preface = Buffer.concat([
  Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]),
]);
const tlsAlert = 21;

/** The reason; undefined: it answers as an HTTP/2 server. Never rejects. */
export function probeServer(server: ProbedServer): Promise<string | undefined> {
  const isTls = server.url.startsWith('https:');
  return new Promise((resolve) => {
    let isConnected = false;
    let socket: Socket | undefined;
    const end = (reason: string | undefined): void => {
      clearTimeout(timer);
      socket?.destroy();
      resolve(reason);
    };
    const timer = setTimeout(
      () =>
        end(isConnected ? 'it accepts the connection, but does not answer' : 'no answer in time'),
      server.timeoutMs,
    );
    try {
      socket = open(server, isTls);
    } catch (error) {
      return end(connectionReason(error, server.places));
    }
    socket.once(isTls ? 'secureConnect' : 'connect', () => {
      isConnected = true;
      socket.write(preface);
    });
    socket.once('data', (first: Buffer) => end(judge(first, isTls)));
    socket.once('error', (error) =>
      end(connectionReason(error, server.places) ?? 'the connection failed'),
    );
    socket.once('close', () => end('it hung up'));
  });
}

function open({ url, ca, cert, key }: ProbedServer, isTls: boolean): Socket {
  const { hostname, port } = new URL(url);
  const host = hostname.replace(/^\[|\]$/gu, '');
  const to = { host, port: Number(port === '' ? (isTls ? 443 : 80) : port) };
  if (!isTls) return connectTcp(to);
  return connectTls({
    ...to,
    ...(isIP(host) === 0 && { servername: host }),
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ALPNProtocols: ['h2'],
    // Set explicitly, so that no variable of the environment turns it off.
    rejectUnauthorized: true,
  });
}

/** A frame of HTTP/2 has its type in the fourth byte; the first one is SETTINGS. */
function judge(first: Buffer, isTls: boolean): string | undefined {
  if (first[3] === 4 && first[0] === 0) return undefined;
  const isAlert = first[0] === tlsAlert;
  const saysHttps = isAlert || first.toString('latin1').includes('HTTPS');
  if (!isTls && saysHttps) return 'it speaks TLS there: write https://';
  return 'it is no etcd: it does not speak HTTP/2 there';
}

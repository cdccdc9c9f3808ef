/**
 * A BIRD with the sessions of the BGPPeers in etcd. Calico's confd and a real BIRD take seconds for
 * each change, which a test with a hundred changes does not have; their answers are recorded in
 * test/fixtures/bird.
 */
import net from 'node:net';

export interface StandInPeer {
  readonly address: string;
  readonly asNumber: number;
  /** It is of this node alone, so the session has another name. */
  readonly isOfNode?: boolean;
}

/** hangs: it answers nothing. nonsense, cut, endless: the answer about its sessions. */
export type BirdFault = 'hangs' | 'nonsense' | 'cut' | 'endless';

export interface StandInBird {
  /** From now on; undefined: normally. */
  behave(fault: BirdFault | undefined): void;
  close(): Promise<void>;
}

/** The other sides have this AS number: a session with another one never comes up. */
export const theirAsNumber = 65_000;

export async function startStandInBird(
  socket: string,
  peers: () => Promise<readonly StandInPeer[]>,
): Promise<StandInBird> {
  const open = new Set<net.Socket>();
  let fault: BirdFault | undefined;
  const server = net.createServer((client) => {
    open.add(client);
    client.on('close', () => open.delete(client));
    client.on('error', () => undefined);
    client.write('0001 BIRD 1.6.8 ready.\n');
    client.setEncoding('utf8').on('data', (question: string) => {
      if (fault === 'hangs') return;
      if (fault !== undefined && question.startsWith('show protocols')) return spoil(client, fault);
      void answerTo(question.trim(), peers).then(
        (answer) => client.write(answer),
        () => client.destroy(),
      );
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(socket, resolve);
  });
  return {
    behave: (next) => {
      fault = next;
    },
    close: async () => {
      for (const client of open) client.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The part of an endless answer that a reader accepts. */
function spoil(client: net.Socket, fault: Exclude<BirdFault, 'hangs'>): void {
  if (fault === 'nonsense') return void client.write('\u0000\u001b[2J{"a": 1}\n1002\n');
  if (fault === 'cut') return void client.end('2002-name     proto    table\n1002-Global_10_0');
  const lines = '1002-x  BGP  master  up  00:00:01  Established\n'.repeat(1000);
  const more = (): void => {
    while (!client.destroyed && client.write(lines));
  };
  client.on('drain', more);
  more();
}

async function answerTo(
  question: string,
  peers: () => Promise<readonly StandInPeer[]>,
): Promise<string> {
  switch (question) {
    case 'restrict':
      return '0016 Access restricted\n';
    case 'show status':
      return statusAnswer();
    case 'show protocols all':
      return protocolsAnswer(await peers());
    case 'show route count':
      return '0014 4 of 4 routes for 4 networks\n';
    default:
      return '9001 syntax error\n';
  }
}

function statusAnswer(): string {
  const now = new Date().toISOString().replace('T', ' ').slice(0, 19);
  return [
    '1000-BIRD 1.6.8',
    '1011-Router ID is 10.0.0.2',
    ` Current server time is ${now}`,
    ` Last reboot on ${now}`,
    ` Last reconfiguration on ${now}`,
    '0013 Daemon is up and running',
    '',
  ].join('\n');
}

function protocolsAnswer(peers: readonly StandInPeer[]): string {
  const sessions = peers.map(({ address, asNumber, isOfNode }) => {
    const isUp = asNumber === theirAsNumber;
    const [state, info] = isUp ? ['up', 'Established'] : ['start', 'Idle'];
    const fault = isUp ? '' : 'Received: Bad peer AS';
    const name = `${isOfNode === true ? 'Node' : 'Global'}_${address.replaceAll('.', '_')}`;
    return [
      `1002-${name} BGP      master   ${state}     00:00:01    ${info}   ${fault}`,
      '1006-  Description:    Connection to BGP peer',
      '   Preference:     100',
      '   Input filter:   ACCEPT',
      '   Output filter:  ACCEPT',
      '   Routes:         2 imported, 2 exported, 2 preferred',
      `   BGP state:          ${info}`,
      `     Neighbor address: ${address}`,
      `     Neighbor AS:      ${String(asNumber)}`,
      ...(isUp ? [] : [`     Last error:       ${fault}`]),
      ' ',
    ].join('\n');
  });
  return ['2002-name     proto    table    state  since       info', ...sessions, '0000 ', ''].join(
    '\n',
  );
}

/**
 * Explains why a session is not Established, from its state and BIRD's last error. BIRD's wordings
 * are those of proto/bgp/bgp.c and packets.c, the same in 1.6.8 and 2.0 to 2.17; those of sockets
 * are the C library's.
 */
import { portOf, type BgpSession } from './session.ts';

/** Stable codes, for metrics, and for gates that have to know whether a reason may pass. */
export type DownCode =
  | 'refused'
  | 'no-route'
  | 'no-answer'
  | 'closed'
  | 'their-as-differs'
  | 'our-as-differs'
  | 'hold-timer'
  | 'authentication'
  | 'shut-down'
  | 'de-configured'
  | 'route-limit'
  | 'not-listening'
  | 'held-back'
  | 'covered'
  | 'passive'
  | 'disabled'
  | 'starting'
  | 'other';

export interface DownReason {
  readonly code: DownCode;
  /** A clause: "connection refused: is BGP's port 179 open there?" */
  readonly why: string;
}

const disagreements: ReadonlySet<DownCode> = new Set([
  'their-as-differs',
  'our-as-differs',
  'authentication',
]);

/** Whether the two sides do not agree about the session: no waiting brings it up. */
export function isDisagreement({ code }: { readonly code?: DownCode }): boolean {
  return code !== undefined && disagreements.has(code);
}

/** Knowledge about a session that BIRD does not have. */
export interface DownContext {
  /** All sessions to this neighbour. */
  readonly others: readonly BgpSession[];
  /** The expected port. Default: 179. */
  readonly port?: number;
  /** The AS number of the node at the other end, from Calico. */
  readonly neighborsAs?: number;
  /** This node's AS number: BIRD 1.6 does not show it for a session that is down. */
  readonly ownAs?: number;
}

export function explainDown(session: BgpSession, context: DownContext): DownReason {
  const { state, lastError } = session;
  if (state === 'Down' && lastError === undefined) {
    return { code: 'disabled', why: 'it is disabled in BIRD' };
  }
  const holder = state === 'Idle' ? holderOf(session, context) : undefined;
  if (holder !== undefined) {
    const why = `BIRD holds it back while ${holder.name} to the same address is there`;
    return { code: holder.state === 'Established' ? 'covered' : 'held-back', why };
  }
  if (lastError !== undefined) return explainError(lastError, session, context);
  if (session.isBrief === true && state !== 'Passive') {
    return { code: 'other', why: `it is ${state}, and calico-node does not say why` };
  }
  return state === 'Passive'
    ? { code: 'passive', why: 'it waits for the other side to connect' }
    : { code: 'starting', why: `it is starting (${state})` };
}

/**
 * The session that holds this one back. BIRD has one session to an address, and another one waits
 * in Idle (nest/locks.c). Its last error is older, and does not matter beside an Established one.
 */
function holderOf(session: BgpSession, { others }: DownContext): BgpSession | undefined {
  const holds = ({ state }: BgpSession): boolean =>
    session.lastError === undefined
      ? state !== 'Idle' && state !== 'Down'
      : state === 'Established';
  return others.find((other) => other !== session && holds(other));
}

type Explain = (session: BgpSession, context: DownContext) => DownReason;

const reason =
  (code: DownCode, why: string): Explain =>
  () => ({ code, why });

const refused: Explain = (session, { port }) => {
  const number = String(portOf(session) ?? port ?? 179);
  return { code: 'refused', why: `connection refused: is BGP's port ${number} open there?` };
};

const closed = reason(
  'closed',
  "the other side ends the connection: it has no peer with this node's address, or expects another AS number",
);

const theirAsDiffers: Explain = ({ remoteAs }, { neighborsAs }) => ({
  code: 'their-as-differs',
  why:
    neighborsAs === undefined || neighborsAs === remoteAs
      ? `the other side says another AS number than ${remoteAs ?? 'BIRD expects'}`
      : `the other side says AS ${neighborsAs}, and BIRD expects ${remoteAs ?? 'another one'}`,
});

const ourAsDiffers: Explain = ({ localAs }, { ownAs }) => {
  const own = localAs ?? ownAs;
  return {
    code: 'our-as-differs',
    why: `the other side expects another AS number of this node${own === undefined ? '' : ` than ${own}`}`,
  };
};

const shutDown: Explain = ({ message }) => {
  const said = message === undefined ? '' : `: "${message}"`;
  return { code: 'shut-down', why: `the other side has shut it down${said}` };
};

const explanations: Readonly<Record<string, Explain>> = {
  'Socket: Connection refused': refused,
  'Socket: No route to host': reason(
    'no-route',
    'no route to host: nobody answers at that address, or a firewall rejects',
  ),
  'Socket: Network is unreachable': reason('no-route', 'this node has no route to it'),
  'Socket: Connection timed out': reason(
    'no-answer',
    'no answer: the machine is away, or a firewall drops the packets',
  ),
  'Socket: Connection closed': closed,
  'Socket: Connection reset by peer': closed,
  'Socket: Broken pipe': closed,
  'BGP Error: Bad peer AS': theirAsDiffers,
  'Received: Bad peer AS': ourAsDiffers,
  'BGP Error: Hold timer expired': reason(
    'hold-timer',
    'the hold timer expired: nothing was heard of the other side',
  ),
  'Received: Hold timer expired': reason(
    'hold-timer',
    'the hold timer of the other side expired: it heard nothing of this node',
  ),
  'Error: Kernel MD5 auth failed': reason('authentication', 'the kernel refuses the password'),
  'Error: Authentication failed': reason('authentication', 'the kernel refuses the password'),
  'Received: Authentication failure': reason('authentication', 'the passwords differ'),
  'Received: Administrative shutdown': shutDown,
  'Received: Administrative reset': reason('starting', 'the other side has reset it'),
  'Received: Peer de-configured': reason(
    'de-configured',
    'the other side has taken this node out of its configuration',
  ),
  'Received: Connection rejected': reason('closed', 'the other side rejects the connection'),
  'Received: Other configuration change': reason(
    'starting',
    'the other side has changed its configuration',
  ),
  'Received: Connection collision resolution': reason(
    'starting',
    'both sides connected at once; BIRD tries again',
  ),
  'BGP Error: Connection collision resolution': reason(
    'starting',
    'both sides connected at once; BIRD tries again',
  ),
  'Automatic shutdown: Route limit exceeded': reason(
    'route-limit',
    'it has more routes than its limit allows',
  ),
  'Received: Maximum number of prefixes reached': reason(
    'route-limit',
    'this node sends more routes than the other side allows',
  ),
  'Error: No listening socket': reason(
    'not-listening',
    "BIRD cannot listen on BGP's port: another program has it",
  ),
};

function explainError(error: string, session: BgpSession, context: DownContext): DownReason {
  const explain = Object.hasOwn(explanations, error) ? explanations[error] : undefined;
  return explain?.(session, context) ?? { code: 'other', why: `BIRD says "${error}"` };
}

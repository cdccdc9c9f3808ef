/** The instance metadata service, version 2, with tokens, a hop limit and its faults. */
import http from 'node:http';

export interface StandInImds {
  readonly endpoint: string;
  /** The texts below /latest/; a test changes them. */
  readonly texts: Map<string, string>;
  /**
   * answers: as it should. off: it is turned off for the instance. hop-limit: the answer with the
   * token does not arrive. fails: status 500.
   */
  mode: 'answers' | 'off' | 'hop-limit' | 'fails';
  /** Ends all tokens. */
  endTokens(): void;
  /** `PUT /latest/api/token`. */
  readonly requests: string[];
  close(): Promise<void>;
}

export interface ImdsOf {
  readonly instance?: string;
  readonly region?: string;
  /** Default: valid for 6 hours. */
  readonly expiration?: string;
  /** Default: 127.0.0.1. */
  readonly host?: string;
}

const role = 'meta-data/iam/security-credentials/';

export async function startImds({
  instance = 'i-0123456789abcdef0',
  region = 'eu-west-1',
  expiration = new Date(Date.now() + 6 * 3_600_000).toISOString(),
  host = '127.0.0.1',
}: ImdsOf = {}): Promise<StandInImds> {
  let round = 0;
  const tokens = new Set<string>();
  const texts = new Map([
    [
      'dynamic/instance-identity/document',
      JSON.stringify({ instanceId: instance, region, accountId: '123456789012' }),
    ],
    ['meta-data/services/partition', 'aws'],
    ['meta-data/services/domain', 'amazonaws.com'],
    ['meta-data/network/interfaces/macs/', '02:00:00:00:00:01/\n'],
    [role, 'node-profile'],
    [
      `${role}node-profile`,
      JSON.stringify({
        Code: 'Success',
        AccessKeyId: 'ASIAEXAMPLE',
        SecretAccessKey: 'hush-hush',
        Token: 'session-token',
        Expiration: expiration,
      }),
    ],
  ]);
  const answer = (request: http.IncomingMessage, response: http.ServerResponse): void => {
    const { method = '', url = '' } = request;
    imds.requests.push(`${method} ${url}`);
    if (imds.mode === 'off') return void response.writeHead(403).end();
    if (imds.mode === 'fails') return void response.writeHead(500).end();
    if (method === 'PUT' && url === '/latest/api/token') {
      // The connection stands, and the packet with the answer dies on its way.
      if (imds.mode === 'hop-limit') return;
      const seconds = Number(request.headers['x-aws-ec2-metadata-token-ttl-seconds']);
      if (!(seconds >= 1 && seconds <= 21_600)) return void response.writeHead(400).end();
      round += 1;
      const token = `token-${String(round)}`;
      tokens.add(token);
      return void response.writeHead(200).end(token);
    }
    const token = request.headers['x-aws-ec2-metadata-token'];
    if (typeof token !== 'string' || !tokens.has(token)) {
      return void response.writeHead(401).end();
    }
    const text = texts.get(url.replace('/latest/', ''));
    return void (text === undefined
      ? response.writeHead(404).end()
      : response.writeHead(200).end(text));
  };
  const server = http.createServer(answer);
  await new Promise<void>((resolve) => {
    server.listen(0, host, resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const imds: StandInImds = {
    endpoint: `http://${host.includes(':') ? `[${host}]` : host}:${String(port)}`,
    texts,
    mode: 'answers',
    endTokens: () => tokens.clear(),
    requests: [],
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  return imds;
}

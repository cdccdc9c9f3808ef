/** The answers of BIRD and the program ip. */
import { createReplyReader, type BirdReply } from '../../../core/sessions/bird/reply.ts';
import { parseProtocols } from '../../../core/sessions/bird/parse-protocols.ts';
import { parseRouteCount } from '../../../core/sessions/bird/parse-route-count.ts';
import { parseStatus } from '../../../core/sessions/bird/parse-status.ts';
import { parseKernelRoutes } from '../../../core/sessions/parse-kernel-routes.ts';
import { parseRoutes } from '../../../core/guard/parse-routes.ts';
import { parseRules } from '../../../core/guard/parse-rules.ts';
import { jsonBounds } from '../../../core/input/bounds.ts';
import { jsonValue } from '../../../core/input/parse-json.ts';
import type { Read } from '../../../core/sessions/session.ts';
import { answer } from '../../support/calico/bird-answers.ts';
import { nothing, texts, type Door } from './door.ts';

const birds = ['bird-1.6.8', 'bird6-1.6.8', 'bird-2.0.12'];

function repliesIn(text: string): readonly Read<BirdReply>[] {
  let reader = createReplyReader();
  const replies: Read<BirdReply>[] = [];
  for (const line of text.split('\n')) {
    const reply = reader.line(line);
    if (reply === undefined) continue;
    replies.push(reply);
    reader = createReplyReader();
    if (!reply.ok) break;
  }
  return replies;
}

const routes = [
  { dst: 'default', gateway: '10.0.0.1', dev: 'eth0', protocol: '4', flags: [] },
  { dst: '192.168.1.0/26', gateway: '10.0.0.2', dev: 'eth0', protocol: '12', metric: 32 },
  { type: 'throw', dst: '255.255.255.254', protocol: '203', metric: 5000, table: '203' },
  { dst: '192.168.2.0/26', protocol: '12', nexthops: [{ gateway: '10.0.0.3', weight: 1 }] },
];
const rules = [
  { priority: 0, src: 'all', table: '255' },
  { priority: 32_764, src: 'all', table: '254', suppress_prefixlen: 0, protocol: '203' },
];

export const routingDoors: readonly Door[] = [
  {
    name: "BIRD's answers",
    samples: birds.flatMap((bird) =>
      ['status', 'protocols', 'routes'].map((what) => answer(`${bird}-${what}`)),
    ),
    read: (text) =>
      nothing(
        repliesIn(text).map((reply) =>
          reply.ok
            ? [
                parseStatus(reply.value),
                parseProtocols(reply.value, undefined),
                parseRouteCount(reply.value),
              ]
            : reply,
        ),
      ),
  },
  {
    name: "the kernel's routes and rules",
    samples: texts(routes, rules),
    read: (text) => {
      const value = jsonValue(text, jsonBounds.routes);
      return nothing(
        parseKernelRoutes(value, 4),
        parseRoutes(value, 4),
        parseRoutes(value, 6),
        parseRules(value),
      );
    },
  },
];

/**
 * BIRD's answer to `show route primary all where source = RTS_BGP`: the best route to each destination
 * that it learnt by BGP, with its attributes. The same lines in 1.6 and 2, but for the table's heading.
 */
import type { BgpRoute } from '../paths/bgp-route.ts';
import type { Read } from '../session.ts';
import { codes, unreadable, type BirdReply, type ReplyLine } from './reply.ts';

/** `192.168.2.0/26     via 10.0.0.2 on eth0 [Node_10_0_0_2 13:50:53] * (100/0) [AS64513i]`. */
const destination = /^([0-9a-f.:]+\/\d{1,3})\s/;
/** BIRD 2: `Table master4:`. */
const heading = /^Table \S+:$/;
/** `BGP.as_path: 64513 {64514 64515}`: a set in braces, a confederation in parentheses. */
const asPath = /^BGP\.as_path:\s*([\d\s(){}]*)$/;
/** With the link-local address beside it in IPv6. */
const nextHop = /^BGP\.next_hop:\s*([0-9a-f.:]+)(?:\s|$)/;

interface Draft {
  readonly destination: string;
  readonly asPath: number[];
  nextHop?: string;
}

export function parseBgpRoutes({ lines }: BirdReply): Read<readonly BgpRoute[]> {
  const routes: Draft[] = [];
  for (const line of lines) {
    if (!takeLine(routes, line)) return unreadable(line.text);
  }
  return { ok: true, value: routes };
}

/** @returns false: it is none of such an answer */
function takeLine(routes: Draft[], { code, text }: ReplyLine): boolean {
  switch (code) {
    case codes.route: {
      const [, found] = destination.exec(text) ?? [];
      if (found !== undefined) routes.push({ destination: found, asPath: [] });
      // A next hop has a line of its own in BIRD 2, and with several of them in 1.6, too.
      return found !== undefined || heading.test(text) || /^\s/.test(text);
    }
    case codes.attributes:
      return takeAttribute(routes.at(-1), text.trim());
    case codes.routeType:
    case codes.end:
      return true;
    default:
      return false;
  }
}

/** One that we do not know is passed over. */
function takeAttribute(route: Draft | undefined, text: string): boolean {
  if (route === undefined) return false;
  if (text.startsWith('BGP.as_path:')) {
    const [, path] = asPath.exec(text) ?? [];
    route.asPath.push(...(path?.match(/\d+/g) ?? []).map(Number));
    return path !== undefined;
  }
  if (!text.startsWith('BGP.next_hop:')) return true;
  const [, address] = nextHop.exec(text) ?? [];
  if (address !== undefined) route.nextHop = address;
  return address !== undefined;
}

/** A hostile API server: serves the objects of the form that is named, page by page. Prints its port. */
import { createServer } from 'node:http';
import { hostileObjects } from './hostile-objects.ts';

const kinds = ['bgppeers', 'bgpconfigurations', 'ippools', 'bgpfilters', 'ipamblocks'];
const objects = hostileObjects.find(({ name }) => name === process.argv[2]);
const isWithoutPages = process.argv[3] === 'without-pages';
/** Without a kind that names a list the agent takes the answer for that of a proxy. */
const listHead = '"apiVersion":"v1","kind":"List"';

const server = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '', 'http://stand-in');
  response.setHeader('content-type', 'application/json');
  if (searchParams.get('watch') !== null) return response.flushHeaders();
  if (pathname.endsWith('/crd.projectcalico.org/v1')) {
    return void response.end(JSON.stringify({ resources: kinds.map((name) => ({ name })) }));
  }
  if (pathname.endsWith('/bgppeers')) {
    return void response.end(
      pageOf(Number(searchParams.get('continue') ?? 0), Number(searchParams.get('limit'))),
    );
  }
  if (pathname.includes('/clusterinformations')) {
    const spec = { datastoreReady: true };
    return void response.end(JSON.stringify({ metadata: { name: 'default' }, spec }));
  }
  const isList = kinds.some((kind) => pathname.endsWith(`/${kind}`)) || pathname.endsWith('/nodes');
  response.statusCode = isList ? 200 : 404;
  response.end(
    isList
      ? `{${listHead},"items":[],"metadata":{"resourceVersion":"1"}}`
      : JSON.stringify({ kind: 'Status', status: 'Failure', code: 404, reason: 'NotFound' }),
  );
});

function pageOf(from: number, limit: number): string {
  const count = objects?.count ?? 0;
  const end = isWithoutPages ? count : Math.min(count, from + limit);
  const items = Array.from({ length: end - from }, (_, at) => objects?.text(from + at) ?? '{}');
  const next = end < count ? `,"continue":"${String(end)}"` : '';
  return `{${listHead},"metadata":{"resourceVersion":"1"${next}},"items":[${items.join(',')}]}`;
}

server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  process.stdout.write(`${String(port)}\n`);
});

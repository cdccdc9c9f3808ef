/** The floor: a server of node:http on a unix socket that answers one fixed JSON text. */
import { createServer } from 'node:http';

const answer = JSON.stringify({ formatVersion: 1, state: 'in-force', message: 'x'.repeat(1500) });
createServer((_request, response) => {
  response.writeHead(200, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(answer),
  });
  response.end(answer);
}).listen(process.argv[2]);

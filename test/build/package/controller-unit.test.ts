/** OpenSSL's settings in the unit of the controller: each test starts a process that reads them. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { makeCertificate } from '../../support/servers/certificate.ts';

const run = promisify(execFile);
const file = 'systemd/calico-controller.openssl.cnf';
const machineFile = '/etc/ssl/openssl.cnf';

/** A server and two connections to it: prints the tickets of the first one, and whether the second one used one. */
const program = `
import { readFileSync } from 'node:fs';
import { connect, createServer } from 'node:tls';
const [cert, key] = [process.env.CERT_FILE, process.env.KEY_FILE].map((one) => readFileSync(one));
const server = createServer({ cert, key }, (socket) => socket.end('the tickets came before'));
server.listen(0, '127.0.0.1', async () => {
  const visit = (session) => new Promise((resolve, reject) => {
    const { port } = server.address();
    const tickets = [];
    let resumed;
    const socket = connect({ port, host: '127.0.0.1', ca: cert, session }, () => {
      resumed = socket.isSessionReused();
    });
    socket.on('session', (ticket) => tickets.push(ticket));
    socket.on('error', reject).on('end', () => resolve({ tickets, resumed })).resume();
  });
  const first = await visit();
  const second = await visit(first.tickets.at(-1));
  console.log(JSON.stringify({ tickets: first.tickets.length, isResumed: second.resumed }));
  server.close();
});
`;

describe('the unit of the controller', () => {
  let folder: string;
  let env: NodeJS.ProcessEnv;
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'calico-controller-unit-'));
    const { certFile, keyFile } = makeCertificate(folder, 'server', 'IP:127.0.0.1');
    env = { CERT_FILE: certFile, KEY_FILE: keyFile };
  });
  after(() => rm(folder, { recursive: true }));

  /** @param settings a file of OpenSSL */
  async function visits(settings: string): Promise<unknown> {
    const arguments_ = ['--input-type=module', '--eval', program];
    const options = { env: { ...env, OPENSSL_CONF: settings } };
    const { stdout } = await run(process.execPath, arguments_, options);
    return JSON.parse(stdout);
  }

  it('goes on where the kernel ends another process of it for its memory', async () => {
    const unit = await readFile('systemd/calico-controller.service', 'utf8');
    expect(unit).to.match(/^OOMPolicy=continue$/m);
  });

  it("names OpenSSL's settings where the package puts them", async () => {
    const unit = await readFile('systemd/calico-controller.service', 'utf8');
    const [, named = ''] = /^Environment=OPENSSL_CONF=\/(\S+)$/m.exec(unit) ?? [];
    expect(await readFile('build/package.ts', 'utf8')).to.include(`['${file}', '${named}']`);
  });

  it('gives an agent one ticket, with which it resumes its session', async () => {
    expect(await visits(file)).to.deep.equal({ tickets: 1, isResumed: true });
  });

  it("leaves the machine's own settings for Node.js in force", async () => {
    const machine = path.join(folder, 'machine.cnf');
    await writeFile(
      machine,
      'nodejs_conf = own\n[own]\nssl_conf = tls\n[tls]\nsystem_default = all\n[all]\nNumTickets = 3\n',
    );
    const settings = await readFile(file, 'utf8');
    expect(settings).to.include(`.include ${machineFile}\n`);
    const combined = path.join(folder, 'combined.cnf');
    await writeFile(combined, settings.replace(machineFile, machine));
    expect(await visits(combined)).to.deep.equal({ tickets: 3, isResumed: true });
  });

  it('does without a file of the machine', async () => {
    const combined = path.join(folder, 'alone.cnf');
    const settings = await readFile(file, 'utf8');
    await writeFile(combined, settings.replace(machineFile, path.join(folder, 'none.cnf')));
    expect(await visits(combined)).to.deep.equal({ tickets: 1, isResumed: true });
  });
});

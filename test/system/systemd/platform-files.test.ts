/** The helper that edits files of the platform, under a real systemd, beside a stand-in for K3s. */
import { expect } from 'chai';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { startContainer, type SystemdContainer } from './container.ts';
import { canStartContainer } from './missing-programs.ts';

const run = promisify(execFile);
const dropIn = '/etc/rancher/k3s/config.yaml.d/zz-calico-agent.yaml';

/** A service that reads its files at its start, as K3s does, and refuses to run with one word. */
const standIn = `#!/bin/sh
if [ "$1" = --version ]; then echo k3s version v1.31.4+k3s1; exit; fi
cat /etc/rancher/k3s/config.yaml.d/*.yaml > /run/k3s-read 2>/dev/null
if grep -q refuse /run/k3s-read; then exit 1; fi
exec sleep infinity
`;
const unit = `[Service]
ExecStart=/usr/local/bin/k3s server
Restart=no
[Install]
WantedBy=multi-user.target
`;

describe('the helper that edits files of the platform, under a real systemd', function () {
  this.timeout(400_000);
  let shared = '';
  let container: SystemdContainer | undefined;

  before(async function () {
    this.timeout(600_000);
    if (!(await canStartContainer())) return this.skip();
    shared = await mkdtemp(path.join(tmpdir(), 'calico-agent-shared-'));
    const architecture = process.arch === 'arm64' ? 'arm64' : 'amd64';
    const options = ['--only', 'calico-agent', '--fast', '--arch', architecture, '--out', shared];
    await run(process.execPath, ['--import', 'tsx', 'build/package.ts', ...options]);
    await writeFile(path.join(shared, 'k3s'), standIn);
    await writeFile(path.join(shared, 'k3s.service'), unit);
    container = await startContainer(shared);
    await sh('mkdir -p /etc/rancher/k3s; install -m 755 /shared/k3s /usr/local/bin/k3s');
    await sh('cp /shared/k3s.service /etc/systemd/system/ && systemctl daemon-reload');
    await sh('systemctl start k3s.service && dpkg --install /shared/calico-agent_*.deb');
  });
  after(async function () {
    this.timeout(180_000);
    await container?.remove();
    if (shared !== '') await rm(shared, { recursive: true });
  });

  const sh = (line: string): Promise<string> => {
    if (container === undefined) throw new Error('there is no container');
    return container.sh(line);
  };
  const ask = async (request: object): Promise<unknown> => {
    const program = `const socket = require('net').connect('/run/calico-agent/host.sock');
      socket.setEncoding('utf8').on('data', (text) => { console.log(text); socket.destroy(); });
      socket.on('end', () => console.log('null'));
      socket.write(process.argv[2] + '\\n');`;
    await writeFile(path.join(shared, 'ask.cjs'), program);
    const node = '/usr/lib/calico-agent/node';
    return JSON.parse(await sh(`${node} /shared/ask.cjs '${JSON.stringify(request)}'`));
  };
  const write = (text: string, before = 'absent'): Promise<unknown> =>
    ask({ action: 'write-file', path: dropIn, before, text });
  const digest = async (): Promise<string> => (await sh(`sha256sum ${dropIn}`)).slice(0, 64);

  it('listens for root alone, and is within its exposure', async () => {
    expect(await sh("stat -c '%U %G %a' /run/calico-agent/host.sock")).to.equal('root root 600\n');
    const report = await sh(
      'systemd-analyze security --no-pager calico-agent-host@1.service | tail -1',
    );
    expect(Number(/: ([\d.]+) /.exec(report)?.[1])).to.be.at.most(1.3);
  });

  it('writes a file, and keeps the owner and mode that somebody gave it', async () => {
    expect(await write('a: 1\n')).to.deep.equal({ answer: 'done' });
    expect(await sh(`stat -c '%U %G %a' ${dropIn}`)).to.equal('root root 600\n');
    await sh(`chown root:daemon ${dropIn}; chmod 640 ${dropIn}`);
    expect(await write('a: 2\n')).to.deep.equal({ answer: 'changed' });
    expect(await write('a: 2\n', await digest())).to.deep.equal({ answer: 'done' });
    expect(await sh(`stat -c '%U %G %a' ${dropIn}; cat ${dropIn}`)).to.equal(
      'root daemon 640\na: 2\n',
    );
  });

  it('restarts the service, which reads the file, and no other one', async () => {
    expect(await ask({ action: 'restart-service', service: 'k3s.service' })).to.deep.equal({
      answer: 'done',
    });
    expect(await sh('cat /run/k3s-read')).to.equal('a: 2\n');
    const other = await ask({ action: 'restart-service', service: 'dbus.service' });
    expect(other).to.have.property('answer', 'failed');
  });

  it('says that a service does not come back', async () => {
    await write('refuse: 1\n', await digest());
    const answer = await ask({ action: 'restart-service', service: 'k3s.service' });
    expect(answer).to.have.property('answer', 'failed');
    expect(JSON.stringify(answer)).to.match(/k3s.service.* it is failed/);
    await sh(`rm ${dropIn}; systemctl restart k3s.service`);
  });

  it('can write nothing else', async () => {
    for (const file of ['/etc/passwd', '/etc/rancher/k3s/config.yaml', '/root/x']) {
      const request = { action: 'write-file', path: file, before: 'absent', text: 'x' };
      expect(await ask(request)).to.have.property('answer', 'failed');
    }
  });

  it('does what a configuration asks for, and puts it back when the section goes', async () => {
    const head = 'apiVersion: calico-agent/v1\\nkind: NetworkConfig\\n';
    const section = 'platform: k3s\\nk3s: {disable: [servicelb]}\\n';
    await sh(`printf '${head}${section}' > /root/one.yaml; printf '${head}' > /root/two.yaml`);
    expect(await sh('calico-agent plan /root/one.yaml')).to.include(dropIn);
    await sh('calico-agent apply /root/one.yaml >&2');
    await sh(`timeout 150 sh -c 'until grep -q servicelb /run/k3s-read; do sleep 0.2; done'`);
    await sh('calico-agent apply /root/two.yaml >&2');
    await sh(`timeout 150 sh -c 'while [ -e ${dropIn} ]; do sleep 0.2; done'`);
    expect(await sh('ls /etc/rancher/k3s/config.yaml.d')).to.equal('');
  });
});

import { expect } from 'chai';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { runCli } from '../../../../controller/cli/run-cli.ts';

describe('the socket of calico-controller serve', () => {
  it('is its own, also where the environment names a server for commands', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'calico-serve-'));
    const config = path.join(folder, 'controller.yaml');
    await writeFile(config, 'apiVersion: calico-agent/v1\nkind: ControllerConfig\n');
    const sockets: string[] = [];
    const { CALICO_CONTROLLER_SERVER: before } = process.env;
    process.env['CALICO_CONTROLLER_SERVER'] = 'https://controller.example.org:7844';
    try {
      const args = ['serve', '--token-file', 'token', '--config', config];
      const status = await runCli(args, {
        stdin: new PassThrough(),
        stdout: new PassThrough(),
        stderr: new PassThrough(),
        by: 'ann@host',
        initTools: () => Promise.reject(new Error('not used')),
        storeTools: () => Promise.reject(new Error('not used')),
        serve: ({ socket }) => {
          sockets.push(socket);
          return Promise.resolve(0);
        },
      });
      expect(status).to.equal(0);
    } finally {
      if (before === undefined) delete process.env['CALICO_CONTROLLER_SERVER'];
      else process.env['CALICO_CONTROLLER_SERVER'] = before;
      await rm(folder, { recursive: true });
    }
    expect(sockets).to.deep.equal(['/run/calico-controller/controller.sock']);
  });
});

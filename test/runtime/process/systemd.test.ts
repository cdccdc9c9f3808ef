/** The messages between a service and systemd; test/system/systemd has the real one. */
import { expect } from 'chai';
import {
  openSync,
  readFileSync,
  closeSync,
  mkdtempSync,
  rmSync,
  writeFileSync,
  chmodSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { takeServiceEnvironment } from '../../../runtime/process/service-environment.ts';
import { createSystemdNotifier } from '../../../runtime/process/systemd-notify.ts';

describe('the sockets that systemd passes to a service', () => {
  it('are removed from the environment', () => {
    const environment = {
      NOTIFY_SOCKET: '/run/systemd/notify',
      NOTIFY_SOCKET_FD: '5',
      WATCHDOG_USEC: '60000000',
      WATCHDOG_PID: '42',
      LISTEN_PID: '42',
      LISTEN_FDS: '2',
      LISTEN_FDNAMES: 'agent:status',
      PATH: '/bin',
    };
    expect(takeServiceEnvironment(environment, 42)).to.deep.equal({
      notifySocket: '/run/systemd/notify',
      notifyDescriptor: 5,
      watchdogMs: 60_000,
      sockets: new Map([
        ['agent', 3],
        ['status', 4],
      ]),
    });
    expect(environment).to.deep.equal({ PATH: '/bin' });
  });

  it('are ignored when they are for another process, or absent', () => {
    const environment = { WATCHDOG_USEC: '1', WATCHDOG_PID: '7', LISTEN_PID: '7', LISTEN_FDS: '1' };
    const nothing = {
      notifySocket: undefined,
      notifyDescriptor: undefined,
      watchdogMs: undefined,
      sockets: new Map(),
    };
    expect(takeServiceEnvironment(environment, 42)).to.deep.equal(nothing);
    expect(takeServiceEnvironment({}, 42)).to.deep.equal(nothing);
  });
});

describe('the messages of a service to systemd', () => {
  let folder: string;
  const warnings: string[] = [];
  const logger = { warn: (message: string): void => void warnings.push(message) };
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'calico-agent-notify-'));
    warnings.length = 0;
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('go to the open descriptor, the last of several waiting texts', async () => {
    const file = path.join(folder, 'said');
    const descriptor = openSync(file, 'a');
    const notifier = createSystemdNotifier(
      { notifySocket: '/run/x', notifyDescriptor: descriptor },
      logger,
    );
    notifier.reloading();
    for (const text of ['one', 'two\nREADY=1', 'three\nFDSTORE=1']) notifier.status(text);
    notifier.ready();
    await notifier.flush();
    closeSync(descriptor);
    expect(readFileSync(file, 'utf8')).to.equal('RELOADING=1STATUS=three FDSTORE=1\nREADY=1');
  });

  it('go through systemd-notify when there is only the path', async () => {
    const program = path.join(folder, 'systemd-notify');
    const said = path.join(folder, 'said');
    writeFileSync(program, `#!/bin/sh\necho "$NOTIFY_SOCKET $*" >> ${said}\n`);
    chmodSync(program, 0o755);
    const before = process.env['PATH'];
    process.env['PATH'] = `${folder}:${before ?? ''}`;
    try {
      const notifier = createSystemdNotifier(
        { notifySocket: '/run/x', notifyDescriptor: undefined },
        logger,
      );
      notifier.ready();
      await notifier.flush();
      notifier.stopping();
      await notifier.flush();
    } finally {
      process.env['PATH'] = before;
    }
    expect(readFileSync(said, 'utf8')).to.equal('/run/x READY=1\n/run/x STOPPING=1\n');
  });

  it('cause one complaint when they cannot be sent, and no wait without systemd', async () => {
    const broken = createSystemdNotifier(
      { notifySocket: undefined, notifyDescriptor: 9999 },
      logger,
    );
    broken.alive();
    await broken.flush();
    broken.alive();
    await broken.flush();
    expect(warnings).to.have.length(1);
    const silent = createSystemdNotifier(
      { notifySocket: undefined, notifyDescriptor: undefined },
      logger,
    );
    silent.ready();
    await silent.flush();
    expect(warnings).to.have.length(1);
  });
});

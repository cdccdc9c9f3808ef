/** The conformance runner with calico-agent, and with agents that break one rule each. */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { readVectors } from '../../conformance/read-vectors.ts';

const run = promisify(execFile);

interface Ended {
  readonly status: number;
  readonly stdout: string;
}

async function conformance(...args: readonly string[]): Promise<Ended> {
  const main = ['--import', 'tsx', 'conformance/main.ts', ...args];
  return run(process.execPath, main).then(
    ({ stdout }) => ({ status: 0, stdout }),
    (error: { readonly code: number; readonly stdout: string }) => ({
      status: error.code,
      stdout: error.stdout,
    }),
  );
}

const node = [process.execPath, '--import', 'tsx'];

describe('the conformance runner', () => {
  it('finds nothing wrong with calico-agent', async function () {
    this.timeout(300_000);
    const { stdout, status } = await conformance(...node, 'conformance/calico-agent.ts');
    const { dialogues } = await readVectors();
    const played = dialogues.filter(({ isSlow = false }) => !isSlow).length;
    expect(stdout).to.contain(
      `${String(played)} of ${String(played)} dialogues are as they must be`,
    );
    expect(status).to.equal(0);
  });

  const wrongs: readonly (readonly [string, string, RegExp])[] = [
    ['acks-late', 'brings a configuration into force', /"stage":"applied".*differs at \/stage/s],
    ['acks-twice', 'once', /the agent sends \{"type":"ack"/],
    ['answers-no-ping', 'answers a ping', /sends no such message within 10 s/],
    ['goes-on', 'a text that is no JSON', /the connection does not end within 10 s/],
    ['other-path', 'says first who it is', /asks for \/v2\/agents/],
    ['no-token', 'says first who it is', /does not show the token/],
    ['lies', 'says first who it is', /the message is wrong/],
  ];
  for (const [fault, dialogue, text] of wrongs) {
    it(`names what is wrong with an agent of the kind "${fault}"`, async function () {
      this.timeout(180_000);
      const agent = path.resolve('test/conformance/wrong-agent.child.ts');
      // The agent's start counts, too, which takes some seconds on a busy machine.
      const options = ['--seconds', '10', '--only', dialogue];
      const { stdout, status } = await conformance(...options, ...node, agent, fault);
      expect(stdout).to.match(text);
      expect(status).to.equal(1);
    });
  }

  it('passes an agent that does what the played dialogues ask', async function () {
    this.timeout(180_000);
    const agent = path.resolve('test/conformance/wrong-agent.child.ts');
    const options = ['--seconds', '60', '--only', 'brings a configuration into force'];
    const { stdout, status } = await conformance(...options, ...node, agent, 'none');
    expect(stdout).to.contain('1 of 1 dialogues are as they must be');
    expect(status).to.equal(0);
  });
});

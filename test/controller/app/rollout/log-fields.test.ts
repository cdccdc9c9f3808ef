/** The fields of the controller's log lines, by which people and programs find a node or a rollout. */
import { expect } from 'chai';
import type { LogFields, Logger } from '../../../../runtime/log/logger.ts';
import { createUnixHttpClient } from '../../../../runtime/http/unix-client.ts';
import { eventually } from '../../../support/eventually.ts';
import { MemoryAgent } from '../../../support/twins/memory-agent.ts';
import { configWith, Lab } from '../../running.ts';

interface Line {
  readonly message: string;
  readonly fields: LogFields;
}

describe('the log lines of a controller', function () {
  this.timeout(120_000);
  let lab: Lab;
  const lines: Line[] = [];
  before(async () => {
    const log = (message: string, fields: LogFields = {}): void =>
      void lines.push({ message, fields });
    const logger: Logger = { debug: log, info: log, warn: log, error: log };
    lab = await Lab.make();
    await lab.start({}, logger);
    const [good, bad] = ['node-0', 'node-1'].map(
      (name, index) => new MemoryAgent({ name, address: `10.0.0.${String(index + 1)}/24` }),
    );
    if (good === undefined || bad === undefined) throw new Error('no agents');
    lab.connect(good);
    lab.connect(bad);
    await eventually(async () => expect((await lab.status()).connected).to.equal(2));
    await lab.push(configWith(64_512), 60);
    // Another machine has the name of this one.
    lab.connect(new MemoryAgent({ name: 'node-1', address: '10.0.0.2/24', refuses: 'not-here' }));
    await eventually(() => expect(lines.some(isTakenPlace)).to.equal(true));
    const strategy = {
      ...{ apiVersion: 'calico-agent/v1', kind: 'RolloutStrategy', settle: '1h' },
      waves: [{ name: 'canary', nodes: ['node-0'] }],
    };
    const text = configWith(64_513);
    await createUnixHttpClient(lab.socket, { startHint: '' }).request({
      method: 'POST',
      path: '/v1/rollout?by=ann&supersede=true',
      body: JSON.stringify({ text, mediaType: 'application/yaml', strategy }),
      mediaType: 'application/json',
    });
    await lab.ask('POST', '/v1/rollout/pause?by=ann&why=lunch');
    await lab.ask('POST', '/v1/rollout/abort?by=ann');
    await eventually(() => expect(lines.some(isAbout('aborted'))).to.equal(true));
  });
  after(() => lab.close());

  it('that are about a node have the field node', () => {
    const about = lines.filter((line) => /\bnode-\d/.test(JSON.stringify(line)));
    expect(about.length).to.be.greaterThan(4);
    const without = about.filter(({ fields }) => !('node' in fields || 'nodes' in fields));
    expect(without).to.deep.equal([]);
    // The name stands in its field only.
    expect(about.filter(({ message }) => /\bnode-\d/.test(message))).to.deep.equal([]);
  });

  it('that are about a revision have the field revision', () => {
    const about = lines.filter(
      ({ message, fields }) => /\brevision\b/.test(message) || 'number' in fields,
    );
    expect(about.length).to.be.greaterThan(0);
    expect(about.filter(({ fields }) => typeof fields['revision'] !== 'number')).to.deep.equal([]);
  });

  it('that are about a rollout have the fields rollout, revision and wave', () => {
    const about = lines.filter(({ message }) => /\brollout\b/.test(message));
    expect(about.length).to.be.greaterThan(4);
    const without = about.filter(
      ({ fields }) =>
        typeof fields['rollout'] !== 'number' ||
        typeof fields['revision'] !== 'number' ||
        typeof fields['wave'] !== 'string',
    );
    expect(without).to.deep.equal([]);
  });
});

function isTakenPlace({ message }: Line): boolean {
  return message.includes('takes the place');
}

function isAbout(text: string): (line: Line) => boolean {
  return ({ message }) => message.startsWith('rollout: ') && message.includes(text);
}

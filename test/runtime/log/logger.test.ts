import { expect } from 'chai';
import { PassThrough } from 'node:stream';
import { createLogger, type LogSettings, type ProcessLogger } from '../../../runtime/log/logger.ts';

describe('logging', () => {
  const open = (
    settings: LogSettings,
    toJournal = false,
  ): { logger: ProcessLogger; lines: () => Promise<string[]> } => {
    const stream = new PassThrough();
    const chunks: string[] = [];
    stream.on('data', (chunk: Buffer) => void chunks.push(String(chunk)));
    const logger = createLogger(settings, stream, toJournal);
    const lines = async (): Promise<string[]> => {
      await logger.flush();
      return chunks
        .join('')
        .split('\n')
        .filter((line) => line !== '');
    };
    return { logger, lines };
  };

  it('writes text with its fields', async () => {
    const { logger, lines } = open({});
    logger.info('one');
    logger.warn('two', { node: 'node-0', reason: 'a "b"' });
    const [first, second] = await lines();
    expect(first).to.match(/^\d{4}-.*Z info: one$/);
    expect(second).to.match(/ warn: two node=node-0 reason="a \\"b\\""$/);
  });

  for (const format of ['text', 'json'] as const) {
    it(`writes the first lines and those of the library in one order and form, as ${format}`, async () => {
      const { logger, lines } = open({ format });
      const numbers = Array.from({ length: 30 }, (_one, at) => at);
      for (const at of numbers) logger.info('message', { at, text: 'a "b"' });
      await logger.flush();
      logger.info('message', { at: 30, text: 'a "b"' });
      const written = await lines();
      const time = /\d{4}-[-\d]+T[:\d.]+Z/;
      const forms = written.map((line) => line.replace(time, 'T').replace(/(at"?[:=])\d+/, '$1N'));
      expect(new Set(forms).size).to.equal(1);
      expect(written.map((line) => Number(/at"?[:=](\d+)/.exec(line)?.[1]))).to.deep.equal([
        ...numbers,
        30,
      ]);
    });
  }

  it('writes JSON lines', async () => {
    const { logger, lines } = open({ format: 'json' });
    logger.error('bad', { code: 'x' });
    const [line] = await lines();
    const { timestamp, ...rest }: Record<string, unknown> = JSON.parse(line ?? '{}');
    expect(rest).to.deep.equal({ level: 'error', message: 'bad', code: 'x' });
    expect(timestamp).to.be.a('string');
  });

  it('leaves out what is below its level, also after the level changed', async () => {
    const { logger, lines } = open({ level: 'warn' });
    logger.info('left out');
    logger.configure({ level: 'debug' });
    logger.debug('kept');
    expect((await lines()).map((line) => line.replace(/^\S+ /, ''))).to.deep.equal(['debug: kept']);
  });

  it('does not let a message fake another line', async () => {
    const { logger, lines } = open({});
    logger.info('a\nb', { c: 'd\ne' });
    expect(await lines()).to.have.length(1);
  });

  for (const format of ['text', 'json'] as const) {
    it(`writes no text that a terminal acts upon, as ${format}`, async () => {
      const { logger, lines } = open({ format });
      logger.info('a\u009b\u2028', { c: '\u001b[31m\u0085\u202e', d: 'x=y' });
      const [line, ...more] = await lines();
      expect(more).to.deep.equal([]);
      expect(line).to.match(/^[\x20-\x7e]+$/);
      expect(line).to.match(format === 'json' ? /"d":"x=y"/ : / d="x=y"$/);
    });
  }

  it('writes the first lines at once', () => {
    const stream = new PassThrough();
    createLogger({}, stream, true).warn('c');
    expect(String(stream.read())).to.equal('<4>c\n');
  });

  it("gives the journal each line's priority, and leaves the time to it", async () => {
    const { logger, lines } = open({ level: 'debug' }, true);
    logger.error('a\n<1>b', { node: 'node-0' });
    logger.warn('c');
    logger.info('d');
    logger.debug('e');
    expect(await lines()).to.deep.equal(['<3>a <1>b node=node-0', '<4>c', '<6>d', '<7>e']);
  });
});

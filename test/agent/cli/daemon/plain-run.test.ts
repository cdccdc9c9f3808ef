import { expect } from 'chai';
import { readPlainRun } from '../../../../agent/cli/daemon/plain-run.ts';

describe('the short way to the daemon', () => {
  const cases: readonly (readonly [string, object | undefined])[] = [
    ['run', {}],
    ['run --config a.yaml', { config: 'a.yaml' }],
    ['run --config=a.yaml', { config: 'a.yaml' }],
    ['run --config=a=b.yaml', { config: 'a=b.yaml' }],
    ['run --help', undefined],
    ['run --config', undefined],
    ['run --config=', undefined],
    ['run --conf a.yaml', undefined],
    ['run a.yaml', undefined],
    ['run --config a.yaml more', undefined],
    ['run --config=a.yaml more', undefined],
    ['status', undefined],
    ['', undefined],
  ];
  for (const [line, settings] of cases) {
    it(`${settings === undefined ? 'leaves' : 'takes'} "${line}"`, () => {
      expect(readPlainRun(line.split(' ').filter((word) => word !== ''))).to.deep.equal(settings);
    });
  }

  it('leaves a text that resembles another option to the parser', () => {
    expect(readPlainRun(['run', '--config', '--help'])).to.equal(undefined);
  });
});

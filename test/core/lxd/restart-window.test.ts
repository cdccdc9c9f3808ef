import { expect } from 'chai';
import { matchesName } from '../../../core/lxd/match-name.ts';
import { isOpen } from '../../../core/lxd/restart-window.ts';
import { lxdOf } from './hosts.ts';

function isOpenAt(window: string, day: number, time: string): boolean {
  const { settings } = lxdOf(`{restart: {policy: rolling, window: ${window}}}`);
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  return isOpen(settings.restart.window, { day, minute: hours * 60 + minutes });
}

describe('the window of restarts', () => {
  const cases: readonly [window: string, day: number, time: string, open: boolean][] = [
    ['{from: "02:00", to: "04:00"}', 3, '01:59', false],
    ['{from: "02:00", to: "04:00"}', 3, '02:00', true],
    ['{from: "02:00", to: "04:00"}', 3, '04:00', false],
    ['{from: "02:00", to: "04:00", days: [sat, sun]}', 6, '03:00', true],
    ['{from: "02:00", to: "04:00", days: [sat, sun]}', 5, '03:00', false],
    ['{from: "22:00", to: "02:00", days: [sat]}', 6, '23:00', true],
    ['{from: "22:00", to: "02:00", days: [sat]}', 0, '01:00', true],
    ['{from: "22:00", to: "02:00", days: [sat]}', 6, '01:00', false],
    ['{from: "00:00", to: "00:00"}', 1, '12:00', true],
  ];
  for (const [window, day, time, open] of cases) {
    it(`${window} is ${open ? 'open' : 'closed'} on day ${String(day)} at ${time}`, () => {
      expect(isOpenAt(window, day, time)).to.equal(open);
    });
  }
});

describe('a pattern of container names', () => {
  const cases: readonly [pattern: string, name: string, matches: boolean][] = [
    ['juju-*', 'juju-1-0', true],
    ['juju-*', 'my-juju-1', false],
    ['*', 'x', true],
    ['a*b*c', 'abc', true],
    ['a*b*c', 'axxbyyc', true],
    ['a*b*c', 'axxc', false],
    ['ab*ba', 'aba', false],
    ['x', 'x', true],
    ['x', 'xy', false],
  ];
  for (const [pattern, name, matches] of cases) {
    it(`${pattern} ${matches ? 'matches' : 'does not match'} ${name}`, () => {
      expect(matchesName(pattern, name)).to.equal(matches);
    });
  }
});

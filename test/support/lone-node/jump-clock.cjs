'use strict';
/**
 * For node's --require: on SIGUSR2 the wall clock that this process reads jumps by JUMP_MS, as if
 * somebody had set it. The kernel's own clocks go on.
 */
const { JUMP_MS } = process.env;
const RealDate = Date;
let offsetMs = 0;

globalThis.Date = class extends RealDate {
  constructor(...given) {
    super(...(given.length === 0 ? [RealDate.now() + offsetMs] : given));
  }

  static now() {
    return RealDate.now() + offsetMs;
  }
};
process.on('SIGUSR2', () => {
  offsetMs += Number(JUMP_MS);
});

'use strict';
/**
 * For node's --require: writes how much computing each turn of the event loop took to the file that
 * LOOP_TURNS names, one line of JSON for each turn of more than 10 ms.
 *
 * Computing time of the main thread and not wall time, so that a busy machine fails no test. What a
 * garbage collection takes of the main thread is within, because whoever asks waits for it as well; its
 * helper threads are not.
 */
const { openSync, readSync, writeSync } = require('node:fs');
const { isMainThread } = require('node:worker_threads');

const leastMs = 10;
const file = process.env.LOOP_TURNS;

if (file !== undefined && isMainThread) watchTurns(openSync(file, 'a'));

function watchTurns(log) {
  const computed = process.threadCpuUsage === undefined ? schedulerMs() : threadMs;
  let before = computed();
  const turn = () => {
    const now = computed();
    if (now - before > leastMs) writeSync(log, `${JSON.stringify({ ms: now - before })}\n`);
    before = now;
    // Without a reference the loop waits for events as ever, and runs this once in each turn.
    setImmediate(turn).unref();
  };
  setImmediate(turn).unref();
}

function threadMs() {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

/** Before Node 23.9. The first field of schedstat: Documentation/scheduler/sched-stats.rst, in ns. */
function schedulerMs() {
  const stat = openSync(`/proc/self/task/${process.pid}/schedstat`, 'r');
  const buffer = Buffer.alloc(96);
  return () => {
    readSync(stat, buffer, 0, buffer.length, 0);
    return Number(buffer.latin1Slice(0, buffer.indexOf(' '))) / 1e6;
  };
}

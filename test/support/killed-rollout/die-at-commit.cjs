'use strict';
/**
 * For node's --require: kills a controller, as kill -9 does, right before it stores something of a
 * rollout, or right after that is on disk, before the controller learns it. A point is `before` or
 * `after` and the name of what is stored: `forward 0 before` (phase, step and stage of the rollout),
 * `forward 1 before approved`, `members`, `answers in forward 1 running`. DIE_AT is a point; DIE_TRACE
 * is a file that gets a line for each name.
 */
const fs = require('node:fs');
const http2 = require('node:http2');
const { syncBuiltinESMExports } = require('node:module');
const { isMainThread, Worker } = require('node:worker_threads');

const { DIE_AT, DIE_TRACE } = process.env;
/** The state that this process has stored last. */
let state = 'the beginning';

// The process that decides, and the thread of the store, are not the controller.
if (isMainThread && !process.argv[1]?.includes('decider')) {
  watchThread();
  watchEtcd();
  syncBuiltinESMExports();
}

function reach(point) {
  if (point === DIE_AT) process.kill(process.pid, 'SIGKILL');
}

/** @returns a function to call when it is stored */
function begin(name) {
  reach(`before ${name}`);
  return () => {
    if (DIE_TRACE !== undefined) fs.appendFileSync(DIE_TRACE, `${name}\n`);
    reach(`after ${name}`);
  };
}

/**
 * @param {string} text keys and JSON values of a transaction
 * @returns {string | undefined} undefined: nothing of a rollout
 */
function nameOf(text) {
  if (text.includes('"kind":"rollout"')) {
    const valueOf = (key) => new RegExp(`"${key}":"?(\\w+)`).exec(text)?.[1];
    const [phase, step, stage] = ['phase', 'step', 'stage'].map(valueOf);
    const isUnderWay = phase === 'forward' || phase === 'back';
    const isApproved = stage === 'before' && step !== '0' && step === valueOf('approved');
    state = isUnderWay ? `${phase} ${step} ${stage}${isApproved ? ' approved' : ''}` : phase;
    return state;
  }
  if (text.includes('rollout-members/')) return 'members';
  return /answer\/\w+\//.test(text) ? `answers in ${state}` : undefined;
}

function watchThread() {
  const { postMessage } = Worker.prototype;
  const asked = new Map();
  const watched = new WeakSet();
  Worker.prototype.postMessage = function (message, ...rest) {
    const { operation, input } = message?.question ?? {};
    const name = operation === 'commit' ? nameOf(textOf(input)) : undefined;
    if (name !== undefined) {
      if (!watched.has(this))
        this.prependListener('message', ({ id, answer }) => {
          if (answer.ok) asked.get(id)?.();
          asked.delete(id);
        });
      watched.add(this);
      asked.set(message.id, begin(name));
    }
    return postMessage.call(this, message, ...rest);
  };
}

function textOf({ changes }) {
  return changes.map(({ kind, key, text = '' }) => `${kind}/${key} ${text}`).join('\n');
}

function watchEtcd() {
  const { connect } = http2;
  http2.connect = (...given) => {
    const session = connect(...given);
    const { request } = session;
    session.request = (headers, ...rest) => {
      const stream = request.call(session, headers, ...rest);
      if (!String(headers[':path']).endsWith('/Txn')) return stream;
      const { write } = stream;
      let stored;
      stream.write = (message, ...others) => {
        const name = nameOfTransaction(Buffer.from(message));
        stored = name === undefined ? undefined : begin(name);
        return write.call(stream, message, ...others);
      };
      // The server has done it when it begins to answer.
      stream.once('response', () => stored?.());
      return stream;
    };
    return session;
  };
}

/** Only a transaction that writes has values. */
function nameOfTransaction(message) {
  return message.includes('{"') ? nameOf(message.toString('latin1')) : undefined;
}

'use strict';
/**
 * For node's --require: kills the process, as kill -9 does, right after one of the things that it does
 * to what outlives it, before it learns that it is done. Each has a name: `rename state.json`, `half
 * state.json` (written, and not yet in its place), `unlink journal.json`, `etcd bgppeers`, `ip -batch`. DIE_AT is a name with which time it is (`rename state.json 3`);
 * DIE_TRACE is a file that gets a line for each thing that is done.
 */
const childProcess = require('node:child_process');
const fs = require('node:fs');
const fsPromises = require('node:fs/promises');
const http2 = require('node:http2');
const { syncBuiltinESMExports } = require('node:module');
const path = require('node:path');
const { isMainThread } = require('node:worker_threads');

const { DIE_AT, DIE_TRACE } = process.env;
const counts = new Map();

// The process in which it decides writes nothing.
if (isMainThread && !process.argv[1]?.includes('decider')) watchAll();

function done(name) {
  const count = (counts.get(name) ?? 0) + 1;
  counts.set(name, count);
  const point = `${name} ${count}`;
  if (DIE_TRACE !== undefined) fs.appendFileSync(DIE_TRACE, `${point}\n`);
  if (point === DIE_AT) process.kill(process.pid, 'SIGKILL');
}

function watchAll() {
  watchFiles();
  watchEtcd();
  watchIp();
  syncBuiltinESMExports();
}

function watchFiles() {
  const { rename, unlink, open } = fsPromises;
  fsPromises.rename = async (from, to) => {
    await rename(from, to);
    done(`rename ${nameOf(to)}`);
  };
  fsPromises.unlink = async (file) => {
    await unlink(file);
    done(`unlink ${nameOf(file)}`);
  };
  fsPromises.open = async (file, flags, mode) => {
    const handle = await open(file, flags, mode);
    if (typeof file !== 'string') return handle;
    const { writeFile, sync } = handle;
    if (file.endsWith('events.jsonl'))
      handle.writeFile = async (text) => {
        await writeFile.call(handle, text);
        done('append events.jsonl');
      };
    if (file.endsWith('.unfinished'))
      handle.sync = async () => {
        await sync.call(handle);
        done(`half ${nameOf(file)}`);
      };
    return handle;
  };
}

/** Numbers and digests in names are others in each run. */
function nameOf(file) {
  return path
    .basename(String(file))
    .replace(/^\.(.*)\.[^.]*\.unfinished$/, '$1')
    .replace(/^\d+-[0-9a-f]+/, 'revision')
    .replace(/^\d+/, 'entry')
    .replace(/^lock.*/, 'lock');
}

function watchEtcd() {
  const { connect } = http2;
  http2.connect = (...given) => {
    const session = connect(...given);
    const { request } = session;
    session.request = (headers, ...rest) => {
      const stream = request.call(session, headers, ...rest);
      const method = String(headers[':path']).split('/').at(-1);
      /** @type {string | undefined} */
      let name = `etcd ${method}`;
      const { write } = stream;
      stream.write = (message, ...others) => {
        if (method === 'Txn') name = nameOfTransaction(Buffer.from(message));
        return write.call(stream, message, ...others);
      };
      // The server has done it when it begins to answer.
      if (method === 'Txn' || method.startsWith('Lease'))
        stream.once('response', () => name !== undefined && done(name));
      return stream;
    };
    return session;
  };
}

const written = ['bgppeers', 'holder', 'share', 'fleet/nodes', 'fleet/summaries'];

/**
 * undefined: it reads. etcd/api/etcdserverpb/rpc.proto: field 1 of a TxnRequest are comparisons, which
 * only writes have; a report is written without. The five bytes before are gRPC's.
 */
function nameOfTransaction(message) {
  const isWrite = message[5] === 0x0a || message.includes('{"');
  const what = written.find((key) => message.includes(key)) ?? 'other';
  return isWrite ? `etcd ${what}` : undefined;
}

function watchIp() {
  const { execFile } = childProcess;
  childProcess.execFile = (file, args, options, end) =>
    execFile(file, args, options, (...answer) => {
      if (file === 'ip' && args.includes('-batch')) done('ip -batch');
      end(...answer);
    });
}

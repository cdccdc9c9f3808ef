/** The thread of the embedded store, which only the controller starts. */
import { parentPort, workerData } from 'node:worker_threads';
import { serveDatabase } from './adapters/embedded-store/serve-database.ts';

if (parentPort !== null) serveDatabase(String(workerData), parentPort);

import type { Replica } from './replica.ts';

/** Prints what the replicas have said after each test that failed. To be called within a describe. */
export function logFailures(replicas: () => readonly Replica[]): void {
  afterEach(function () {
    if (this.currentTest?.state !== 'failed') return;
    for (const replica of replicas()) console.error(`${replica.listen}\n${replica.log()}`);
  });
}

/** Objects of a hostile datastore, as large in memory as one reading may be, in several forms. */

export interface HostileObjects {
  readonly name: string;
  readonly count: number;
  /** JSON of the BGPPeer with this number. */
  readonly text: (index: number) => string;
}

const kib = 1024;
/** Below the 48 MiB that one reading may hold (runtime/pacing/reading-budget.ts). */
const heldKib = 46 * kib;

function peer(index: number, metadata: object): string {
  return JSON.stringify({
    apiVersion: 'projectcalico.org/v3',
    kind: 'BGPPeer',
    metadata: { name: `peer-${String(index)}`, resourceVersion: String(index + 1), ...metadata },
    spec: { nodeSelector: 'all()', peerIP: `10.0.${index >> 8}.${index & 255}`, asNumber: 65_001 },
  });
}

const labels = Object.fromEntries(
  Array.from({ length: 4900 }, (_, index) => [`l${String(index)}`, 'x']),
);

export const hostileObjects: readonly HostileObjects[] = [
  {
    name: 'long texts',
    count: heldKib / 256,
    text: (index) => peer(index, { annotations: { a: 'x'.repeat(256 * kib - 600) } }),
  },
  {
    name: 'long texts, two bytes a character',
    count: heldKib / 256,
    text: (index) => peer(index, { annotations: { a: '€'.repeat(128 * kib - 600) } }),
  },
  { name: 'labels', count: Math.floor(heldKib / 800), text: (index) => peer(index, { labels }) },
  { name: 'small objects', count: heldKib, text: (index) => peer(index, {}) },
];

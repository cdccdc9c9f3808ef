/**
 * How much of each kind of input from outside is read. Every reader takes its bounds from this
 * table.
 *
 * A bound is generous for what people and tools write, and small enough that reading takes well
 * below a second and some hundred megabytes, whatever the text says.
 */

const mib = 1024 * 1024;

/** Bounds of a JSON text, whoever wrote it. */
export interface JsonBounds {
  /** What the text is, for people: "a channel message". */
  readonly what: string;
  readonly maxBytes: number;
  /** Levels of objects and lists within each other. */
  readonly maxDepth: number;
  /** Values of all kinds, counted by the commas, colons and brackets of the text. */
  readonly maxValues: number;
}

const depth = 64;

/** JSON that programs write. */
export const jsonBounds = {
  /** One with a configuration of 1 MiB, escaped, and room beside it. */
  message: { what: 'a channel message', maxBytes: 2 * mib, maxDepth: depth, maxValues: 500_000 },
  request: { what: "a request's body", maxBytes: 4 * mib, maxDepth: depth, maxValues: 500_000 },
  answer: { what: "a daemon's answer", maxBytes: 256 * mib, maxDepth: depth, maxValues: 20e6 },
  state: { what: 'a state file', maxBytes: 256 * mib, maxDepth: depth, maxValues: 40e6 },
  /** etcd takes 1.5 MiB for one value as it comes. */
  object: { what: 'an object in etcd', maxBytes: 16 * mib, maxDepth: depth, maxValues: 500_000 },
  annotation: { what: 'JSON in an annotation', maxBytes: mib, maxDepth: depth, maxValues: 50_000 },
  /** OpenAPI documents of an API server are the deepest. */
  kubernetes: {
    what: 'an answer of the API server',
    maxBytes: 64 * mib,
    maxDepth: 256,
    maxValues: 10e6,
  },
  lxd: { what: 'an answer of LXD', maxBytes: 64 * mib, maxDepth: depth, maxValues: 5e6 },
  credential: {
    what: "a credential plugin's answer",
    maxBytes: mib,
    maxDepth: depth,
    maxValues: 50_000,
  },
  /** 5,000 nodes of kubectl's JSON have 50 to 100 MB. */
  machine: {
    what: 'what kubectl, calicoctl or juju print',
    maxBytes: 256 * mib,
    maxDepth: depth,
    maxValues: 40e6,
  },
} as const satisfies Readonly<Record<string, JsonBounds>>;

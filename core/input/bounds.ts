/**
 * The bounds of each kind of input from outside. Every reader takes its bounds from this table,
 * docs/limits.md shows it, and test/security tests every reader with it.
 *
 * A bound is generous for the texts of people and tools, and small enough that reading any text
 * takes well below a second and some hundred megabytes.
 */

const kib = 1024;
const mib = 1024 * kib;

/** The bounds of a JSON text. */
export interface JsonBounds {
  /** The kind of text, for people: "a channel message". */
  readonly what: string;
  readonly maxBytes: number;
  /** Levels of objects and lists within each other. */
  readonly maxDepth: number;
  /** Values of all kinds, counted by the commas, colons and brackets of the text. */
  readonly maxValues: number;
}

/** Bounds of a YAML text that is read with the place of every value. */
export interface TextBounds extends JsonBounds {
  /** Characters of one key. Kubernetes allows 317 for a label with its prefix. */
  readonly maxKeyLength: number;
  /** Characters of all texts and of all values' pointers together, after aliases are expanded. */
  readonly maxExpanded: number;
  /** The lexer's tokens: marks, line breaks, indents and texts. */
  readonly maxTokens: number;
  /** Documents that `---` separates. */
  readonly maxDocuments: number;
}

/** Issues that are reported for one text. */
export const maxIssuesTold = 500;

const depth = 64;

/** 25,000 peers, each with its address and AS number, are within: 5 to 6 s of computing, 180 MB. */
const config: Omit<TextBounds, 'what'> = {
  maxBytes: mib,
  maxDepth: depth,
  maxValues: 150_000,
  maxKeyLength: 512,
  maxExpanded: 16 * mib,
  maxTokens: 600_000,
  maxDocuments: 1,
};

/** Texts that people write, read with the place of every value. */
export const textBounds = {
  /** A bundle is followed by its overlays. */
  config: { ...config, what: 'a network configuration', maxDocuments: 50 },
  /** For all options of one configuration together. */
  option: { ...config, what: 'YAML inside of the texts of charm options' },
  facts: { ...config, what: "a node's facts", maxBytes: 256 * kib, maxValues: 20_000 },
  nodes: {
    ...config,
    what: 'a list of nodes, or YAML that kubectl, calicoctl or juju print',
    // In our own form, 5,000 nodes with a dozen labels each have 3 MB.
    maxBytes: 16 * mib,
    maxValues: 1_500_000,
    maxExpanded: 128 * mib,
    maxTokens: 4_000_000,
    maxDocuments: 10_000,
  },
  resources: {
    ...config,
    what: "a file of the files driver's folder",
    maxDocuments: 10_000,
  },
  settings: { ...config, what: 'agent.yaml', maxValues: 20_000, maxTokens: 100_000 },
  controllerSettings: {
    ...config,
    what: 'controller.yaml',
    maxBytes: 64 * kib,
    maxValues: 1000,
    maxTokens: 10_000,
  },
  strategy: {
    ...config,
    what: 'the strategy of a rollout',
    maxBytes: 256 * kib,
    maxValues: 20_000,
    maxTokens: 100_000,
  },
  kubeconfig: { ...config, what: 'a kubeconfig', maxValues: 50_000, maxTokens: 200_000 },
  /** cni.yaml of MicroK8s has 325 KB; of its documents two are read. */
  hostYaml: {
    ...config,
    what: 'YAML of MicroK8s or K3s on the host',
    maxValues: 20_000,
    maxTokens: 100_000,
    maxDocuments: 200,
  },
  kops: {
    ...config,
    what: "kops' documents: a cluster and its instance groups",
    maxDocuments: 200,
  },
  calicoctl: {
    ...config,
    what: "calicoctl's settings",
    maxBytes: 256 * kib,
    maxValues: 10_000,
    maxTokens: 50_000,
  },
} as const satisfies Readonly<Record<string, TextBounds>>;

/** The bounds of JSON that programs write. */
export const jsonBounds = {
  /** Room for a configuration of 1 MiB, escaped, and a dozen values. */
  message: {
    what: 'a message of the controller',
    maxBytes: 2 * mib,
    maxDepth: depth,
    maxValues: 1000,
  },
  /** The facts of a node have up to 64 KiB, the rest of a hello some ten. */
  agentMessage: {
    what: 'a message of an agent',
    maxBytes: 512 * kib,
    maxDepth: depth,
    maxValues: 20_000,
  },
  /** Many bytes and few values: JSON.parse takes a microsecond for each, and cannot be parted. */
  request: { what: "a request's body", maxBytes: 4 * mib, maxDepth: depth, maxValues: 20_000 },
  answer: { what: "a daemon's answer", maxBytes: 256 * mib, maxDepth: depth, maxValues: 20e6 },
  /** A revision of 1 MiB whose characters are all escaped, and escaped again. */
  backupLine: {
    what: "a line of a backup of a controller's store",
    maxBytes: 16 * mib,
    maxDepth: 4,
    maxValues: 20,
  },
  /** Ten issues of a few KiB each are most of it. */
  storedAnswer: {
    what: "a node's stored answers",
    maxBytes: 512 * kib,
    maxDepth: 8,
    maxValues: 500,
  },
  /** A request for a certificate, its answer, and the records about both in the controller's store. */
  enrolment: {
    what: 'a request for a certificate',
    maxBytes: 64 * 1024,
    maxDepth: 4,
    maxValues: 5000,
  },
  state: { what: 'a state file', maxBytes: 256 * mib, maxDepth: depth, maxValues: 40e6 },
  /**
   * etcd takes 1.5 MiB for one value; a resource of a person has some hundred values. Checking one of
   * 5,000 labels takes 20 ms, which cannot be parted.
   */
  object: { what: 'an object in etcd', maxBytes: 16 * mib, maxDepth: depth, maxValues: 10_000 },
  /** A block of 4,096 addresses, the largest that Calico knows, with ten values of each. */
  block: { what: 'an IPAM block in etcd', maxBytes: 16 * mib, maxDepth: depth, maxValues: 200_000 },
  annotation: { what: 'JSON in an annotation', maxBytes: mib, maxDepth: depth, maxValues: 50_000 },
  /** Also for one object of a list. OpenAPI documents of an API server are the deepest. */
  kubernetes: {
    what: 'an answer of the API server',
    maxBytes: 16 * mib,
    maxDepth: 256,
    maxValues: 10e6,
  },
  /** 150 bytes a route: some 50,000 of one family. */
  routes: { what: "the kernel's routes", maxBytes: 8 * mib, maxDepth: depth, maxValues: 2e6 },
  /** 5,000 destinations of up to 49 characters. */
  guardRequest: {
    what: 'a request for guard routes',
    maxBytes: 320 * kib,
    maxDepth: 4,
    maxValues: 20_000,
  },
  guardAnswer: { what: 'an answer about guard routes', maxBytes: 4096, maxDepth: 4, maxValues: 20 },
  /** A file of the platform has at most 4 MiB, and JSON may need two bytes for one. */
  hostRequest: {
    what: 'a request to edit a host file',
    maxBytes: 9 * mib,
    maxDepth: 4,
    maxValues: 20,
  },
  hostAnswer: { what: 'an answer about a host file', maxBytes: 4096, maxDepth: 4, maxValues: 20 },
  /** A report has 300 to 800 bytes, a summary below 10 KiB; other nodes write them. */
  fleetReport: { what: "another node's report", maxBytes: 4096, maxDepth: 8, maxValues: 200 },
  fleetSummary: {
    what: 'the summary of a fleet',
    maxBytes: 96 * kib,
    maxDepth: 8,
    maxValues: 1000,
  },
  flannelConfig: {
    what: "flannel's configuration",
    maxBytes: 64 * kib,
    maxDepth: 8,
    maxValues: 500,
  },
  conflist: { what: 'a CNI configuration', maxBytes: 256 * kib, maxDepth: 32, maxValues: 5000 },
  /** 700 bytes an interface; a node has some for each pod. */
  links: { what: "the kernel's interfaces", maxBytes: 8 * mib, maxDepth: depth, maxValues: 2e6 },
  /** Some hundred KB; the agent takes the channel of one snap from it. */
  snapdState: { what: "snapd's state", maxBytes: 4 * mib, maxDepth: depth, maxValues: 500_000 },
  instanceMetadata: {
    what: 'the metadata of an instance of EC2',
    maxBytes: 256 * kib,
    maxDepth: 16,
    maxValues: 5000,
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

/**
 * The most characters of each text of an agent's status that a controller keeps and shows; longer
 * ones are cut. So one node needs at most some 10 KB, whatever its agent sends. The agent's own
 * socket has the whole texts.
 */
export const keptOfStatus = {
  message: 1000,
  /** The gates at which one step waits, each with its condition and reason. */
  gates: 3,
  condition: 400,
  why: 600,
  title: 256,
  /** Texts about the worst session, the node's health, and guard routes. */
  worst: 320,
  unhealthy: 1000,
  /** The other nodes that a confirmation waits for. */
  awaits: 600,
  guardWhy: 300,
  /** Adapters that fail again and again, each with its reason. */
  degraded: 5,
  degradedReason: 300,
  holdWhy: 1000,
} as const;

/** Lines that BIRD writes on its control socket, in one conversation. */
export const birdBounds = {
  what: 'the answers of BIRD',
  /** 1 KB a session: some 8,000 of them. */
  maxBytes: 8 * mib,
  maxLines: 250_000,
  /** BIRD 1.6 has 512 bytes for a line, 2 has 1024. */
  maxLineLength: 4096,
} as const;

/** Lines of BIRD's routes with their attributes: some 300 bytes and 8 lines for each of 5,000 routes. */
export const routeBounds = { maxBytes: 2 * mib, maxLines: 40_000 } as const;

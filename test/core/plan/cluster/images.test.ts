/** Edits of images × observed workloads → steps. */
import { expect } from 'chai';
import { parseConfig } from '../../../../core/config/parse.ts';
import type { PlainMap } from '../../../../core/input/plain-data.ts';
import {
  planClusterStages,
  type ClusterStages,
} from '../../../../core/plan/cluster/plan-cluster.ts';
import { imageEdits } from '../../../../core/platform/images/cluster-edits.ts';
import { isSameRef, type ObjectRef } from '../../../../core/platform/cluster/object-ref.ts';
import type {
  ObservedCluster,
  ObservedSecret,
  Workload,
} from '../../../../core/platform/cluster/observed-cluster.ts';

interface Seen {
  readonly ref: ObjectRef;
  readonly content: PlainMap;
  readonly workload?: Partial<Workload>;
}

const namespace = 'kube-system';
const nodeRef: ObjectRef = { kind: 'DaemonSet', namespace, name: 'calico-node' };
const containersOf = (images: Readonly<Record<string, string>>): readonly object[] =>
  Object.entries(images).map(([name, image]) => ({ name, image }));

function workloadOf(
  ref: ObjectRef,
  {
    initContainers = {},
    containers = {},
    metadata = {},
  }: {
    readonly initContainers?: Readonly<Record<string, string>>;
    readonly containers?: Readonly<Record<string, string>>;
    readonly metadata?: object;
  },
): PlainMap {
  const spec = {
    initContainers: containersOf(initContainers),
    containers: containersOf(containers),
  };
  return {
    kind: ref.kind,
    metadata: { name: ref.name, ...metadata },
    spec: { template: { spec } },
  };
}

const plainNode = (more: { readonly metadata?: object; readonly image?: string } = {}): Seen => ({
  ref: nodeRef,
  content: workloadOf(nodeRef, {
    initContainers: { 'install-cni': 'docker.io/calico/cni:v3.29.3' },
    containers: { 'calico-node': more.image ?? 'docker.io/calico/node:v3.29.3' },
    ...(more.metadata !== undefined && { metadata: more.metadata }),
  }),
});

const whole: Omit<Workload, 'object'> = {
  generation: 1,
  observedGeneration: 1,
  desired: 3,
  updated: 3,
  total: 3,
  ready: 3,
  available: 3,
  images: [],
};

function isFirst(ref: ObjectRef, index: number, all: readonly ObjectRef[]): boolean {
  return all.findIndex((one) => isSameRef(one, ref)) === index;
}

function plan(
  section: string,
  seen: readonly Seen[],
  secrets: readonly ObservedSecret[] = [],
): ClusterStages {
  const parsed = parseConfig(
    `apiVersion: calico-agent/v1\nkind: NetworkConfig\nimages: ${section}\n`,
  );
  if (!parsed.ok || parsed.model.images === undefined) throw new Error(JSON.stringify(parsed));
  const desired = {
    settings: parsed.model.images,
    application: 'calico',
    kubectl: 'microk8s kubectl',
  } as const;
  const edits = imageEdits(desired);
  const refs = edits.flatMap((edit) => ('object' in edit ? [edit.object] : []));
  const observed: ObservedCluster = {
    objects: refs.filter(isFirst).map((object) => {
      const found = seen.find(({ ref }) => ref.name === object.name && ref.kind === object.kind);
      return {
        object,
        undo: { state: 'none' },
        conflicts: [],
        ...(found !== undefined && { before: found.content, version: '1' }),
      };
    }),
    workloads: seen.map(({ ref, workload }) => ({ object: ref, ...whole, ...workload })),
    strayPods: [],
    pullSecrets: secrets,
  };
  return planClusterStages(edits, observed);
}

/** `title: path = value`, and `title: gate kind`. */
function steps({ early, late }: ClusterStages): readonly string[] {
  return [...early, ...late].flatMap(({ title, changes, gates }) => [
    ...gates.map(({ kind }) => `${title}: ${kind}`),
    ...changes.flatMap((change) =>
      change.action === 'apply-object'
        ? change.fields.map(({ path, after }) => `${path} = ${JSON.stringify(after)}`)
        : [change.action],
    ),
  ]);
}

const codes = ({ issues }: ClusterStages): readonly string[] =>
  issues.map(({ severity, code }) => `${severity} ${code}`);

const spec = 'spec.template.spec';
const mirror = '{registry: "registry.example:5000"}';
const moved = [
  `${spec}.initContainers[install-cni].image = "registry.example:5000/calico/cni:v3.29.3"`,
  `${spec}.containers[calico-node].image = "registry.example:5000/calico/node:v3.29.3"`,
  'Wait for the pods of DaemonSet kube-system/calico-node: rollout',
  'end-rollout',
];

describe('the plan of images', () => {
  it('moves the containers that are there, and waits for the pods', () => {
    const planned = plan(mirror, [plainNode()]);
    expect(steps(planned)).to.have.members(moved);
    expect(codes(planned)).to.deep.equal([]);
  });

  it('is empty where the image that runs means the same', () => {
    const section = '{node: "calico/node:v3.29.3"}';
    expect(steps(plan(section, [plainNode()]))).to.deep.equal([]);
  });

  it('refuses a container that the document names and the workload lacks', () => {
    const planned = plan('{flexVolume: "calico/pod2daemon-flexvol:v3.29.3"}', [plainNode()]);
    expect(codes(planned)).to.deep.equal(['error cluster-field-missing']);
    expect(planned.issues[0]?.message).to.include('container flexvol-driver');
  });

  it('waits for a workload that it needs, and says where else it may be', () => {
    const planned = plan(mirror, []);
    expect(planned.missing).to.deep.equal(['DaemonSet kube-system/calico-node']);
    expect(codes(planned)).to.deep.equal(['warning images-no-workload']);
    expect(planned.issues[0]?.hint).to.include('installedBy: operator');
    const typha = plan('{typha: "calico/typha:v3.29.3"}', [plainNode()]);
    expect(typha.missing).to.deep.equal(['Deployment kube-system/calico-typha']);
  });

  for (const [owner, metadata] of [
    [
      'operator',
      { ownerReferences: [{ apiVersion: 'operator.tigera.io/v1', kind: 'Installation' }] },
    ],
    ['kops', { labels: { 'addon.kops.k8s.io/name': 'networking.projectcalico.org' } }],
    ['charm', { labels: { 'juju.io/application': 'calico' } }],
  ] as const) {
    it(`refuses a workload that belongs to ${owner}, also for a pull secret alone`, () => {
      for (const section of [mirror, '{pullSecret: credentials}']) {
        const planned = plan(section, [plainNode({ metadata })]);
        expect(codes(planned)).to.deep.equal(['error images-other-owner']);
        expect(planned.issues[0]?.hint).to.equal(`write installedBy: ${owner}`);
        expect(steps(planned)).to.deep.equal([]);
      }
    });
  }

  for (const [who, metadata] of [
    ['K3s', { annotations: { 'objectset.rio.cattle.io/owner-name': 'calico' } }],
    ['Helm', { labels: { 'app.kubernetes.io/managed-by': 'Helm' } }],
  ] as const) {
    it(`warns that ${who} applies its own manifest again`, () => {
      const planned = plan(mirror, [plainNode({ metadata })]);
      expect(codes(planned)).to.deep.equal(['warning images-reapplied']);
      expect(planned.issues[0]?.message).to.include(who);
      expect(steps(planned)).to.have.members(moved);
    });
  }

  it('warns of another minor release, and not of another patch', () => {
    expect(codes(plan('{version: v3.29.4}', [plainNode()]))).to.deep.equal([]);
    const planned = plan('{version: v3.30.0}', [plainNode()]);
    expect(codes(planned)).to.deep.equal([
      'warning images-other-release',
      'warning images-other-release',
    ]);
  });

  it('refuses to change a part of an image that is no reference', () => {
    const planned = plan(mirror, [plainNode({ image: 'Calico/Node' })]);
    expect(codes(planned)).to.deep.equal(['error image-unreadable']);
    const named = plan('{node: "calico/node:v3.29.3"}', [plainNode({ image: 'Calico/Node' })]);
    expect(codes(named)).to.deep.equal([]);
  });

  it('keeps a digest for another registry, and drops it for another version', () => {
    const digest = `sha256:${'a'.repeat(64)}`;
    const seen = [plainNode({ image: `calico/node:v3.29.3@${digest}` })];
    expect(steps(plan('{registry: a.b}', seen)).join('\n')).to.include(
      `"a.b/calico/node:v3.29.3@${digest}"`,
    );
    expect(steps(plan('{version: v3.29.4}', seen)).join('\n')).to.include('"calico/node:v3.29.4"');
  });

  const secret = (found: ObservedSecret['found']): readonly ObservedSecret[] => [
    { namespace, name: 'credentials', found },
  ];
  const section = '{registry: "registry.example:5000", pullSecret: credentials}';

  it('waits for a pull secret that is absent, or of a type for something else', () => {
    const absent = plan(section, [plainNode()], secret({ state: 'absent' }));
    expect([codes(absent), steps(absent)]).to.deep.equal([['warning pull-secret-absent'], []]);
    expect(absent.missing).to.deep.equal(['Secret kube-system/credentials']);
    expect(absent.issues[0]?.hint).to.match(/^microk8s kubectl create secret /u);
    const opaque = plan(section, [plainNode()], secret({ state: 'there', type: 'Opaque' }));
    expect([codes(opaque), steps(opaque)]).to.deep.equal([['warning pull-secret-type'], []]);
  });

  it('goes on with one that is there, and with one that nobody may look at', () => {
    const type = 'kubernetes.io/dockerconfigjson';
    const there = plan(section, [plainNode()], secret({ state: 'there', type }));
    expect(codes(there)).to.deep.equal([]);
    const unknown = plan(section, [plainNode()], secret({ state: 'unknown', why: 'no right' }));
    expect(codes(unknown)).to.deep.equal(['warning pull-secret-unknown']);
    for (const planned of [there, unknown]) {
      expect(steps(planned).join('\n')).to.include(`${spec}.imagePullSecrets`);
    }
  });
});

describe('the plan of images that the Tigera operator keeps', () => {
  const installation: Seen = {
    ref: { kind: 'Installation', name: 'default' },
    content: { kind: 'Installation', metadata: { name: 'default' }, spec: {} },
  };
  const system = (kind: 'DaemonSet' | 'Deployment', name: string, image: string): Seen => {
    const ref: ObjectRef = { kind, namespace: 'calico-system', name };
    return { ref, content: workloadOf(ref, {}), workload: { images: [image] } };
  };
  const section = '{installedBy: operator, registry: "registry.example:5000"}';

  it('changes the Installation, waits for the operator, and then for the pods', () => {
    const before = [
      installation,
      system('DaemonSet', 'calico-node', 'docker.io/calico/node:v3.29.3'),
      system('Deployment', 'calico-kube-controllers', 'docker.io/calico/kube-controllers:v3.29.3'),
    ];
    expect(steps(plan(section, before))).to.deep.equal([
      'spec.registry = "registry.example:5000/"',
      'Wait for the change of DaemonSet calico-system/calico-node: outside',
      'Wait for the change of Deployment calico-system/calico-kube-controllers: outside',
    ]);
    const after = [
      {
        ...installation,
        content: { ...installation.content, spec: { registry: 'registry.example:5000/' } },
      },
      system('DaemonSet', 'calico-node', 'registry.example:5000/calico/node:v3.29.3'),
      system('Deployment', 'calico-kube-controllers', 'registry.example:5000/calico/x:v3.29.3'),
    ];
    expect(steps(plan(section, after))).to.deep.equal([]);
  });

  it('waits for pods that are not new, and not for a node that is down', () => {
    const there = { ...installation.content, spec: { registry: 'registry.example:5000/' } };
    const image = 'registry.example:5000/calico/x:v3.29.3';
    const seen = (workload: Partial<Workload>): readonly Seen[] => [
      { ...installation, content: there },
      { ...system('DaemonSet', 'calico-node', image), workload: { images: [image], ...workload } },
      system('Deployment', 'calico-kube-controllers', image),
    ];
    expect(steps(plan(section, seen({ available: 2, ready: 2 })))).to.deep.equal([]);
    for (const workload of [{ updated: 1 }, { generation: 2 }]) {
      expect(steps(plan(section, seen(workload)))).to.deep.equal([
        'Wait for the change of DaemonSet calico-system/calico-node: rollout',
      ]);
    }
  });

  it('waits where there is no Installation', () => {
    expect(plan(section, []).missing).to.include('Installation default');
  });
});

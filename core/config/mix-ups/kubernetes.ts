/** Recognises documents with apiVersion and kind that are no NetworkConfig. */
import type { LocatedMap } from '../yaml/located.ts';
import { nearestName } from '../../nearest-name.ts';
import { fieldsOf, itemsOf, textOf } from '../yaml/read-values.ts';
import { accepted, exportHint, nodesHint, notConfig, type MixUp } from './mix-up.ts';

export interface Kind {
  readonly apiVersion: string;
  readonly kind: string;
}

interface KnownKind {
  readonly matches: (kind: Kind) => boolean;
  readonly mixUp: (kind: Kind) => MixUp;
}

const folderHint =
  'put such files into a folder and run calico-agent export --directory FOLDER > network.yaml';

const known: readonly KnownKind[] = [
  {
    matches: ({ apiVersion, kind }) => apiVersion === 'calico-agent/v1' && kind === 'AgentConfig',
    mixUp: () => ({
      what: 'the settings of an agent (agent.yaml)',
      comment: notConfig,
      hint: 'calico-agent run --config FILE takes it; here give a NetworkConfig, or the options of the calico charm',
    }),
  },
  {
    matches: ({ apiVersion, kind }) => apiVersion === 'v1' && kind === 'Config',
    mixUp: () => ({
      what: 'a kubeconfig',
      comment: notConfig,
      hint: 'calico-agent export --kubeconfig FILE > network.yaml makes one of that cluster',
    }),
  },
  {
    matches: ({ kind }) => kind === 'CalicoAPIConfig',
    mixUp: () => ({ what: 'the settings of calicoctl (calicoctl.cfg)', hint: exportHint }),
  },
  {
    matches: ({ kind }) => kind === 'Node' || kind === 'NodeList',
    mixUp: (kind) => ({ what: named(kind), comment: notConfig, hint: nodesHint }),
  },
  {
    matches: ({ apiVersion }) => /^(?:crd\.)?projectcalico\.org\/v/.test(apiVersion),
    mixUp: (kind) => ({ what: `Calico's own ${bare(kind)}`, hint: folderHint }),
  },
  {
    matches: ({ apiVersion }) => apiVersion.startsWith('metallb.io/'),
    mixUp: (kind) => ({
      what: `MetalLB's own ${bare(kind)}`,
      hint: `MetalLB keeps it, and Calico's peers are written as bgp.peers: ${accepted}`,
    }),
  },
  {
    matches: ({ apiVersion }) => /(?:^|\.)tigera\.io\/v/.test(apiVersion),
    mixUp: (kind) => ({
      what: `an input of the Tigera operator, ${named(kind)}`,
      hint: `it stays the operator's: ${exportHint}`,
    }),
  },
  {
    matches: ({ apiVersion }) => /^kops(?:\.k8s\.io)?\/v/.test(apiVersion),
    mixUp: (kind) => ({
      what: `an input of kops, ${named(kind)}`,
      hint: `it stays with kops: ${exportHint}`,
    }),
  },
];

/** @returns undefined for a NetworkConfig of another version, or one that is spelled in another way */
export function recogniseKind(root: LocatedMap): MixUp | undefined {
  const kind = listed(root) ?? kindOf(root);
  return kind && mixUpOf(kind);
}

export function mixUpOf(kind: Kind): MixUp | undefined {
  const found = known.find(({ matches }) => matches(kind));
  if (found !== undefined) return found.mixUp(kind);
  const isOurs = nearestName(kind.apiVersion, ['calico-agent/v1']) !== undefined;
  return isOurs ? undefined : { what: `${named(kind)}, an object of Kubernetes`, hint: accepted };
}

/** The kind of a list's items. */
function listed(root: LocatedMap): Kind | undefined {
  const own = kindOf(root);
  const [first] = itemsOf(fieldsOf(root).get('items'));
  if (own?.kind.endsWith('List') !== true || first?.kind !== 'map') return undefined;
  const item = kindOf(first);
  const { apiVersion } = own;
  // Items of a typed list do not repeat their kind.
  return item ?? { apiVersion, kind: own.kind.slice(0, -'List'.length) };
}

function kindOf(root: LocatedMap): Kind | undefined {
  const fields = fieldsOf(root);
  const apiVersion = textOf(fields.get('apiVersion'))?.value.slice(0, 64);
  const kind = textOf(fields.get('kind'))?.value.slice(0, 64);
  return apiVersion === undefined || kind === undefined ? undefined : { apiVersion, kind };
}

function bare({ apiVersion, kind }: Kind): string {
  return `${kind} of ${apiVersion}`;
}

function named({ apiVersion, kind }: Kind): string {
  return `${/^[AEIOU]/.test(kind) ? 'an' : 'a'} ${kind} of ${apiVersion}`;
}

/** Reads the native dialect: a document of schemas/network-config.schema.json → the model. */
import { isNetworkConfig } from '../../../schemas/generated/network-config.validator.js';
import type { NetworkDraft } from '../model.ts';
import type { Findings } from '../../findings.ts';
import { withoutUndefined } from '../../without-undefined.ts';
import type { Located, LocatedMap } from '../yaml/located.ts';
import type { Bgp, Network, Sourced } from '../model.ts';
import { plainValue } from '../yaml/plain-value.ts';
import { booleanOf, fieldsOf, integerOf, itemsOf, oneOf, textOf } from '../yaml/read-values.ts';
import { schemaIssues } from '../schema/schema-issues.ts';
import { readAsNumber, readPeers } from '../peer/read-peers.ts';
import { readServiceNetwork } from '../values/subnet.ts';
import { announcedByCalico } from '../metallb/announced-by-calico.ts';
import { checkMetalLb } from '../metallb/rules/check-metallb.ts';
import { checkBesidePlatform } from '../checks/images-and-platform.ts';
import { checkBesideCalico } from '../metallb/rules/beside-calico.ts';
import { readGroups } from './read-group.ts';
import { readPlatform } from './platform/read-platform.ts';
import { readCloud } from './read-cloud.ts';
import { readImages } from './read-images.ts';
import { readLxd } from './read-lxd.ts';
import { readMetalLb } from './metallb/read-metallb.ts';
import { readPools } from './read-pool.ts';

export function readNative(
  root: LocatedMap,
  unitApplication: string,
  findings: Findings,
): NetworkDraft {
  if (!isNetworkConfig(plainValue(root))) {
    findings.add(schemaIssues(isNetworkConfig.errors ?? [], root));
  }
  const fields = fieldsOf(root);
  const application = textOf(fields.get('unitApplication'))?.value ?? unitApplication;
  const hasGroups = fields.get('groups')?.kind === 'list';
  const pools = fields.get('pools');
  const unknownPools = oneOf(fields.get('unknownPools'), [
    'keep',
    'delete',
    'delete-in-use',
  ] as const);
  if (unknownPools !== undefined && unknownPools.value !== 'keep' && pools === undefined) {
    const message = 'unknown pools are to be deleted, but no pools are named to stay';
    findings.error(unknownPools.place, 'unknown-pools-without-pools', message, 'name the pools');
  }
  const ofPools = pools?.kind === 'list' ? readPools(pools, findings) : undefined;
  const images = readImages(fields.get('images'), findings);
  const platform = readPlatform(fields, { pools: ofPools, images }, findings);
  if (images !== undefined) checkBesidePlatform(images, platform, findings);
  const draft = withoutUndefined({
    dialect: 'native' as const,
    unitApplication: application,
    bgp: readBgp(fields.get('bgp'), findings),
    pools: ofPools,
    unknownPools: unknownPools ?? { value: 'keep' as const, place: root.place },
    groups: readGroups(fields.get('groups'), application, findings),
    managesNode: { asNumber: hasGroups, routeReflectorClusterId: hasGroups },
    lxd: readLxd(fields.get('lxd'), findings),
    cloud: readCloud(fields.get('cloud')),
    platform,
    images,
  });
  return withMetalLb(draft, fields.get('metallb'), findings);
}

/** Its rules go by the other sections, and with `speaker: calico` it adds to BGP's settings. */
function withMetalLb(
  draft: NetworkDraft,
  node: Located | undefined,
  findings: Findings,
): NetworkDraft {
  const read = readMetalLb(node, findings);
  if (read === undefined) return draft;
  const { settings, named } = read;
  checkMetalLb(settings, named, findings);
  checkBesideCalico(settings, draft, findings);
  return { ...draft, metallb: settings, bgp: announcedByCalico(draft.bgp, settings, findings) };
}

function readBgp(node: Located | undefined, findings: Findings): Bgp {
  const fields = fieldsOf(node);
  const networks = (key: string): Bgp['serviceClusterIPs'] =>
    readServiceNetworks(fields.get(key), findings);
  return withoutUndefined({
    asNumber: readAsNumber(fields.get('asNumber'), findings),
    nodeToNodeMesh: booleanOf(fields.get('nodeToNodeMesh')),
    listenPort: integerOf(fields.get('listenPort')),
    peering: oneOf(fields.get('peering'), ['selectors', 'per-node'] as const),
    peers: readPeers(fields.get('peers'), 'asNumber', findings),
    serviceClusterIPs: networks('serviceClusterIPs'),
    serviceExternalIPs: networks('serviceExternalIPs'),
    serviceLoadBalancerIPs: networks('serviceLoadBalancerIPs'),
  });
}

function readServiceNetworks(
  node: Located | undefined,
  findings: Findings,
): Sourced<readonly Sourced<Network>[]> | undefined {
  if (node?.kind !== 'list') return undefined;
  const value = itemsOf(node).flatMap((item) => {
    const text = textOf(item);
    const network = text && readServiceNetwork(text, findings);
    return network === undefined ? [] : [network];
  });
  return { value, place: node.place };
}

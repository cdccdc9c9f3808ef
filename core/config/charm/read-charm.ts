/** Reads the charm dialect: the calico charm's options → the model. */
import { isCharmOptions } from '../../../schemas/generated/charm-options.validator.js';
import type { Place } from '../../issue.ts';
import type { NetworkDraft } from '../model.ts';
import type { Findings } from '../../findings.ts';
import { withoutUndefined } from '../../without-undefined.ts';
import type { Located, LocatedMap } from '../yaml/located.ts';
import type { Bgp } from '../model.ts';
import { plainValue } from '../yaml/plain-value.ts';
import { booleanOf, fieldsOf } from '../yaml/read-values.ts';
import { schemaIssues } from '../schema/schema-issues.ts';
import { readAsNumber, readPeers } from '../peer/read-peers.ts';
import { readServiceNetwork } from '../values/subnet.ts';
import { checkCharmImages } from './check-images.ts';
import { noteAbsentOptions, noteForeignOptions, withoutForeign } from './notes.ts';
import { readCharmGroups } from './read-groups.ts';
import { readCharmPools } from './read-pools.ts';
import { unfold } from './unfold.ts';
import { wordsOf } from './words.ts';

/** `written`: the options as they stand in the document, after unwrapping. */
export function readCharm(
  written: LocatedMap,
  unitApplication: string,
  findings: Findings,
): NetworkDraft {
  const unfolded = unfold(written, findings);
  if (!isCharmOptions(plainValue(unfolded))) {
    findings.add(withoutForeign(schemaIssues(isCharmOptions.errors ?? [], unfolded), unfolded));
  }
  noteAbsentOptions(written, findings);
  const options = fieldsOf(unfolded);
  checkCharmImages(options, findings);
  noteForeignOptions(unfolded, findings);
  const bgp = readBgp(options, findings);
  const groups = readCharmGroups(options, unitApplication, findings);
  return {
    dialect: 'charm',
    unitApplication,
    bgp,
    ...readCharmPools(options, written.place, findings),
    groups,
    managesNode: {
      asNumber: options.has('unit-as-numbers') || options.has('subnet-as-numbers'),
      routeReflectorClusterId: options.has('route-reflector-cluster-ids'),
    },
  };
}

function readBgp(options: ReadonlyMap<string, Located>, findings: Findings): Bgp {
  const networks = (option: string): Bgp['serviceClusterIPs'] =>
    readServiceNetworks(options.get(option), option, findings);
  return withoutUndefined({
    asNumber: readAsNumber(options.get('global-as-number'), findings),
    nodeToNodeMesh: booleanOf(options.get('node-to-node-mesh')),
    peers: readPeers(options.get('global-bgp-peers'), 'as-number', findings),
    serviceClusterIPs: networks('bgp-service-cluster-ips'),
    serviceExternalIPs: networks('bgp-service-external-ips'),
    serviceLoadBalancerIPs: networks('bgp-service-loadbalancer-ips'),
  });
}

function readServiceNetworks(
  node: Located | undefined,
  option: string,
  findings: Findings,
): Bgp['serviceClusterIPs'] {
  const place: Place | undefined = node?.place;
  if (place === undefined) return undefined;
  const value = wordsOf(node, option, 'spaces').flatMap(
    (word) => readServiceNetwork(word, findings, 'separate them by spaces alone') ?? [],
  );
  return { value, place };
}

/**
 * MetalLB's own rules [internal/config/config.go, validation.go of 0.16; the CustomResourceDefinitions], and
 * what its webhook does not see. These rules need no nodes; core/fabric/metallb/check-metallb.ts has the others.
 */
import type { Findings } from '../../../findings.ts';
import type { MetalLbSettings } from '../settings.ts';
import { checkAdvertisements } from './advertisements.ts';
import { checkAggregation } from './aggregation.ts';
import { checkBfd } from './bfd.ts';
import { checkCommunities } from './communities.ts';
import { checkLists } from './lists.ts';
import { checkLocalPref } from './local-pref.ts';
import { checkBgpMode } from './bgp-mode.ts';
import { checkPeers } from './peers.ts';
import type { Named } from './named.ts';
import { checkPools } from './pools.ts';
import { checkRelease } from './release.ts';
import { checkSelectors } from './selectors.ts';
import { checkSharedNodes } from './shared-nodes.ts';

export function checkMetalLb(settings: MetalLbSettings, named: Named, findings: Findings): void {
  checkPools(settings, named, findings);
  checkSelectors(settings, findings);
  checkLists(settings, named, findings);
  if (named.isWhole) checkAdvertisements(settings, findings);
  checkAggregation(settings, findings);
  checkLocalPref(settings, undefined, findings);
  checkCommunities(settings, named, findings);
  checkPeers(settings, named, findings);
  checkSharedNodes(settings, undefined, findings);
  checkBfd(settings, findings);
  checkBgpMode(settings, findings);
  checkRelease(settings, findings);
}

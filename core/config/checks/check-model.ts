/** All checks of a configuration that need no nodes. */
import { hasErrors } from '../../issue.ts';
import type { NetworkDraft } from '../model.ts';
import type { Findings } from '../../findings.ts';
import { checkGroupConflicts } from './group-conflicts.ts';
import { checkK3sPools } from './k3s-pools.ts';
import { checkMesh } from './mesh.ts';
import { checkOverlappingSubnets } from './overlapping-subnets.ts';
import { checkPeerConflicts } from './peer-conflicts.ts';
import { checkPeerDuplicates } from './peer-duplicates.ts';
import { checkPools } from './pools.ts';
import { checkServiceNetworks } from './service-networks.ts';
import { checkUniqueLabels, checkUniqueNames } from './unique-names.ts';

export function checkModel(model: NetworkDraft, findings: Findings): void {
  const pools = model.pools ?? [];
  checkUniqueNames('group', model.groups, findings);
  checkUniqueNames('pool', pools, findings);
  checkUniqueLabels(model.groups, findings);
  checkGroupConflicts(model.groups, findings);
  checkOverlappingSubnets(model.groups, findings);
  checkPeerConflicts(model, findings);
  checkPeerDuplicates(model, findings);
  checkPools(pools, findings);
  checkServiceNetworks(model.bgp, findings);
  checkK3sPools(model, findings);
  // If a peer could not be read, it was left out, and the model only seems to have none.
  if (!hasErrors(findings.issues)) checkMesh(model, findings);
}

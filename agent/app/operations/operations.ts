/** Operations that a person asks for, besides configurations. */
import type { ExportedConfig } from '../../../core/export/export-config.ts';
import { createAdoption, type AdoptOperations } from './adopt.ts';
import { createConfirmOperations, type ConfirmOperations } from './confirm.ts';
import { createDriftOperations, type DriftOperations } from './drift.ts';
import { createHoldOperations, type HoldOperations } from './hold.ts';
import type { OperationsDeps } from './operations-deps.ts';
import { createReleaseOperations, type ReleaseOperations } from './release.ts';
import { createStaleNodeOperations, type StaleNodeOperations } from './stale-nodes.ts';

export interface Operations
  extends
    ConfirmOperations,
    DriftOperations,
    HoldOperations,
    AdoptOperations,
    ReleaseOperations,
    StaleNodeOperations {
  /**
   * The cluster's BGP and pools as a native NetworkConfig, and the parts that it cannot express.
   */
  exportConfig(): Promise<ExportedConfig>;
}

export function createOperations(deps: OperationsDeps): Operations {
  return {
    ...createConfirmOperations(deps),
    ...createDriftOperations(deps),
    ...createHoldOperations(deps),
    ...createAdoption(deps),
    ...createReleaseOperations(deps),
    ...createStaleNodeOperations(deps),
    exportConfig: async () => deps.decider.exported(await deps.connection.survey.survey()),
  };
}

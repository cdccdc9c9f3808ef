/** Builds what people have beside the fleet: tokens, proposals, and the audit log. */
import path from 'node:path';
import type { Logger } from '../runtime/log/logger.ts';
import type { Route } from '../runtime/http/route.ts';
import { createAuditFile } from './adapters/audit-file/audit-file.ts';
import { accessRoutes } from './api/people/access-routes.ts';
import { auditRoute } from './api/people/audit-route.ts';
import { auditedRoutes } from './api/people/audited-routes.ts';
import { proposalRoutes } from './api/people/proposal-routes.ts';
import { lostRight } from './app/access/lost-right.ts';
import { samePersonOf } from './app/access/same-person.ts';
import type { ApiTokens } from './app/access/api-tokens.ts';
import { createAuditTrail, type AuditTrail } from './app/audit/audit-trail.ts';
import type { Fleet } from './app/fleet/fleet.ts';
import type { ControllerCounters } from './app/metrics/controller-counters.ts';
import type { ApprovalRules } from './app/proposals/approval-rules.ts';
import type { ProposalRecords } from './app/proposals/proposal-records.ts';
import { createProposalChecks } from './app/proposals/proposal-checks.ts';
import { createProposals } from './app/proposals/proposals.ts';
import type { BarrierDeps } from './app/push/needs-barrier.ts';
import type { Push, TryPush } from './app/push/push.ts';
import type { StartRollout } from './app/push/start-rollout.ts';
import type { Rollouts } from './app/rollout/rollouts.ts';
import { createPushBySource } from './app/source/push-by-source.ts';
import {
  createSourceProposals,
  type SourceProposalDeps,
  type SourceProposals,
} from './app/source/source-proposals.ts';
import type { ConfigChecker } from './ports/config-checker.ts';
import type { ControllerSettings } from './settings.ts';

export interface PeopleParts {
  readonly settings: Pick<
    ControllerSettings,
    'cluster' | 'stateDirectory' | 'approvals' | 'people'
  >;
  readonly tokens: ApiTokens;
  readonly proposalRecords: ProposalRecords;
  readonly fleet: Fleet;
  readonly checker: Pick<ConfigChecker, 'check' | 'preview'>;
  readonly store: BarrierDeps['store'];
  readonly rollouts: Pick<Rollouts, 'current'>;
  readonly push: Push;
  readonly counters: Pick<ControllerCounters, 'action'>;
  readonly start: StartRollout;
  /** RFC 3339. */
  readonly now: () => string;
}

export interface OpenedPeople {
  readonly routes: readonly Route[];
  /** The routes, with their actions in the audit log, and approvals where they are needed. */
  audited(routes: readonly Route[]): readonly Route[];
  /** Proposals of a followed file; undefined: a configuration needs no approval. */
  readonly sourceProposals: (
    file: string,
    strategy: SourceProposalDeps['strategy'],
    strategyFile?: string,
  ) => SourceProposals | undefined;
  /** For pushes that no request asked for: they are in the audit log as well. */
  readonly pushBySource: (by: SourceWay) => Push;
  /** Notes an action that the roles of a person do not allow. */
  readonly denied: AuditTrail['denied'];
  close(): Promise<void>;
}

/** How a followed file comes to the nodes, and its name in the audit log. */
export interface SourceWay {
  readonly push: Push;
  readonly tryPush: TryPush;
  readonly name?: string;
}

const noApprovals = { required: 0, byAnother: true };

export function openPeople(
  { settings, tokens, proposalRecords: records, ...parts }: PeopleParts,
  logger: Logger,
): OpenedPeople {
  const { fleet, checker, rollouts, store, counters, now } = parts;
  const { cluster, approvals, people = [], stateDirectory } = settings;
  const log = createAuditFile({ folder: path.join(stateDirectory, 'audit') });
  const trail = createAuditTrail(log, now, logger, counters);
  const rules: ApprovalRules = {
    settings: approvals ?? noApprovals,
    isSame: samePersonOf(people),
    lostRight: (approver) => lostRight(approver, { people, cluster, tokens }),
  };
  const checks = createProposalChecks({ now, elapsedMs: () => performance.now() });
  const proposals = createProposals({ ...parts, cluster, records, rules, checks });
  return {
    routes: [
      ...accessRoutes({ tokens, ready: fleet.requireKnown }),
      ...proposalRoutes({ proposals, checks, fleet, checker, rollouts, store }),
      auditRoute(log),
    ],
    audited: (routes) =>
      auditedRoutes(routes, { trail, ...(approvals !== undefined && { approvals }) }),
    sourceProposals: (file, strategy, strategyFile) =>
      approvals === undefined
        ? undefined
        : createSourceProposals({ file, strategy, strategyFile, proposals, fleet, trail }),
    pushBySource: (by) => createPushBySource({ ...by, trail }),
    denied: trail.denied,
    close: log.close,
  };
}

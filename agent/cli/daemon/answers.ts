/** The answers of the daemon that commands read. Their guards come from schemas/agent-api.openapi.yaml. */
import type { AnswerForm } from '../../../runtime/cli/daemon-client.ts';
import type { AdoptableObjects } from '../../../schemas/generated/agent-api/adoptable-objects.ts';
import type { DriftCorrection } from '../../../schemas/generated/agent-api/drift-correction.ts';
import type { Confirmed } from '../../../schemas/generated/agent-api/confirmed.ts';
import type { RolledBack } from '../../../schemas/generated/agent-api/rolled-back.ts';
import type { ShownRevision } from '../../../schemas/generated/agent-api/shown-revision.ts';
import type { Drift } from '../../../schemas/generated/agent-api/drift.ts';
import type { EventList } from '../../../schemas/generated/agent-api/event-list.ts';
import type { Hold } from '../../../schemas/generated/agent-api/hold.ts';
import type { Lxd } from '../../../schemas/generated/agent-api/lxd.ts';
import type { OfferAnswer } from '../../../schemas/generated/agent-api/offer-answer.ts';
import type { OwnedObjects } from '../../../schemas/generated/agent-api/owned-objects.ts';
import type { Platform } from '../../../schemas/generated/agent-api/platform.ts';
import type { Peers } from '../../../schemas/generated/agent-api/peers.ts';
import type { PlanAnswer } from '../../../schemas/generated/agent-api/plan-answer.ts';
import type { ReleasedHold } from '../../../schemas/generated/agent-api/released-hold.ts';
import type { Released } from '../../../schemas/generated/agent-api/released.ts';
import type { Resources } from '../../../schemas/generated/agent-api/resources.ts';
import type { RestartReport } from '../../../schemas/generated/agent-api/restart-report.ts';
import type { Revisions } from '../../../schemas/generated/agent-api/revisions.ts';
import type { StaleNodes } from '../../../schemas/generated/agent-api/stale-nodes.ts';
import type { AgentStatus } from '../../../schemas/generated/agent-status.ts';

export const statusAnswer: AnswerForm<AgentStatus> = async () =>
  (await import('../../../schemas/generated/agent-status.validator.js')).isAgentStatus;

export const planAnswer: AnswerForm<PlanAnswer> = async () =>
  (await import('../../../schemas/generated/agent-api/plan-answer.validator.js')).isPlanAnswer;

export const offerAnswer: AnswerForm<OfferAnswer> = async () =>
  (await import('../../../schemas/generated/agent-api/offer-answer.validator.js')).isOfferAnswer;

export const peersAnswer: AnswerForm<Peers> = async () =>
  (await import('../../../schemas/generated/agent-api/peers.validator.js')).isPeers;

export const platformAnswer: AnswerForm<Platform> = async () =>
  (await import('../../../schemas/generated/agent-api/platform.validator.js')).isPlatform;

export const eventsAnswer: AnswerForm<EventList> = async () =>
  (await import('../../../schemas/generated/agent-api/event-list.validator.js')).isEventList;

export const resourcesAnswer: AnswerForm<Resources> = async () =>
  (await import('../../../schemas/generated/agent-api/resources.validator.js')).isResources;

export const revisionsAnswer: AnswerForm<Revisions> = async () =>
  (await import('../../../schemas/generated/agent-api/revisions.validator.js')).isRevisions;

export const confirmedAnswer: AnswerForm<Confirmed> = async () =>
  (await import('../../../schemas/generated/agent-api/confirmed.validator.js')).isConfirmed;

export const rolledBackAnswer: AnswerForm<RolledBack> = async () =>
  (await import('../../../schemas/generated/agent-api/rolled-back.validator.js')).isRolledBack;

export const shownRevisionAnswer: AnswerForm<ShownRevision> = async () =>
  (await import('../../../schemas/generated/agent-api/shown-revision.validator.js'))
    .isShownRevision;

export const driftAnswer: AnswerForm<Drift> = async () =>
  (await import('../../../schemas/generated/agent-api/drift.validator.js')).isDrift;

export const driftCorrectionAnswer: AnswerForm<DriftCorrection> = async () =>
  (await import('../../../schemas/generated/agent-api/drift-correction.validator.js'))
    .isDriftCorrection;

export const holdAnswer: AnswerForm<Hold> = async () =>
  (await import('../../../schemas/generated/agent-api/hold.validator.js')).isHold;

export const releasedHoldAnswer: AnswerForm<ReleasedHold> = async () =>
  (await import('../../../schemas/generated/agent-api/released-hold.validator.js')).isReleasedHold;

export const adoptableAnswer: AnswerForm<AdoptableObjects> = async () =>
  (await import('../../../schemas/generated/agent-api/adoptable-objects.validator.js'))
    .isAdoptableObjects;

export const ownedAnswer: AnswerForm<OwnedObjects> = async () =>
  (await import('../../../schemas/generated/agent-api/owned-objects.validator.js')).isOwnedObjects;

export const releasedAnswer: AnswerForm<Released> = async () =>
  (await import('../../../schemas/generated/agent-api/released.validator.js')).isReleased;

export const staleNodesAnswer: AnswerForm<StaleNodes> = async () =>
  (await import('../../../schemas/generated/agent-api/stale-nodes.validator.js')).isStaleNodes;

export const lxdAnswer: AnswerForm<Lxd> = async () =>
  (await import('../../../schemas/generated/agent-api/lxd.validator.js')).isLxd;

export const restartAnswer: AnswerForm<RestartReport> = async () =>
  (await import('../../../schemas/generated/agent-api/restart-report.validator.js'))
    .isRestartReport;

/** The controller's answers that commands read. Their guards come from schemas/controller-api.openapi.yaml. */
import type { AnswerForm } from '../../runtime/cli/daemon-client.ts';
import type { AccessTokens } from '../../schemas/generated/controller-api/access-tokens.ts';
import type { AppliedProposal } from '../../schemas/generated/controller-api/applied-proposal.ts';
import type { AuditedActions } from '../../schemas/generated/controller-api/audited-actions.ts';
import type { Clusters } from '../../schemas/generated/controller-api/clusters.ts';
import type { ControllerStatus } from '../../schemas/generated/controller-api/controller-status.ts';
import type { Decided } from '../../schemas/generated/controller-api/decided.ts';
import type { FleetEvents } from '../../schemas/generated/controller-api/fleet-events.ts';
import type { ForgottenNodes } from '../../schemas/generated/controller-api/forgotten-nodes.ts';
import type { NewAccessToken } from '../../schemas/generated/controller-api/new-access-token.ts';
import type { NodeAnswer } from '../../schemas/generated/controller-api/node-answer.ts';
import type { Nodes } from '../../schemas/generated/controller-api/nodes.ts';
import type { ProposalAnswer } from '../../schemas/generated/controller-api/proposal-answer.ts';
import type { Proposals } from '../../schemas/generated/controller-api/proposals.ts';
import type { Revocations } from '../../schemas/generated/controller-api/revocations.ts';
import type { CurrentRollout } from '../../schemas/generated/controller-api/current-rollout.ts';
import type { Rollouts } from '../../schemas/generated/controller-api/rollouts.ts';
import type { RolloutPreview } from '../../schemas/generated/controller-api/rollout-preview.ts';
import type { StartedRollout } from '../../schemas/generated/controller-api/started-rollout.ts';
import type { EnrolmentTokens } from '../../schemas/generated/controller-api/enrolment-tokens.ts';
import type { NewEnrolmentToken } from '../../schemas/generated/controller-api/new-enrolment-token.ts';
import type { Source } from '../../schemas/generated/controller-api/source.ts';
import type { StoreRecords } from '../../schemas/generated/controller-api/store-records.ts';
import type { StoreSnapshot } from '../../schemas/generated/controller-api/store-snapshot.ts';
import type { PushAnswer } from '../../schemas/generated/controller-api/push-answer.ts';

export const statusAnswer: AnswerForm<ControllerStatus> = async () =>
  (await import('../../schemas/generated/controller-api/controller-status.validator.js'))
    .isControllerStatus;

export const nodesAnswer: AnswerForm<Nodes> = async () =>
  (await import('../../schemas/generated/controller-api/nodes.validator.js')).isNodes;

export const nodeAnswer: AnswerForm<NodeAnswer> = async () =>
  (await import('../../schemas/generated/controller-api/node-answer.validator.js')).isNodeAnswer;

export const pushAnswer: AnswerForm<PushAnswer> = async () =>
  (await import('../../schemas/generated/controller-api/push-answer.validator.js')).isPushAnswer;

export const decidedAnswer: AnswerForm<Decided> = async () =>
  (await import('../../schemas/generated/controller-api/decided.validator.js')).isDecided;

export const fleetEventsAnswer: AnswerForm<FleetEvents> = async () =>
  (await import('../../schemas/generated/controller-api/fleet-events.validator.js')).isFleetEvents;

export const forgottenAnswer: AnswerForm<ForgottenNodes> = async () =>
  (await import('../../schemas/generated/controller-api/forgotten-nodes.validator.js'))
    .isForgottenNodes;

export const rolloutAnswer: AnswerForm<CurrentRollout> = async () =>
  (await import('../../schemas/generated/controller-api/current-rollout.validator.js'))
    .isCurrentRollout;

export const rolloutsAnswer: AnswerForm<Rollouts> = async () =>
  (await import('../../schemas/generated/controller-api/rollouts.validator.js')).isRollouts;

export const rolloutPreviewAnswer: AnswerForm<RolloutPreview> = async () =>
  (await import('../../schemas/generated/controller-api/rollout-preview.validator.js'))
    .isRolloutPreview;

export const startedAnswer: AnswerForm<StartedRollout> = async () =>
  (await import('../../schemas/generated/controller-api/started-rollout.validator.js'))
    .isStartedRollout;

export const revocationsAnswer: AnswerForm<Revocations> = async () =>
  (await import('../../schemas/generated/controller-api/revocations.validator.js')).isRevocations;

export const enrolmentTokensAnswer: AnswerForm<EnrolmentTokens> = async () =>
  (await import('../../schemas/generated/controller-api/enrolment-tokens.validator.js'))
    .isEnrolmentTokens;

export const newEnrolmentTokenAnswer: AnswerForm<NewEnrolmentToken> = async () =>
  (await import('../../schemas/generated/controller-api/new-enrolment-token.validator.js'))
    .isNewEnrolmentToken;

export const sourceAnswer: AnswerForm<Source> = async () =>
  (await import('../../schemas/generated/controller-api/source.validator.js')).isSource;

export const snapshotAnswer: AnswerForm<StoreSnapshot> = async () =>
  (await import('../../schemas/generated/controller-api/store-snapshot.validator.js'))
    .isStoreSnapshot;

export const recordsAnswer: AnswerForm<StoreRecords> = async () =>
  (await import('../../schemas/generated/controller-api/store-records.validator.js'))
    .isStoreRecords;

export const tokensAnswer: AnswerForm<AccessTokens> = async () =>
  (await import('../../schemas/generated/controller-api/access-tokens.validator.js'))
    .isAccessTokens;

export const newTokenAnswer: AnswerForm<NewAccessToken> = async () =>
  (await import('../../schemas/generated/controller-api/new-access-token.validator.js'))
    .isNewAccessToken;

export const proposalsAnswer: AnswerForm<Proposals> = async () =>
  (await import('../../schemas/generated/controller-api/proposals.validator.js')).isProposals;

export const proposalAnswer: AnswerForm<ProposalAnswer> = async () =>
  (await import('../../schemas/generated/controller-api/proposal-answer.validator.js'))
    .isProposalAnswer;

export const appliedAnswer: AnswerForm<AppliedProposal> = async () =>
  (await import('../../schemas/generated/controller-api/applied-proposal.validator.js'))
    .isAppliedProposal;

export const auditAnswer: AnswerForm<AuditedActions> = async () =>
  (await import('../../schemas/generated/controller-api/audited-actions.validator.js'))
    .isAuditedActions;

export const clustersAnswer: AnswerForm<Clusters> = async () =>
  (await import('../../schemas/generated/controller-api/clusters.validator.js')).isClusters;

/** The agent as its entrances see it: the socket, the control channel and the hooks use only this. */
import type { ResourceKind } from '../../core/calico/resource.ts';
import type { FactsRead } from '../../core/deciding/read-facts.ts';
import type { NodeFacts } from '../../core/facts/facts.ts';
import type { Issue } from '../../core/issue.ts';
import type { ExportedConfig } from '../../core/export/export-config.ts';
import type { AdoptableObject } from '../../core/plan/adopt/adoption.ts';
import type { DriftedField } from '../../core/plan/drift/drifted-field.ts';
import type { AnyPlan, Observed } from '../../core/plan/plan.ts';
import type { Desired } from '../../core/render/desired.ts';
import type { Resolution } from '../../core/resolve/resolution.ts';
import type { Rejection, Revision, RevisionRef, SourceKind } from '../../core/revision/revision.ts';
import type { StaleNode } from '../../core/survey/stale-node.ts';
import type { AgentStatus } from '../../schemas/generated/agent-status.ts';
import type { NodeFactsInput } from '../../schemas/generated/node-facts.ts';
import type { DecideOptions } from '../ports/decider.ts';
import type { LxdReport } from './lxd/report.ts';
import type { SessionsReport } from './sessions/observe-sessions.ts';
import type { RestartReport } from './lxd/restart-containers.ts';

export interface Agent {
  status(): AgentStatus;
  facts(): NodeFacts;
  /** Resolves when all was looked at once since the start, whatever came of it. */
  firstPass(): Promise<void>;
  /** What `putFacts` got last. */
  pushedFacts(): NodeFactsInput;
  /** Facts as a hook sends them; they win over detection and lose against agent.yaml. */
  putFacts(input: NodeFactsInput): Promise<NodeFacts>;
  /** What a text says of this node; nothing changes. */
  readFacts(text: string, options?: DecideOptions): Promise<FactsRead>;
  /** The addresses of Juju's binding, best first. Which one is the node's is found out with the others. */
  putBoundAddresses(addresses: readonly string[]): Promise<void>;
  /** Judges a configuration and, where it is accepted, stores it and starts applying it. */
  offer(offer: Offer): Promise<OfferOutcome>;
  /** Resolves when the revision is confirmed, or has failed. */
  waitForRevision(revision: RevisionRef, signal: AbortSignal): Promise<RevisionEnd>;
  /** What is wrong or worth knowing about a configuration, for this node; needs no datastore. */
  check(text: string, options?: PreviewOptions): Promise<readonly Issue[]>;
  /** What would change: for a configuration, or (without text) for the accepted one. */
  plan(text?: string, options?: PreviewOptions): Promise<PlanOutcome>;
  revisions(): Promise<readonly RevisionSummary[]>;
  acceptedRevision(): Promise<Revision | undefined>;
  /** Of the accepted revision; undefined while there is none. */
  derived(): { readonly resolution: Resolution; readonly desired: Desired } | undefined;
  /** The BGP sessions of this node, asked for now. */
  sessions(): Promise<SessionsReport>;
  subscribe(listener: (event: AgentEvent) => void): () => void;
  /** What somebody else changed of the revision that is in force. */
  drift(): Promise<DriftReport>;
  /**
   * Corrects it once, whatever the policy is, and waits for the pass that does.
   * @throws AppError held
   */
  correctDrift(): Promise<DriftCorrection>;
  /** Leaves what somebody else changed as it is, whatever the policy says, until it is told otherwise. */
  onlyReportDrift(only: boolean): Promise<void>;
  /** Stops writing, of this agent or of all agents of the cluster. @throws AppError */
  hold(hold: HoldRequest): Promise<void>;
  /** Lets it write again. @throws AppError not-found where nothing is on hold */
  releaseHold(scope: HoldScope): Promise<void>;
  /** What is there with the same meaning as what is wanted, and is not ours. */
  adoptable(): Promise<readonly AdoptableObject[]>;
  /** Takes over what `adoptable` shows. @throws AppError writer-lease-lost, held */
  adopt(): Promise<readonly AdoptableObject[]>;
  /** What carries our marks, of this node's scope and, where this agent may write it, the cluster's. */
  owned(): Promise<readonly OwnedObject[]>;
  /** Takes our marks off what `owned` shows, and forgets the configuration. Everything stays. */
  release(): Promise<Released>;
  /** @param living all nodes there are; absent: as the datastore's own cluster says */
  staleNodes(living?: readonly string[]): Promise<readonly StaleNode[]>;
  /** @throws AppError not-found, held; datastore-conflict where addresses are in use and not forced */
  removeStaleNode(name: string, options: StaleNodeRemoval): Promise<void>;
  /** LXD on this machine. @throws AppError not-found where this agent's role is another one */
  lxd(): Promise<LxdReport>;
  /**
   * @param names of containers; none: those that need it.
   * @param signal aborted: no other begins. @throws AppError
   */
  restartContainers(names: readonly string[], signal?: AbortSignal): Promise<RestartReport>;
  /** The cluster's BGP and pools as a native NetworkConfig, and what could not be said in it. */
  exportConfig(): Promise<ExportedConfig>;
}

/** For what changes nothing. */
export interface PreviewOptions {
  /** Aborted: nobody waits for it any more. */
  readonly signal?: AbortSignal;
}

/** As the control channel sees it. */
export type FollowedAgent = Pick<
  Agent,
  'status' | 'facts' | 'offer' | 'acceptedRevision' | 'subscribe'
>;

export interface DriftReport {
  /** What drift is measured against; absent: nothing is in force. */
  readonly revision?: RevisionRef;
  readonly fields: readonly DriftedField[];
}

export interface DriftCorrection {
  /** Looked at after the pass: what still is not as it is wanted. */
  readonly left: readonly DriftedField[];
  /** Where something is left: what the agent says of the pass. */
  readonly why?: string;
}

export type HoldScope = 'agent' | 'cluster';

export interface HoldRequest {
  readonly scope: HoldScope;
  readonly by: string;
  readonly why: string;
}

export interface OwnedObject {
  readonly kind: ResourceKind;
  readonly name: string;
  /** `cluster`, or `node:<name>`. */
  readonly scope: string;
}

export interface Released {
  readonly objects: readonly OwnedObject[];
  /** Looked at afterwards: what still carries our marks, because this agent may not write it. */
  readonly left: readonly OwnedObject[];
}

export interface StaleNodeRemoval {
  readonly living?: readonly string[];
  /** Also with addresses in use in blocks of its affinity. */
  readonly force: boolean;
}

export interface Offer {
  readonly source: SourceKind;
  readonly lineage: string;
  /** Absent: the next one of the lineage, or that of the last where the digest is the same. */
  readonly number?: number;
  /** As the sender computed it; compared with our own. */
  readonly digest?: string;
  readonly mediaType: Revision['mediaType'];
  readonly text: string;
  readonly by: string;
  /** Lets this source change an agent that another one has changed so far. */
  readonly takeOver?: boolean;
  /** Applies a digest again that was rejected. */
  readonly retry?: boolean;
}

/** How far a revision has come. */
export type Stage = 'accepted' | 'applied' | 'confirmed';

export type OfferOutcome =
  | {
      /** already: this digest and number were accepted before; nothing was started anew. */
      readonly result: 'accepted' | 'already';
      readonly revision: RevisionRef;
      readonly stage: Stage;
      readonly issues: readonly Issue[];
    }
  | {
      readonly result: 'refused';
      /** invalid-config, source-not-permitted, older-number, number-reused, digest-differs, rejected-before. */
      readonly code: string;
      readonly message: string;
      readonly issues: readonly Issue[];
      /** Where the code is rejected-before: when, and why. */
      readonly rejection?: Rejection;
    };

export type RevisionEnd =
  | { readonly result: 'confirmed' }
  | { readonly result: 'failed'; readonly message: string }
  /** Another revision came in between. */
  | { readonly result: 'superseded' };

export type PlanOutcome =
  | {
      readonly ok: true;
      readonly plan: AnyPlan;
      readonly issues: readonly Issue[];
      /** What the plan goes by. */
      readonly observed: Observed;
      readonly derived: { readonly resolution: Resolution; readonly desired: Desired };
    }
  | { readonly ok: false; readonly issues: readonly Issue[] };

export interface RevisionSummary extends RevisionRef {
  readonly acceptedAt: string;
  readonly source: SourceKind;
  readonly by: string;
  readonly states: readonly ('accepted' | 'in-force' | 'confirmed' | 'rejected')[];
  /** Of the change that brought it into force, or of the last one that failed to. */
  readonly outcome?: {
    readonly result: 'applied' | 'failed';
    readonly at: string;
    readonly changes: number;
    readonly reason?: string;
    /** What was written again while it was in force, as far back as the journal goes. */
    readonly corrected?: {
      readonly times: number;
      readonly changes: number;
      /** The last time. */
      readonly at: string;
    };
  };
  readonly rejection?: Rejection;
}

export type AgentEvent =
  | { readonly type: 'status'; readonly status: AgentStatus }
  | { readonly type: 'stage'; readonly revision: RevisionRef; readonly stage: Stage }
  /** Its stored text was asked for, and is damaged or missing. What is in force may be as it shall be. */
  | { readonly type: 'text-lost'; readonly revision: RevisionRef }
  | {
      readonly type: 'failed';
      readonly revision: RevisionRef;
      readonly code: string;
      readonly message: string;
      readonly issues: readonly Issue[];
      /** True where it goes on trying. */
      readonly retrying: boolean;
      /** True where waiting may help; a person has to act otherwise. */
      readonly mayPass: boolean;
    };

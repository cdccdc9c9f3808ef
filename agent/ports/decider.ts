/**
 * Derives configurations from texts, and plans the changes. A text from outside may cost any amount
 * of time and memory, so the daemon does no such work on its own event loop.
 */
import type { PlanQuestion } from '../../core/deciding/plan-all-targets.ts';
import type { Decided, Question } from '../../core/deciding/question.ts';
import type { FactsRead } from '../../core/deciding/read-facts.ts';
import type { ExportedConfig } from '../../core/export/export-config.ts';
import type { AdoptableObject } from '../../core/plan/adopt/adoption.ts';
import type { AnyPlan } from '../../core/plan/plan.ts';
import type { Desired } from '../../core/render/desired.ts';
import type { StaleNode } from '../../core/survey/stale-node.ts';
import type { SurveyedCluster } from '../../core/survey/surveyed-cluster.ts';

/** The cluster and the desired resources. */
export interface AdoptionQuestion {
  readonly desired: Desired;
  readonly survey: SurveyedCluster;
}

/** The cluster, and the names of all nodes; absent: those of the survey. */
export interface StaleNodesQuestion {
  readonly survey: SurveyedCluster;
  readonly living?: readonly string[];
}

export interface DecideOptions {
  /** True for the agent's own work, which goes before previews. Default: false. */
  readonly isUrgent?: boolean;
  /** Aborted when the result is needed no more; the call then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** @throws AppError limit-reached, not-ready where too much waits, internal after a fault */
export interface Decider {
  decide(question: Question, options?: DecideOptions): Promise<Decided>;
  plan(question: PlanQuestion, options?: DecideOptions): Promise<AnyPlan>;
  /** The digest of a configuration's text; undefined: it cannot be read. */
  digest(text: string, options?: DecideOptions): Promise<string | undefined>;
  /** A node's facts, as YAML or JSON. */
  facts(text: string, options?: DecideOptions): Promise<FactsRead>;
  adoptable(
    question: AdoptionQuestion,
    options?: DecideOptions,
  ): Promise<readonly AdoptableObject[]>;
  staleNodes(question: StaleNodesQuestion, options?: DecideOptions): Promise<readonly StaleNode[]>;
  exported(survey: SurveyedCluster, options?: DecideOptions): Promise<ExportedConfig>;
  /** Ends the decider; calls that still wait reject. */
  close(): Promise<void>;
}

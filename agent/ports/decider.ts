/**
 * Decides what texts mean and what has to change for it. A text from outside may cost any amount of
 * time and memory, so the daemon decides nothing on its own event loop that could be large.
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

/** What is in a cluster beside the desired resources. */
export interface AdoptionQuestion {
  readonly desired: Desired;
  readonly survey: SurveyedCluster;
}

/** What is in a cluster, and all nodes there are; absent: the survey's own. */
export interface StaleNodesQuestion {
  readonly survey: SurveyedCluster;
  readonly living?: readonly string[];
}

export interface DecideOptions {
  /** The agent's own work goes before what somebody only wants to see. Default: false. */
  readonly isUrgent?: boolean;
  /** Aborted: nobody waits for the result any more. It rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** @throws AppError limit-reached, not-ready where too much waits, internal after a fault */
export interface Decider {
  decide(question: Question, options?: DecideOptions): Promise<Decided>;
  plan(question: PlanQuestion, options?: DecideOptions): Promise<AnyPlan>;
  /** Of a configuration's text, as it is decided on; undefined where it cannot be read. */
  digest(text: string, options?: DecideOptions): Promise<string | undefined>;
  /** A node's facts, as YAML or JSON. */
  facts(text: string, options?: DecideOptions): Promise<FactsRead>;
  adoptable(
    question: AdoptionQuestion,
    options?: DecideOptions,
  ): Promise<readonly AdoptableObject[]>;
  staleNodes(question: StaleNodesQuestion, options?: DecideOptions): Promise<readonly StaleNode[]>;
  exported(survey: SurveyedCluster, options?: DecideOptions): Promise<ExportedConfig>;
  /** What still waits is rejected. */
  close(): Promise<void>;
}

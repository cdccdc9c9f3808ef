/** Reads CONFIG and NODES, parses them, and checks them against each other. */
import { withoutGuesses } from '../../../core/config/checks/mesh.ts';
import { maxConfigBytes, parseConfig } from '../../../core/config/parse.ts';
import type { NetworkModel } from '../../../core/config/model.ts';
import type { NodeFacts } from '../../../core/facts/facts.ts';
import { maxNodesBytes, parseNodes } from '../../../core/facts/parse-nodes.ts';
import { checkFleet } from '../../../core/fabric/check-fleet.ts';
import type { Resolution } from '../../../core/resolve/resolution.ts';
import { resolveNode } from '../../../core/resolve/resolve-node.ts';
import { compileRules } from '../../../core/resolve/rules.ts';
import type { InputIssues } from '../../../runtime/cli/issue-report.ts';
import { readInput, refuseTwoStdins } from '../../../runtime/cli/read-input.ts';
import type { CommandContext } from '../command-context.ts';

export interface FleetInput {
  /** Absent: the input was refused. */
  readonly model?: NetworkModel;
  readonly nodes?: readonly NodeFacts[];
  /** One per node; absent unless both inputs were given. */
  readonly resolutions?: readonly Resolution[];
  readonly config: InputIssues;
  /** Absent: no nodes were given. */
  readonly nodesInput?: InputIssues;
}

export interface FleetInputOptions {
  readonly nodes?: string;
  readonly unitApplication?: string;
}

export async function readFleetInput(
  configPath: string,
  options: FleetInputOptions,
  context: CommandContext,
): Promise<FleetInput> {
  refuseTwoStdins(configPath, options.nodes);
  const { unitApplication } = options;
  const units = unitApplication === undefined ? {} : { unitApplication };
  const config = await readInput(configPath, maxConfigBytes, context);
  const parsed = parseConfig(config.text, units);
  const configOnly: FleetInput = {
    ...(parsed.ok ? { model: parsed.model } : {}),
    config: { name: config.name, issues: parsed.issues },
  };
  if (options.nodes === undefined) return configOnly;

  const input = await readInput(options.nodes, maxNodesBytes, context);
  const application = parsed.ok ? { unitApplication: parsed.model.unitApplication } : units;
  const fleet = parseNodes(input.text, application);
  const nodesInput = { name: input.name, issues: fleet.issues };
  if (!fleet.ok) return { ...configOnly, nodesInput };
  const { nodes } = fleet;
  if (!parsed.ok) return { ...configOnly, nodes, nodesInput };

  const { model } = parsed;
  const rules = compileRules(model);
  const resolutions = nodes.map((facts) => resolveNode(rules, facts));
  const issues = [...withoutGuesses(parsed.issues), ...checkFleet(model, nodes, resolutions)];
  return { model, nodes, resolutions, config: { name: config.name, issues }, nodesInput };
}

/** The issues of all inputs. */
export function inputsOf({ config, nodesInput }: FleetInput): readonly InputIssues[] {
  return nodesInput === undefined ? [config] : [config, nodesInput];
}

/**
 * Reads NODES, the description of a fleet: our own list of facts, or the output of kubectl,
 * calicoctl or juju, as YAML or JSON, recognised by its shape. Data that a source lacks gives one
 * issue for all nodes.
 */
import { limitIssues } from '../config/schema/arrange-issues.ts';
import { locate, locateAll } from '../config/yaml/located-yaml.ts';
import { mixUpOf, type Kind } from '../config/mix-ups/kubernetes.ts';
import { plainValue } from '../config/yaml/plain-value.ts';
import { jsonBounds, textBounds } from '../input/bounds.ts';
import { hasErrors, type Issue } from '../issue.ts';
import { readCalicoctlNodes } from './calicoctl-nodes.ts';
import { checkNodes, nodeWarnings } from './check-nodes.ts';
import type { ParsedNodes } from './facts.ts';
import { readJujuNodes } from './juju-nodes.ts';
import { readKubectlNodes } from './kubectl-nodes.ts';
import {
  looksLikeTable,
  looksLikeYamlOfTools,
  readMachineJson,
  recogniseMachineOutput,
  type MachineOutput,
} from './machine-output.ts';
import { configForNodes, nodesHint, readOwnNodes } from './own-nodes.ts';
import type { FoundNodes } from './found-nodes.ts';

export const maxNodesBytes = jsonBounds.machine.maxBytes;

export interface NodesOptions {
  /** The application whose units make a Juju machine a node. Default: calico. */
  readonly unitApplication?: string;
}

export function parseNodes(text: string, options: NodesOptions = {}): ParsedNodes {
  const { nodes, issues: found } = readNodes(text, options.unitApplication ?? 'calico');
  const issues = [...found, ...checkNodes(nodes)];
  if (hasErrors(issues)) return { ok: false, issues: limitIssues(issues) };
  const all = limitIssues([...issues, ...nodeWarnings(nodes)]);
  return { ok: true, nodes: nodes.map(({ facts }) => facts), issues: all };
}

function readNodes(text: string, unitApplication: string): FoundNodes {
  const json = readMachineJson(text);
  const ofTool = json === undefined ? undefined : recogniseMachineOutput(json);
  if (ofTool !== undefined) return readMachineOutput(ofTool, unitApplication);
  if (looksLikeYamlOfTools(text)) return readYamlOfTools(text, unitApplication);
  if (looksLikeTable(text)) return refused(table);
  const located = locate(text, textBounds.nodes);
  return located.ok ? readOwnNodes(located.root) : { nodes: [], issues: located.issues };
}

/**
 * The output of tools; undefined also for our own form, where a node happens to have such a field.
 */
function readYamlOfTools(text: string, unitApplication: string): FoundNodes {
  if (text.length > textBounds.nodes.maxBytes) return refused(useJson);
  const located = locateAll(text, textBounds.nodes);
  if (!located.ok) return { nodes: [], issues: located.issues };
  const { root, others } = located;
  const ofTool = recogniseMachineOutput([root, ...others].map(plainValue));
  return ofTool === undefined ? readOwnNodes(root) : readMachineOutput(ofTool, unitApplication);
}

function readMachineOutput(output: MachineOutput, unitApplication: string): FoundNodes {
  switch (output.tool) {
    case 'kubectl':
      return readKubectlNodes(output.items);
    case 'calicoctl':
      return readCalicoctlNodes(output.items);
    case 'juju':
      return readJujuNodes(output.status, unitApplication);
    case 'other':
      return refused(
        output.kind === 'NetworkConfig'
          ? configForNodes({ pointer: '', line: 1, column: 1 })
          : otherKind(output),
      );
  }
}

function refused(issue: Issue): FoundNodes {
  return { nodes: [], issues: [issue] };
}

const useJson: Issue = {
  severity: 'error',
  code: 'too-large',
  pointer: '',
  message: `the text is larger than ${String(textBounds.nodes.maxBytes)} bytes, which is the limit for YAML`,
  hint: 'take -o json (juju: --format json), which is read up to 256 MiB',
};

const table: Issue = {
  severity: 'error',
  code: 'nodes-table',
  pointer: '',
  line: 1,
  column: 1,
  message: 'this looks like a table for people, which does not tell all of a node',
  hint: 'use -o json (kubectl, calicoctl) or --format json (juju)',
};

function otherKind({ apiVersion, kind }: Kind): Issue {
  const what = mixUpOf({ apiVersion: apiVersion.slice(0, 64), kind: kind.slice(0, 64) })?.what;
  return {
    severity: 'error',
    code: 'not-nodes',
    pointer: '/kind',
    message: `this is ${what ?? JSON.stringify(kind.slice(0, 80))}, not nodes`,
    hint: nodesHint,
  };
}

/** Man pages: of the programs out of their own help, of agent.yaml out of its schema. */
import agentConfig from '../../schemas/agent-config.schema.json' with { type: 'json' };
import { readHelp } from '../documents/help-texts.ts';

/** Section 1. @param program path of the bundled program */
export async function programPage(name: string, program: string, date: string): Promise<string> {
  const { overview, commands } = await readHelp(program);
  const [usage = '', description = '', ...rest] = overview.split('\n\n');
  return [
    heading(name, '1', date),
    '.SH NAME',
    `${name} \\- ${escape(firstSentence(description))}`,
    '.SH SYNOPSIS',
    escape(usage.replace(/^Usage: /, '')),
    '.SH DESCRIPTION',
    escape(description),
    verbatim(rest.join('\n\n')),
    '.SH COMMANDS',
    ...commands.flatMap(({ command, text }) => [`.SS ${command}`, verbatim(text)]),
    '',
  ].join('\n');
}

/** Section 5. */
export function settingsPage(date: string): string {
  return [
    heading('calico-agent.yaml', '5', date),
    '.SH NAME',
    'calico-agent.yaml \\- how the agent of this node runs',
    '.SH SYNOPSIS',
    '/etc/calico-agent/agent.yaml',
    '.SH DESCRIPTION',
    'A YAML or JSON document with apiVersion calico-agent/v1 and kind AgentConfig. Without the file the',
    'defaults hold. "systemctl reload calico-agent" reads it again; a broken one changes nothing.',
    '.SH SETTINGS',
    ...fieldsOf('', agentConfig),
    '.SH SEE ALSO',
    '.BR calico-agent (1)',
    '',
  ].join('\n');
}

type Json = Readonly<Record<string, unknown>>;

function fieldsOf(prefix: string, schema: Json): readonly string[] {
  const properties = mapOf(schema['properties']);
  return Object.entries(properties).flatMap(([name, value]) => {
    const field = mapOf(value);
    const path = `${prefix}${name}`;
    const choices = [field, ...variantsOf(field)];
    return [
      '.TP',
      `.B ${escape(path)}`,
      escape(describe(field)),
      ...choices.flatMap((one) => fieldsOf(`${path}.`, one)),
    ];
  });
}

function variantsOf(field: Json): readonly Json[] {
  const variants = field['oneOf'];
  if (!Array.isArray(variants)) return [];
  return variants.map((variant: unknown) => {
    const name = String(mapOf(variant)['$ref']).replace('#/definitions/', '');
    return mapOf(mapOf(agentConfig.definitions)[name]);
  });
}

function describe(field: Json): string {
  const listed: readonly unknown[] = Array.isArray(field['enum']) ? field['enum'] : [];
  const values = field['const'] === undefined ? listed : [field['const']];
  const limits = field['minimum'] === undefined ? [] : [field['minimum'], 'to', field['maximum']];
  const kind =
    values.length > 0 ? values.join(', ') : [field['type'] ?? 'object', ...limits].join(' ');
  const about = typeof field['description'] === 'string' ? `${field['description']} ` : '';
  return `${about}(${kind})`;
}

function mapOf(value: unknown): Json {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function firstSentence(text: string): string {
  return text.replaceAll('\n', ' ').replace(/[:.].*$/s, '');
}

function heading(name: string, section: string, date: string): string {
  return `.TH ${name.toUpperCase()} ${section} "${date}" "calico-agent" "calico-agent"`;
}

function verbatim(text: string): string {
  return ['.PP', '.nf', escape(text.trimEnd()), '.fi'].join('\n');
}

/** roff(7): a backslash starts an escape, a dot or quote at the start of a line a request. */
function escape(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll(/^(?=[.'])/gm, '\\&');
}

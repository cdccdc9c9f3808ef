/**
 * Makes schemas/generated/ from schemas/*.schema.json, and from the answers that schemas/*.openapi.yaml
 * describe: for each its TypeScript types, and a validator that ajv compiled beforehand, so that no
 * process compiles a schema at run time.
 */
import { mkdir, readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv, type SchemaObject } from 'ajv';
import standalone from 'ajv/dist/standalone/index.js';
import { compile } from 'json-schema-to-typescript';
import { parse } from 'yaml';
import { answersOf, withRoomForMore, type ApiDescription } from './api-answers.ts';
import { runScript, script } from './script.ts';
import { writeChanged } from './write-changed.ts';

const schemasFolder = fileURLToPath(new URL('../schemas/', import.meta.url));
const generatedFolder = path.join(schemasFolder, 'generated');

interface Schema extends SchemaObject {
  readonly $id: string;
  readonly title: string;
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && '$id' in value && 'title' in value;
}

type Schemas = ReadonlyMap<string, Schema>;

/**
 * A text of a person is refused with all its faults at once, and a controller ignores fields that
 * it does not know.
 */
const withAllFaults: ReadonlySet<string> = new Set([
  'agent-config',
  'agent-status',
  'charm-options',
  'controller-config',
  'hook-request',
  'kubeconfig',
  'metallb',
  'network-config',
  'node-facts',
  'rollout-strategy',
]);

await runScript(
  script('npm run generate', 'Makes the types and validators of all schemas.').action(generate),
);

async function generate(): Promise<void> {
  const schemas = await readSchemas();
  await mkdir(generatedFolder, { recursive: true });
  const detailed = createCompiler(schemas, { allErrors: true, verbose: true });
  // For documents of programs only the first fault is shown, which needs half the code.
  const brief = createCompiler(schemas, { allErrors: false, verbose: false });
  for (const [name, schema] of schemas) {
    const types = { ...schema, unreachable: name === 'revision' };
    await writeTypes(name, schema.title, types, schemas, `${name}.schema.json`);
    await writeValidator(
      withAllFaults.has(name) ? detailed : brief,
      name,
      schema.title,
      schema.$id,
    );
  }
  for (const api of ['agent-api', 'controller-api']) await generateAnswers(api, schemas, brief);
}

/** The guards of an API's answers, with which the commands check them. */
async function generateAnswers(api: string, schemas: Schemas, compiler: Ajv): Promise<void> {
  const file = `${api}.openapi.yaml`;
  const text = await readFile(path.join(schemasFolder, file), 'utf8');
  const description: ApiDescription = withRoomForMore(parse(text));
  const id = `calico-agent/${api}`;
  compiler.addSchema({ $id: id, components: description.components });
  await mkdir(path.join(generatedFolder, api), { recursive: true });
  for (const [name, title] of answersOf(description)) {
    const answer = `${api}/${name}`;
    await writeTypes(answer, title, rooted(description, title), schemas, file);
    await writeValidator(compiler, answer, title, `${id}#/components/schemas/${title}`);
  }
}

/** The answer as a document of its own, with every schema to which it refers. */
function rooted({ components }: ApiDescription, title: string): SchemaObject {
  return { title, components, ...components.schemas[title] };
}

async function readSchemas(): Promise<Schemas> {
  const files = (await readdir(schemasFolder)).filter((name) => name.endsWith('.schema.json'));
  const schemas = new Map<string, Schema>();
  for (const file of files.sort()) {
    const text = await readFile(path.join(schemasFolder, file), 'utf8');
    const schema: unknown = JSON.parse(text);
    if (!isSchema(schema)) throw new Error(`cannot use schema "${file}": it needs $id and title`);
    schemas.set(file.replace('.schema.json', ''), schema);
  }
  return schemas;
}

async function writeTypes(
  name: string,
  title: string,
  { unreachable = false, ...schema }: SchemaObject & { readonly unreachable?: boolean },
  schemas: Schemas,
  source: string,
): Promise<void> {
  const types = await compile(structuredClone(schema), title, {
    additionalProperties: false,
    unreachableDefinitions: unreachable,
    bannerComment: `// Generated from schemas/${source}. Do not edit.`,
    strictIndexSignatures: true,
    ignoreMinAndMaxItems: true,
    $refOptions: {
      resolve: {
        byId: {
          order: 1,
          canRead: true,
          read: ({ url }: { url: string }) => {
            const found = schemas.get(path.posix.basename(url.split('#')[0] ?? url));
            if (found === undefined) throw new Error(`no schema has the id ${url}`);
            return JSON.stringify(found);
          },
        },
      },
    },
    cwd: '/',
  });
  await write(`${name}.ts`, types);
}

function createCompiler(
  schemas: Schemas,
  errors: { readonly allErrors: boolean; readonly verbose: boolean },
): Ajv {
  return new Ajv({
    ...errors,
    strict: true,
    strictTypes: false,
    strictRequired: false,
    allowUnionTypes: true,
    discriminator: true,
    messages: true,
    // Lengths as JavaScript counts them: to count characters takes 120 ms for a text of 1 MiB. ajv
    // logs that it would rather count; whatever else is wrong with a schema is thrown.
    unicode: false,
    logger: false,
    keywords: ['x-charm-type', 'x-yaml', 'x-managed-by', 'components'],
    schemas: [...schemas.values()].map(withoutWords),
    code: { source: true, esm: true, lines: false },
  });
}

/** Descriptions are for people; a validator would carry them, and the daemons keep its text in memory. */
function withoutWords<Part>(schema: Part): Part {
  const text = JSON.stringify(schema, (key, value: unknown) =>
    key === 'description' && typeof value === 'string' ? undefined : value,
  );
  return JSON.parse(text);
}

async function writeValidator(
  compiler: Ajv,
  name: string,
  title: string,
  id: string,
): Promise<void> {
  const base = path.posix.basename(name);
  const check = functionName(base);
  const code = standalone.default(compiler, { [check]: id });
  const declaration = [
    "import type { ErrorObject } from 'ajv';",
    `import type { ${title} } from './${base}.ts';`,
    `export const ${check}: {`,
    `  (data: unknown): data is ${title};`,
    '  errors?: ErrorObject[] | null;',
    '};',
    '',
  ];
  await write(`${name}.validator.js`, requiresToImports(errorsToPush(code)));
  await write(`${name}.validator.d.ts`, declaration.join('\n'));
}

async function write(name: string, text: string): Promise<void> {
  await writeChanged(path.join(generatedFolder, name), text);
}

/**
 * ajv's standalone code asks for its runtime parts by require(), which ES modules do not have.
 * They are CommonJS with a default export, which Node hands over wrapped and tsx unwrapped.
 */
function requiresToImports(code: string): string {
  const imports = new Map<string, string>();
  const body = code.replaceAll(/require\("([^"]+)"\)\.default/g, (_whole, module: string) => {
    const name = imports.get(module) ?? `runtime${String(imports.size)}`;
    imports.set(module, name);
    return name;
  });
  const lines = [...imports].flatMap(([module, name]) => [
    `import ${name}Module from '${module}.js';`,
    `const ${name} = ${name}Module.default ?? ${name}Module;`,
  ]);
  return [...lines, body, ''].join('\n');
}

/**
 * ajv copies all errors so far for each part that has one: 100,000 wrong entries of a list took
 * minutes. They are pushed instead; `if` and `anyOf` cut the list back by its length, as before.
 */
function errorsToPush(code: string): string {
  const joined =
    'function joined(all, more) { if (all === null) return more; for (const error of more) all.push(error); return all; }\n';
  const pushing = code.replaceAll(
    /vErrors === null \? (validate\d+)\.errors : vErrors\.concat\(\1\.errors\)/g,
    'joined(vErrors, $1.errors)',
  );
  if (pushing.includes('.concat(')) throw new Error('ajv joins errors in a way that is not known');
  return pushing === code ? code : `${pushing}\n${joined}`;
}

function functionName(schemaName: string): string {
  const words = schemaName.split('-');
  return ['is', ...words.map((word) => word.slice(0, 1).toUpperCase() + word.slice(1))].join('');
}

/**
 * Makes schemas/generated/ from schemas/*.schema.json: for each its TypeScript types, and a
 * validator that ajv compiled beforehand, so that no process compiles a schema at run time.
 */
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv, type SchemaObject } from 'ajv';
import standalone from 'ajv/dist/standalone/index.js';
import { compile } from 'json-schema-to-typescript';
import { runScript, script } from './script.ts';

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

await runScript(
  script('npm run generate', 'Makes the types and validators of all schemas.').action(generate),
);

async function generate(): Promise<void> {
  const schemas = await readSchemas();
  await mkdir(generatedFolder, { recursive: true });
  await writeTypes(schemas);
  await writeValidators(schemas);
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

async function writeTypes(schemas: Schemas): Promise<void> {
  for (const [name, schema] of schemas) {
    const types = await compile(structuredClone(schema), schema.title, {
      additionalProperties: false,
      unreachableDefinitions: name === 'revision',
      bannerComment: `// Generated from schemas/${name}.schema.json. Do not edit.`,
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
}

async function writeValidators(schemas: Schemas): Promise<void> {
  const ajv = new Ajv({
    allErrors: true,
    verbose: true,
    strict: true,
    strictTypes: false,
    strictRequired: false,
    allowUnionTypes: true,
    discriminator: true,
    messages: true,
    keywords: ['x-charm-type', 'x-yaml', 'x-managed-by'],
    schemas: [...schemas.values()],
    code: { source: true, esm: true, lines: false },
  });
  for (const [name, schema] of schemas) {
    const check = functionName(name);
    const code = standalone.default(ajv, { [check]: schema.$id });
    const declaration = [
      "import type { ErrorObject } from 'ajv';",
      `import type { ${schema.title} } from './${name}.ts';`,
      `export const ${check}: {`,
      `  (data: unknown): data is ${schema.title};`,
      '  errors?: ErrorObject[] | null;',
      '};',
      '',
    ];
    await write(`${name}.validator.js`, requiresToImports(errorsToPush(code)));
    await write(`${name}.validator.d.ts`, declaration.join('\n'));
  }
}

async function write(name: string, text: string): Promise<void> {
  await writeFile(path.join(generatedFolder, name), text);
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

/** What each command needs: one table, which the documents and the description of the API repeat. */
import { expect } from 'chai';
import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { commandRules } from '../../../../controller/api/people/command-rules.ts';
import { roleOf, rolesFor } from '../../../../controller/app/access/roles.ts';
import type { Route, RouteRole } from '../../../../runtime/http/route.ts';

interface Operation {
  readonly 'x-access': 'read' | 'write';
  readonly 'x-role'?: RouteRole;
}

const methods = { get: 'GET', put: 'PUT', post: 'POST', delete: 'DELETE' } as const;

/** The role of each operation, as `PUT /v1/config`. */
async function describedRoles(): Promise<ReadonlyMap<string, RouteRole>> {
  const description: {
    readonly paths: Readonly<Record<string, Partial<Record<keyof typeof methods, Operation>>>>;
  } = parse(await readFile('schemas/controller-api.openapi.yaml', 'utf8'));
  const found = new Map<string, RouteRole>();
  for (const [path, operations] of Object.entries(description.paths)) {
    for (const name of ['get', 'put', 'post', 'delete'] as const) {
      const operation = operations[name];
      if (operation === undefined) continue;
      const given: Pick<Route, 'method' | 'access'> = {
        method: methods[name],
        access: operation['x-access'],
      };
      found.set(`${methods[name]} ${path}`, operation['x-role'] ?? roleOf(given));
    }
  }
  return found;
}

function roleText(role: RouteRole): string {
  return role === 'socket' ? "on the controller's machine" : rolesFor(role).join(', ');
}

describe('the rules of commands', () => {
  it('are there for every operation that needs more than the role read', async () => {
    const needing = [...(await describedRoles())]
      .filter(([route, role]) => role !== 'read' && route !== 'POST /v1/check')
      .map(([route]) => route);
    expect([...commandRules().keys()]).to.have.members(needing);
  });

  it('are those of the table in the documents', async () => {
    const described = await describedRoles();
    const expected = [...commandRules()].map(([route, { command, instead }]) => {
      const approval = instead === undefined ? 'no approval' : 'as an approved proposal';
      const own = command === 'apply' ? "the proposal's approvals" : approval;
      return `\`${command}\` | ${roleText(described.get(route) ?? 'socket')} | ${own}`;
    });
    const document = await readFile('docs/people.md', 'utf8');
    const [, section = ''] = document.split('## What each command needs');
    const rows = (section.split('\n## ')[0] ?? '')
      .split('\n')
      .filter((line) => line.startsWith('| `'))
      .map((line) =>
        line
          .split('|')
          .slice(1, -1)
          .map((cell) => cell.trim())
          .join(' | '),
      );
    expect(rows).to.have.members([...new Set(expected)]);
  });
});

/** Finds the route of a request in a table of all routes. */
import type { IncomingMessage } from 'node:http';
import { AppError } from '../errors.ts';
import { RefusedRequest } from './refused-request.ts';
import type { Route } from './route.ts';

/** The routes of a server, by their paths. */
export interface PathTable {
  /** Undefined: the path has no route with this method, or there is no such path. */
  find(method: Route['method'], path: string): FoundPath | undefined;
  /** Why there is no such path, where more can be said than that. */
  missing?(path: string): string | undefined;
}

export interface FoundPath {
  readonly route: Route;
  /** The values of the path's parameters, decoded; they may have any characters. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** A table of paths without parameters. */
export function exactPaths(routes: readonly Route[]): PathTable {
  const table = new Map<string, Map<string, Route>>();
  for (const route of routes) {
    const methods = table.get(route.path) ?? new Map<string, Route>();
    table.set(route.path, methods.set(route.method, route));
  }
  return {
    find: (method, path) => {
      const route = table.get(path)?.get(method);
      return route === undefined ? undefined : { route, parameters: {} };
    },
  };
}

export interface FoundRoute extends FoundPath {
  /** The query without the question mark. */
  readonly query: string;
}

/** @throws AppError not-found, method-not-allowed, access-denied */
export function findRoute(
  table: PathTable,
  message: IncomingMessage,
  access: 'read' | 'write',
): FoundRoute {
  const url = message.url ?? '/';
  const mark = url.indexOf('?');
  const path = mark < 0 ? url : url.slice(0, mark);
  const method = message.method === 'HEAD' ? 'GET' : (message.method ?? '');
  const found = isMethod(method) ? table.find(method, path) : undefined;
  if (found === undefined) throw notFound(table, method, path);
  if (access === 'read' && found.route.access === 'write') {
    throw new AppError(
      'access-denied',
      `cannot ${method} "${shown(path)}": this socket is for reading only`,
    );
  }
  return { ...found, query: mark < 0 ? '' : url.slice(mark + 1) };
}

const methods = ['GET', 'PUT', 'POST', 'DELETE'] as const satisfies readonly Route['method'][];

function isMethod(text: string): text is Route['method'] {
  return methods.some((method) => method === text);
}

function notFound(table: PathTable, method: string, path: string): AppError {
  const allowed = methods.filter((one) => table.find(one, path) !== undefined);
  if (allowed.length === 0) {
    const reason = table.missing?.(path) ?? 'no such resource';
    return new AppError('not-found', `cannot find "${shown(path)}": ${reason}`);
  }
  const message = `cannot ${method} "${shown(path)}": it takes ${allowed.join(', ')}`;
  const allow = allowed.flatMap((one) => (one === 'GET' ? [one, 'HEAD'] : [one])).join(', ');
  return new RefusedRequest('method-not-allowed', message, { headers: { allow } });
}

/** The beginning of a path, which may have 8 KiB. */
function shown(path: string): string {
  return path.slice(0, 200);
}

/** Roles of people, and the role that a route needs. */
import type { Route, RouteRole } from '../../../runtime/http/route.ts';

export const roles = ['read', 'propose', 'approve', 'apply'] as const;

/**
 * read: shows everything but secrets. propose: checks and proposes configurations. approve: checks
 * them, and approves and rejects proposals of others. apply: brings configurations to the nodes, and
 * everything else that changes the fleet.
 */
export type Role = (typeof roles)[number];

/** Every role may read, and a person who may apply a configuration may propose it as well. */
const included: Readonly<Record<Role, readonly RouteRole[]>> = {
  read: ['read'],
  propose: ['read', 'check', 'propose'],
  approve: ['read', 'check', 'approve'],
  apply: ['read', 'check', 'propose', 'apply'],
};

export function isRole(text: string): text is Role {
  return roles.some((role) => role === text);
}

export function mayUse(held: readonly Role[], needed: RouteRole): boolean {
  return held.some((role) => included[role].includes(needed));
}

export function roleOf({
  role,
  method,
  access,
}: Pick<Route, 'role' | 'method' | 'access'>): RouteRole {
  if (role !== undefined) return role;
  if (access === 'write') return 'apply';
  return method === 'GET' ? 'read' : 'check';
}

/** The roles of which each alone is enough. */
export function rolesFor(needed: RouteRole): readonly Role[] {
  return roles.filter((role) => included[role].includes(needed));
}

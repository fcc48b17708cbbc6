/** The parts of the ACS that may run apart, in the order in which they are named. */
export const allRoles = ["cwmp", "light", "engine", "api"] as const;

/**
 * `cwmp`: holds the sessions of classic devices, sends connection requests, serves files and takes them. `light`: holds the
 * WebSockets. `engine`: decides what devices are called. `api`: is what managers speak to.
 */
export type Role = (typeof allRoles)[number];

export type RoleList =
  | { readonly ok: true; readonly roles: readonly Role[] }
  /** What is wrong with it. */
  | { readonly ok: false; readonly problem: string };

/** Reads `cwmp,light`; the order and repetitions do not matter. */
export function readRoles(names: readonly string[]): RoleList {
  const strange = names.find((name) => !allRoles.some((role) => role === name));
  if (strange !== undefined)
    return { ok: false, problem: `knows no role "${strange}"; there are ${allRoles.join(", ")}` };
  const roles = allRoles.filter((role) => names.includes(role));
  return roles.length === 0
    ? { ok: false, problem: `names none; there are ${allRoles.join(", ")}` }
    : { ok: true, roles };
}

/** Whether it is the whole ACS. */
export function isWhole(roles: readonly Role[]): boolean {
  return allRoles.every((role) => roles.includes(role));
}

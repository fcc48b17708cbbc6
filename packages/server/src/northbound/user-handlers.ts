import { routes, type UserChange } from "@heliograph/api";
import {
  beyond,
  builtInRoles,
  isBuiltInRole,
  rightsOfRole,
  subjects,
  type ApiToken,
  type AuditEntry,
  type CustomRole,
  type Rights,
  type User,
} from "../ports/index.ts";
import type { Manager } from "./authentication.ts";
import type { Passwords } from "./password.ts";
import { isRefusal, refuse, type Refusal } from "./refusal.ts";
import { give, serve } from "./serve.ts";
import type { NorthboundPorts } from "./settings.ts";
import { readRights, showRole, showUser } from "./show-rights.ts";

const SALT_BYTES = 16;

/** People who sign in, and the roles that say what they may. Nobody gives, or takes over, more than they have. */
export function userHandlers(ports: NorthboundPorts, passwords: Passwords) {
  const { store, clock, random } = ports;
  return {
    listUsers: serve(routes.listUsers, async () => {
      const users = await store.users();
      return give(200, { items: users.map(showUser) });
    }),

    addUser: serve(routes.addUser, async ({ input: { body }, manager }) => {
      const { name, role } = body;
      const refusal = await tooMuch(ports, role, manager);
      if (refusal !== undefined) return refusal;
      const at = clock.now();
      const password = await passwords.hash(body.password, random.hex(SALT_BYTES));
      const user: User = { name, password, role, disabled: false, createdAt: at };
      const audit = auditOf("add-user", { at, manager, detail: { name, role } });
      const { held } = await store.commit("add-user", { user, audit });
      return held ? give(201, showUser(user)) : refuse("user-exists", `there is a user ${name} already`);
    }),

    changeUser: serve(routes.changeUser, ({ input: { params, body }, manager }) =>
      changeUser({ ports, passwords, manager }, params.name, body),
    ),

    removeUser: serve(routes.removeUser, async ({ input: { params }, manager }) => {
      const user = await findUser(ports, params.name, manager);
      if (isRefusal(user)) return user;
      const { name } = user;
      const at = clock.now();
      const audit = auditOf("remove-user", { at, manager, detail: { name } });
      await store.commit("remove-user", { name, at, audit });
      await announce(ports, (token) => token.user === name);
      return give(204, undefined);
    }),
  };
}

export function roleHandlers(ports: NorthboundPorts) {
  const { store, clock } = ports;
  return {
    listRoles: serve(routes.listRoles, async () => {
      const builtIn = Object.entries<Rights>(builtInRoles).map(([name, rights]) => ({ name, rights }));
      return give(200, { items: [...builtIn, ...(await store.roles())].map(showRole) });
    }),

    setRole: serve(routes.setRole, async ({ input: { params, body }, manager }) => {
      const { name } = params;
      const rights = readRights(body);
      if ("refused" in rights) return rights;
      if (isBuiltInRole(name)) return refuse("not-allowed", `the role ${name} is what it is`);
      const known = await store.role(name);
      const excess = beyond(rights, manager.rights) ?? (known && beyond(known.rights, manager.rights));
      if (excess !== undefined) return excessive(excess);
      const at = clock.now();
      const role: CustomRole = { name, rights, createdAt: known?.createdAt ?? at };
      const audit = auditOf("set-role", { at, manager, detail: { name, rights: showRole(role).rights } });
      await store.commit("set-role", { role, audit });
      await announceRole(ports, name);
      return give(200, showRole(role));
    }),

    removeRole: serve(routes.removeRole, async ({ input: { params }, manager }) => {
      const { name } = params;
      const known = await store.role(name);
      if (known === undefined) return unknownRole(name);
      const excess = beyond(known.rights, manager.rights);
      if (excess !== undefined) return excessive(excess);
      const at = clock.now();
      await store.commit("remove-role", {
        name,
        audit: auditOf("remove-role", { at, manager, detail: { name } }),
      });
      await announceRole(ports, name);
      return give(204, undefined);
    }),
  };
}

/** Why somebody may not give a role; undefined where they may. */
export async function tooMuch(
  { store }: NorthboundPorts,
  role: string,
  { rights }: Manager,
): Promise<Refusal | undefined> {
  const given = await rightsOfRole(store, role);
  if (given === undefined) return unknownRole(role);
  const excess = beyond(given, rights);
  return excess === undefined ? undefined : excessive(excess);
}

interface Changing {
  readonly ports: NorthboundPorts;
  readonly passwords: Passwords;
  readonly manager: Manager;
}

async function changeUser(
  { ports, passwords, manager }: Changing,
  name: string,
  { password, role, disabled }: UserChange,
) {
  const { store, clock, random } = ports;
  const user = await findUser(ports, name, manager);
  if (isRefusal(user)) return user;
  const refusal = role === undefined ? undefined : await tooMuch(ports, role, manager);
  if (refusal !== undefined) return refusal;
  const at = clock.now();
  const changes = {
    ...(role === undefined ? {} : { role }),
    ...(disabled === undefined ? {} : { disabled }),
  };
  const hash = password === undefined ? undefined : await passwords.hash(password, random.hex(SALT_BYTES));
  const detail = { name, ...changes, ...(hash === undefined ? {} : { password: "new" }) };
  const { held } = await store.commit("change-user", {
    name,
    at,
    ...changes,
    ...(hash === undefined ? {} : { password: hash }),
    audit: auditOf("change-user", { at, manager, detail }),
  });
  if (!held) return unknownUser(name);
  await announce(ports, (token) => token.user === name);
  return give(200, showUser({ ...user, ...changes }));
}

/** Somebody who may do more is not one's to change: whoever sets a password takes over what it opens. */
async function findUser(ports: NorthboundPorts, name: string, manager: Manager): Promise<User | Refusal> {
  const user = await ports.store.user(name);
  if (user === undefined) return unknownUser(name);
  const rights = await rightsOfRole(ports.store, user.role);
  const excess = rights && beyond(rights, manager.rights);
  return excess === undefined ? user : excessive(excess);
}

interface Audited {
  readonly at: number;
  readonly manager: Manager;
  readonly detail: AuditEntry["detail"];
}

function auditOf(action: string, { at, manager, detail }: Audited): AuditEntry {
  return { at, manager: manager.name, action, detail };
}

async function announceRole(ports: NorthboundPorts, role: string): Promise<void> {
  const users = new Set(
    (await ports.store.users()).filter((user) => user.role === role).map(({ name }) => name),
  );
  await announce(
    ports,
    (token) => token.role === role || (token.user !== undefined && users.has(token.user)),
  );
}

/** Whoever is let in by one of these tokens is looked at again. */
async function announce(
  { store, bus }: NorthboundPorts,
  isMeant: (token: ApiToken) => boolean,
): Promise<void> {
  for (const token of await store.apiTokens()) {
    if (isMeant(token)) bus.publish(subjects.revoked, { authority: { type: "token", id: token.id } });
  }
}

function excessive(excess: string): Refusal {
  return refuse("not-allowed", `nobody gives, or takes over, what they may not do themselves: ${excess}`);
}

function unknownUser(name: string): Refusal {
  return refuse("unknown-user", `there is no user ${name}: GET /api/v1/users lists those there are`);
}

function unknownRole(name: string): Refusal {
  return refuse("unknown-role", `there is no role ${name}: GET /api/v1/roles lists those there are`);
}

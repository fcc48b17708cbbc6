import type {
  Grant,
  GrantExtension,
  GrantList,
  GrantNarrowing,
  GrantRequest,
  NewGrant,
  Transcript,
} from "../grants.ts";
import type { Rights } from "../rights.ts";
import type {
  Me,
  Role,
  RoleList,
  Session,
  SessionRequest,
  User,
  UserChange,
  UserList,
  UserRequest,
} from "../users.ts";
import type { CallOptions } from "./call-options.ts";
import { askJson, segments, type Transport } from "./transport.ts";

/** Admits people for a while. */
export interface GrantsClient {
  list(options?: CallOptions): Promise<GrantList>;
  create(request: GrantRequest, options?: CallOptions): Promise<NewGrant>;
  get(id: string, options?: CallOptions): Promise<Grant>;
  /** What is left out stays as it is. */
  narrow(id: string, left: GrantNarrowing, options?: CallOptions): Promise<Grant>;
  extend(id: string, extension: GrantExtension, options?: CallOptions): Promise<Grant>;
  revoke(id: string, options?: CallOptions): Promise<void>;
  /** What was done under it, and what came of it. */
  transcript(id: string, options?: CallOptions): Promise<Transcript>;
}

/** People who sign in, and what they may do. */
export interface UsersClient {
  list(options?: CallOptions): Promise<UserList>;
  add(request: UserRequest, options?: CallOptions): Promise<User>;
  change(name: string, change: UserChange, options?: CallOptions): Promise<User>;
  remove(name: string, options?: CallOptions): Promise<void>;
}

export interface RolesClient {
  list(options?: CallOptions): Promise<RoleList>;
  set(name: string, rights: Rights, options?: CallOptions): Promise<Role>;
  remove(name: string, options?: CallOptions): Promise<void>;
}

export interface SessionsClient {
  /** Needs no token; gives one. */
  signIn(request: SessionRequest, options?: CallOptions): Promise<Session>;
  /** Revokes the token that the client has. */
  signOut(options?: CallOptions): Promise<void>;
  me(options?: CallOptions): Promise<Me>;
}

export interface AccessClient {
  readonly grants: GrantsClient;
  readonly users: UsersClient;
  readonly roles: RolesClient;
  readonly sessions: SessionsClient;
}

export function accessClient(transport: Transport): AccessClient {
  return {
    grants: grantsClient(transport),
    users: usersClient(transport),
    roles: rolesClient(transport),
    sessions: sessionsClient(transport),
  };
}

function grantsClient(transport: Transport): GrantsClient {
  const grant = (...rest: readonly string[]): string => segments("grants", ...rest);
  return {
    list: ({ signal } = {}) => askJson(transport, { method: "GET", path: "grants", signal }),
    create: (body, { signal } = {}) => askJson(transport, { method: "POST", path: "grants", body, signal }),
    get: (id, { signal } = {}) => askJson(transport, { method: "GET", path: grant(id), signal }),
    narrow: (id, body, { signal } = {}) =>
      askJson(transport, { method: "POST", path: grant(id, "narrow"), body, signal }),
    extend: (id, body, { signal } = {}) =>
      askJson(transport, { method: "POST", path: grant(id, "extend"), body, signal }),
    async revoke(id, { signal } = {}) {
      await transport({ method: "DELETE", path: grant(id), signal });
    },
    transcript: (id, { signal } = {}) =>
      askJson(transport, { method: "GET", path: grant(id, "transcript"), signal }),
  };
}

function usersClient(transport: Transport): UsersClient {
  return {
    list: ({ signal } = {}) => askJson(transport, { method: "GET", path: "users", signal }),
    add: (body, { signal } = {}) => askJson(transport, { method: "POST", path: "users", body, signal }),
    change: (name, body, { signal } = {}) =>
      askJson(transport, { method: "POST", path: segments("users", name), body, signal }),
    async remove(name, { signal } = {}) {
      await transport({ method: "DELETE", path: segments("users", name), signal });
    },
  };
}

function rolesClient(transport: Transport): RolesClient {
  return {
    list: ({ signal } = {}) => askJson(transport, { method: "GET", path: "roles", signal }),
    set: (name, body, { signal } = {}) =>
      askJson(transport, { method: "PUT", path: segments("roles", name), body, signal }),
    async remove(name, { signal } = {}) {
      await transport({ method: "DELETE", path: segments("roles", name), signal });
    },
  };
}

function sessionsClient(transport: Transport): SessionsClient {
  return {
    signIn: (body, { signal } = {}) => askJson(transport, { method: "POST", path: "sessions", body, signal }),
    async signOut({ signal } = {}) {
      await transport({ method: "DELETE", path: segments("sessions", "current"), signal });
    },
    me: ({ signal } = {}) => askJson(transport, { method: "GET", path: "me", signal }),
  };
}

import {
  Grant,
  GrantExtension,
  GrantList,
  GrantNarrowing,
  GrantPath,
  GrantRequest,
  NewGrant,
  Transcript,
} from "./grants.ts";
import { Rights } from "./rights.ts";
import { json, nothing, route } from "./route.ts";
import { NewToken, TokenList, TokenPath, TokenRequest } from "./tokens.ts";
import {
  Me,
  Role,
  RoleList,
  RolePath,
  Session,
  SessionRequest,
  User,
  UserChange,
  UserList,
  UserPath,
  UserRequest,
} from "./users.ts";

const GRANTS = "/api/v1/grants";
const GRANT = `${GRANTS}/{id}` as const;
const TOKENS = "/api/v1/tokens";
const USERS = "/api/v1/users";
const ROLES = "/api/v1/roles";
const SESSIONS = "/api/v1/sessions";
const body = ["not-json", "too-large", "unsupported-media-type"] as const;

const grantRoutes = {
  listGrants: route({
    method: "GET",
    path: GRANTS,
    tag: "grants",
    summary: "List grants, newest first, also those revoked or expired",
    answers: { 200: json("Grants", GrantList) },
    problems: [],
  }),
  createGrant: route({
    method: "POST",
    path: GRANTS,
    tag: "grants",
    summary: "Admit somebody for a while; the token is told only in this answer",
    body: GrantRequest,
    answers: { 201: json("The grant", NewGrant) },
    problems: [...body, "store-full"],
  }),
  getGrant: route({
    method: "GET",
    path: GRANT,
    tag: "grants",
    summary: "Get a grant",
    description: "Whoever holds it may look at it, too.",
    params: GrantPath,
    answers: { 200: json("The grant", Grant) },
    problems: ["unknown-grant"],
  }),
  narrowGrant: route({
    method: "POST",
    path: `${GRANT}/narrow`,
    tag: "grants",
    summary: "Leave less of a grant",
    description: "What is open under it is closed, and opens again within what is left.",
    params: GrantPath,
    body: GrantNarrowing,
    answers: { 200: json("The grant, narrowed", Grant) },
    problems: [...body, "unknown-grant", "grant-changed", "store-full"],
  }),
  extendGrant: route({
    method: "POST",
    path: `${GRANT}/extend`,
    tag: "grants",
    summary: "Let a grant last longer",
    description: "For whoever could give it. A grant that is over is given anew.",
    params: GrantPath,
    body: GrantExtension,
    answers: { 200: json("The grant, extended", Grant) },
    problems: [...body, "unknown-grant", "grant-changed", "store-full"],
  }),
  revokeGrant: route({
    method: "DELETE",
    path: GRANT,
    tag: "grants",
    summary: "Revoke a grant",
    description:
      "What is open under it is closed at once, and operations under it that are not with their device are cancelled.",
    params: GrantPath,
    answers: { 204: nothing("Revoked, now or before") },
    problems: ["unknown-grant", "store-full"],
  }),
  getTranscript: route({
    method: "GET",
    path: `${GRANT}/transcript`,
    tag: "grants",
    summary: "Read what was done under a grant, and what came of it",
    params: GrantPath,
    answers: { 200: json("The transcript", Transcript) },
    problems: ["unknown-grant"],
  }),
};

const userRoutes = {
  listUsers: route({
    method: "GET",
    path: USERS,
    tag: "users",
    summary: "List users",
    answers: { 200: json("Users", UserList) },
    problems: [],
  }),
  addUser: route({
    method: "POST",
    path: USERS,
    tag: "users",
    summary: "Add a user",
    body: UserRequest,
    answers: { 201: json("The user", User) },
    problems: [...body, "user-exists", "unknown-role", "store-full"],
  }),
  changeUser: route({
    method: "POST",
    path: `${USERS}/{name}`,
    tag: "users",
    summary: "Change a user's role or password, or disable or enable them",
    params: UserPath,
    body: UserChange,
    answers: { 200: json("The user", User) },
    problems: [...body, "unknown-user", "unknown-role", "store-full"],
  }),
  removeUser: route({
    method: "DELETE",
    path: `${USERS}/{name}`,
    tag: "users",
    summary: "Remove a user",
    params: UserPath,
    answers: { 204: nothing("Removed") },
    problems: ["unknown-user", "store-full"],
  }),
  listRoles: route({
    method: "GET",
    path: ROLES,
    tag: "users",
    summary: "List roles with what they give",
    answers: { 200: json("Roles", RoleList) },
    problems: [],
  }),
  setRole: route({
    method: "PUT",
    path: `${ROLES}/{name}`,
    tag: "users",
    summary: "Make a role, or change one that was made here",
    params: RolePath,
    body: Rights,
    answers: { 200: json("The role", Role) },
    problems: [...body, "store-full"],
  }),
  removeRole: route({
    method: "DELETE",
    path: `${ROLES}/{name}`,
    tag: "users",
    summary: "Remove a role; whoever has it may do nothing any more",
    params: RolePath,
    answers: { 204: nothing("Removed") },
    problems: ["unknown-role", "store-full"],
  }),
  signIn: route({
    method: "POST",
    path: SESSIONS,
    tag: "users",
    summary: "Sign in by name and password",
    open: true,
    body: SessionRequest,
    answers: { 201: json("A token for half a day", Session) },
    problems: [...body, "invalid-request", "unauthenticated", "too-many-attempts", "store-full"],
  }),
  endSession: route({
    method: "DELETE",
    path: `${SESSIONS}/current`,
    tag: "users",
    summary: "Sign out: revoke the token that this request comes with",
    answers: { 204: nothing("Signed out") },
    problems: ["store-full"],
  }),
  getMe: route({
    method: "GET",
    path: "/api/v1/me",
    tag: "users",
    summary: "Say who asks, and what they may do",
    answers: { 200: json("Who asks", Me) },
    problems: [],
  }),
};

const tokenRoutes = {
  listTokens: route({
    method: "GET",
    path: TOKENS,
    tag: "tokens",
    summary: "List tokens, also those revoked or expired",
    answers: { 200: json("Tokens", TokenList) },
    problems: [],
  }),
  createToken: route({
    method: "POST",
    path: TOKENS,
    tag: "tokens",
    summary: "Make a token; it is told only in this answer",
    body: TokenRequest,
    answers: { 201: json("The token", NewToken) },
    problems: [...body, "unknown-role", "store-full"],
  }),
  revokeToken: route({
    method: "DELETE",
    path: `${TOKENS}/{id}`,
    tag: "tokens",
    summary: "Revoke a token",
    params: TokenPath,
    answers: { 204: nothing("Revoked, now or before") },
    problems: ["unknown-token", "store-full"],
  }),
};

/** Who may do what. */
export const accessRoutes = { ...tokenRoutes, ...grantRoutes, ...userRoutes };

import { Type } from "typebox";
import { Rights } from "./rights.ts";
import { Time, type Shape } from "./schema.ts";

const UserName = Type.String({
  pattern: "^(?!admin$)[0-9A-Za-z](?:[0-9A-Za-z._@-]{0,62}[0-9A-Za-z])?$",
  description: "Stands in the audit log. Not `admin`.",
  examples: ["jo.miller"],
});

const Password = Type.String({ minLength: 10, maxLength: 256 });

export const RoleName = Type.String({
  pattern: "^[a-z](?:[0-9a-z-]{0,62}[0-9a-z])?$",
  description: "`admin`, `operator`, `support`, `viewer`, or one that was made here.",
});

export type User = Shape<typeof User>;
export const User = Type.Object(
  { name: UserName, role: RoleName, disabled: Type.Boolean(), created: Time },
  { title: "User", description: "Somebody who signs in by name and password." },
);

export type UserList = Shape<typeof UserList>;
export const UserList = Type.Object(
  { items: Type.Array(User) },
  { title: "UserList", additionalProperties: false },
);

export type UserRequest = Shape<typeof UserRequest>;
export const UserRequest = Type.Object(
  { name: UserName, password: Password, role: RoleName },
  { title: "UserRequest", additionalProperties: false },
);

export type UserChange = Shape<typeof UserChange>;
export const UserChange = Type.Object(
  {
    password: Type.Optional(Password),
    role: Type.Optional(RoleName),
    disabled: Type.Optional(Type.Boolean()),
  },
  {
    title: "UserChange",
    description: "What is left out stays. A new password, and being disabled, end the user's sessions.",
    additionalProperties: false,
  },
);

export const UserPath = Type.Object({ name: UserName });

export type Role = Shape<typeof Role>;
export const Role = Type.Object(
  { name: RoleName, builtIn: Type.Boolean(), rights: Rights },
  { title: "Role" },
);

export type RoleList = Shape<typeof RoleList>;
export const RoleList = Type.Object(
  { items: Type.Array(Role) },
  { title: "RoleList", additionalProperties: false },
);

export const RolePath = Type.Object({ name: RoleName });

export type SessionRequest = Shape<typeof SessionRequest>;
export const SessionRequest = Type.Object(
  { name: Type.String({ maxLength: 64 }), password: Type.String({ maxLength: 256 }) },
  { title: "SessionRequest", additionalProperties: false },
);

export type Session = Shape<typeof Session>;
export const Session = Type.Object(
  {
    token: Type.String({ description: "Sent as `Authorization: Bearer …`." }),
    expires: Time,
    role: RoleName,
  },
  { title: "Session" },
);

export type Me = Shape<typeof Me>;
export const Me = Type.Object(
  {
    name: Type.String({ description: "As the audit log has it." }),
    rights: Rights,
    expires: Type.Optional(Time),
  },
  { title: "Me", description: "Who asks, and what they may do." },
);

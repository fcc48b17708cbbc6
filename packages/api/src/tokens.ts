import { Type } from "typebox";
import { Time, type Shape } from "./schema.ts";
import { RoleName } from "./users.ts";

const TokenId = Type.String({ pattern: "^[0-9a-f]{16}$" });

const TokenName = Type.String({
  pattern: "^(?!admin$)[0-9A-Za-z](?:[0-9A-Za-z ._@-]{0,62}[0-9A-Za-z])?$",
  description: "Who holds it; stands in the audit log. Not `admin`.",
  examples: ["support desk"],
});

const described = {
  id: TokenId,
  name: TokenName,
  role: RoleName,
  user: Type.Optional(Type.String({ description: "Whose session it is; left out where it is none." })),
  created: Time,
  expires: Type.Optional(Time),
};

export type Token = Shape<typeof Token>;
export const Token = Type.Object(
  { ...described, revoked: Type.Optional(Time) },
  { title: "Token", description: "A manager's right to this API; the token itself is told only once." },
);

export type TokenList = Shape<typeof TokenList>;
export const TokenList = Type.Object(
  { items: Type.Array(Token) },
  { title: "TokenList", additionalProperties: false },
);

export type NewToken = Shape<typeof NewToken>;
export const NewToken = Type.Object(
  { ...described, token: Type.String({ description: "Sent as `Authorization: Bearer …`." }) },
  { title: "NewToken" },
);

export type TokenRequest = Shape<typeof TokenRequest>;
export const TokenRequest = Type.Object(
  {
    name: TokenName,
    role: Type.Optional(RoleName),
    expires: Type.Optional(Time),
  },
  {
    title: "TokenRequest",
    description: "Role left out: `admin`. Nobody makes a token that may do more than they may.",
    additionalProperties: false,
  },
);

export const TokenPath = Type.Object({ id: TokenId });

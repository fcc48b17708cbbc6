import { Type } from "typebox";
import type { Shape } from "./schema.ts";

const Check = Type.Object(
  {
    name: Type.Enum(["reading", "changing", "newcomers", "engine"], {
      description:
        "Whether the store can be read, whether it takes changes, whether newcomers are let in, and whether an engine answers.",
    }),
    state: Type.Enum(["good", "troubled"]),
    why: Type.Optional(Type.String()),
  },
  { title: "HealthCheck", additionalProperties: false },
);

export type Health = Shape<typeof Health>;
export const Health = Type.Object(
  {
    status: Type.Enum(["alive", "ready"]),
    trouble: Type.Optional(
      Type.String({ description: "Why nothing can be changed now, such as a full disk; reading goes on." }),
    ),
    checks: Type.Optional(Type.Array(Check)),
  },
  { title: "Health", additionalProperties: false },
);

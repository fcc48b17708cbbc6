import { Type } from "typebox";
import type { Shape } from "./schema.ts";

export type Health = Shape<typeof Health>;
export const Health = Type.Object(
  {
    status: Type.Enum(["alive", "ready"]),
    trouble: Type.Optional(
      Type.String({ description: "Why nothing can be changed now, such as a full disk; reading goes on." }),
    ),
  },
  { title: "Health", additionalProperties: false },
);

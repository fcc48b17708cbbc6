import { Type } from "typebox";
import type { Shape } from "./schema.ts";

export type Health = Shape<typeof Health>;
export const Health = Type.Object(
  { status: Type.Enum(["alive", "ready"]) },
  { title: "Health", additionalProperties: false },
);

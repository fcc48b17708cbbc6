import { Type } from "typebox";
import { DeviceKey, Time, type Shape } from "./schema.ts";

export type Lease = Shape<typeof Lease>;
export const Lease = Type.Object(
  {
    device: DeviceKey,
    holder: Type.String({ description: "Who holds it, as the audit log has them." }),
    reason: Type.String(),
    taken: Time,
    ends: Time,
  },
  { title: "Lease", description: "Somebody holds a device for a while: nobody else writes to it." },
);

export type LeaseRequest = Shape<typeof LeaseRequest>;
export const LeaseRequest = Type.Object(
  {
    seconds: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 3_600,
        description: "How long from now on; left out: five minutes.",
      }),
    ),
    reason: Type.Optional(Type.String({ maxLength: 1024, examples: ["ticket 4711"] })),
  },
  { title: "LeaseRequest", additionalProperties: false },
);

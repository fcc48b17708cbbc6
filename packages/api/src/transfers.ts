import { Type } from "typebox";
import { Time, type Shape } from "./schema.ts";

export type Transfer = Shape<typeof Transfer>;
export const Transfer = Type.Object(
  {
    kind: Type.Enum(["Download", "Upload", "ScheduleDownload"]),
    commandKey: Type.String(),
    file: Type.Optional(Type.String({ description: "One of ours: what is sent, or what has come." })),
    state: Type.Enum(["asked", "transferring", "completed", "failed", "cancelled", "outcome-unknown"]),
    until: Type.Optional({ ...Time, description: "When nobody waits for the device's word any more." }),
    progress: Type.Optional(
      Type.Object(
        {
          bytes: Type.Integer(),
          of: Type.Integer(),
          at: Time,
          since: Type.Optional({ ...Time, description: "When it began, where that was earlier." }),
        },
        { description: "What our own file server saw." },
      ),
    ),
    software: Type.Optional(
      Type.Object(
        { before: Type.Optional(Type.String()), after: Type.Optional(Type.String()) },
        {
          description:
            "What the device said that it runs, when it was to be asked for a file and when that came to its end: evidence of " +
            "what it did, whatever it reports.",
        },
      ),
    ),
    report: Type.Optional(
      Type.Object(
        {
          faultCode: Type.Integer(),
          faultString: Type.Optional(Type.String()),
          startTime: Type.String(),
          completeTime: Type.String(),
        },
        { description: "What the device said in the end, with its own times." },
      ),
    ),
  },
  { title: "Transfer", description: "A file on its way to the device or from it." },
);

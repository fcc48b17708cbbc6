import { Type } from "typebox";
import { FileId, FileKind } from "./files.ts";
import { DeviceKey, OperationId, Time, type Shape } from "./schema.ts";

const PlanId = Type.String({ pattern: "^[0-9a-f]{16}$", description: "16 hexadecimal digits." });

const DAY_SECONDS = 86_400;

const choices = {
  device: Type.Optional({
    ...DeviceKey,
    description: "The one device that it is for; left out, every device that is approved.",
  }),
  every: Type.Integer({
    minimum: 300,
    maximum: 366 * DAY_SECONDS,
    description: "Seconds between two backups of a device.",
    examples: [DAY_SECONDS],
  }),
  keep: Type.Integer({
    minimum: 1,
    maximum: 1_000,
    default: 10,
    description:
      "How many of a device's backups stand at most. What it sends again without a change stands once.",
  }),
  spread: Type.Integer({
    minimum: 0,
    maximum: 366 * DAY_SECONDS,
    description:
      "Seconds over which the devices are spread, each at its own moment; left out, `every`, and an hour at most. Never " +
      "more than `every`.",
  }),
  kind: Type.Optional({
    ...FileKind,
    description:
      "The type of file, as CWMP writes it; left out, `3 Vendor Configuration File <i>` where the device's data model " +
      "names the one for backups, else `1 Vendor Configuration File`.",
    examples: ["1 Vendor Configuration File"],
  }),
};

export type BackupPlanRequest = Shape<typeof BackupPlanRequest>;
export const BackupPlanRequest = Type.Object(
  { ...choices, keep: Type.Optional(choices.keep), spread: Type.Optional(choices.spread) },
  { title: "BackupPlanRequest", additionalProperties: false },
);

export type BackupPlan = Shape<typeof BackupPlan>;
export const BackupPlan = Type.Object(
  {
    id: PlanId,
    ...choices,
    manager: Type.String({ description: "Who made it." }),
    created: Time,
    standing: Type.Object(
      { devices: Type.Integer(), running: Type.Integer(), failed: Type.Integer() },
      {
        description:
          "How many devices have joined it, have been asked and not sent theirs yet, and failed at their last turn.",
      },
    ),
  },
  { title: "BackupPlan", description: "Which devices send their configurations, and how often." },
);

export type BackupPlanList = Shape<typeof BackupPlanList>;
export const BackupPlanList = Type.Object({ items: Type.Array(BackupPlan) }, { title: "BackupPlanList" });

export const BackupPlanPath = Type.Object({ id: PlanId });

export type Backup = Shape<typeof Backup>;
export const Backup = Type.Object(
  {
    file: FileId,
    kind: Type.String(),
    bytes: Type.Integer({ minimum: 0 }),
    sha256: Type.String(),
    taken: Time,
    last: { ...Time, description: "When the device last sent the same." },
    unchanged: Type.Integer({ description: "How often it sent the same after the first time." }),
  },
  { title: "Backup", description: "A configuration of a device that stands." },
);

export type BackupTurn = Shape<typeof BackupTurn>;
export const BackupTurn = Type.Object(
  {
    plan: PlanId,
    next: Time,
    operation: Type.Optional({ ...OperationId, description: "What was begun, and goes on." }),
    last: Type.Optional(
      Type.Object({
        result: Type.Enum(["changed", "unchanged", "failed"]),
        at: Time,
        operation: Type.Optional(OperationId),
        reason: Type.Optional(Type.String({ description: "Why it failed." })),
      }),
    ),
  },
  { title: "BackupTurn", description: "Where a plan stands with a device." },
);

export type DeviceBackups = Shape<typeof DeviceBackups>;
export const DeviceBackups = Type.Object(
  { items: Type.Array(Backup), turns: Type.Array(BackupTurn) },
  { title: "DeviceBackups" },
);

export type BackupDiffQuery = Shape<typeof BackupDiffQuery>;
export const BackupDiffQuery = Type.Object(
  {
    from: Type.Optional({ ...FileId, description: "The earlier one; left out, the one before `to`." }),
    to: Type.Optional({ ...FileId, description: "The later one; left out, the newest." }),
  },
  { additionalProperties: false },
);

export type BackupDiff = Shape<typeof BackupDiff>;
export const BackupDiff = Type.Object(
  {
    from: Backup,
    to: Backup,
    difference: Type.Enum(["same", "text", "opaque"], {
      description:
        "`opaque`: at least one is no text, or they are too long, or too different, to be compared line by line.",
    }),
    added: Type.Optional(Type.Integer({ description: "Lines that only `to` has." })),
    removed: Type.Optional(Type.Integer({ description: "Lines that only `from` has." })),
    unified: Type.Optional(Type.String({ description: "As `diff -u` writes it." })),
  },
  { title: "BackupDiff", description: "What became of a configuration." },
);

import { Type } from "typebox";
import { DeviceKey, type Shape } from "./schema.ts";

const Every = Type.Literal("every");

export const DeviceKeys = Type.Array(DeviceKey, { minItems: 1, maxItems: 1000 });

export const DevicesWhere = Type.Object(
  {
    where: Type.String({
      minLength: 1,
      maxLength: 4096,
      description: "An expression, as `docs/expressions.md` describes it.",
      examples: ['tag = "berlin" and model = "00D09E-Box"'],
    }),
  },
  {
    description: "Those of which the expression is true at each use; who leaves them is out at once.",
    additionalProperties: false,
  },
);

export const GrantedDevices = Type.Union([DeviceKeys, DevicesWhere], {
  description: "The keys of those meant, or what is true of them.",
});

const MethodName = Type.String({ pattern: "^[A-Za-z_][0-9A-Za-z_.-]{0,63}$" });

export const MethodNames = Type.Array(MethodName, {
  maxItems: 100,
  description:
    "RPCs by their names. Those that are bounded by no path, such as Download, Upload, ChangeDUState, FactoryReset, Reboot " +
    "and those of vendors, are allowed by their name alone.",
  examples: [["GetParameterValues", "Reboot"]],
});

export const PathPrefix = Type.String({
  maxLength: 256,
  description:
    "A partial path, which ends with a dot, and all below it; or one parameter. Compared by whole segments; `*` stands for " +
    "every instance.",
  examples: ["Device.WiFi.", "Device.WiFi.SSID.*.Enable"],
});

export const ReadPrefixes = Type.Array(PathPrefix, { maxItems: 100, description: "What may be read." });
export const WritePrefixes = Type.Array(PathPrefix, {
  maxItems: 100,
  description:
    "What may be written, added, deleted, and given attributes. What lies under `ManagementServer.` is written by a prefix " +
    "that names it, and by no wider one.",
});

const ChannelName = Type.String({ minLength: 1, maxLength: 256 });
export const ChannelNames = Type.Array(ChannelName, {
  maxItems: 100,
  description:
    "Channels that may be followed. `private/*/monitor` is the monitor of each device that is meant.",
});

const Act = Type.Enum(
  [
    "admit-devices",
    "group-devices",
    "keep-channels",
    "keep-policies",
    "set-quirks",
    "keep-files",
    "run-campaigns",
    "trace",
    "read-audit",
    "give-grants",
    "give-tokens",
    "keep-users",
    "configure",
  ],
  { title: "Act", description: "What is done to the ACS rather than asked of a device." },
);

export type Rights = Shape<typeof Rights>;
export const Rights = Type.Object(
  {
    devices: Type.Union([Every, DeviceKeys, DevicesWhere], {
      description: "`every`, the keys of those meant, or what is true of them.",
    }),
    methods: Type.Union([Every, MethodNames]),
    read: ReadPrefixes,
    write: WritePrefixes,
    channels: Type.Union([Every, ChannelNames]),
    acts: Type.Array(Act, { maxItems: 20 }),
    secrets: Type.Boolean({ description: "Whether passwords and keys are shown where the ACS keeps them." }),
  },
  {
    title: "Rights",
    description: "What somebody may do. What is not in it is refused.",
    additionalProperties: false,
  },
);

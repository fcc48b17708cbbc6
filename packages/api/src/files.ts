import { Type } from "typebox";
import { asking } from "./operations.ts";
import { DeviceKey, Time, type Shape } from "./schema.ts";

export const FileId = Type.String({ pattern: "^[0-9a-f]{16}$", description: "16 hexadecimal digits." });

export const FileKind = Type.String({
  pattern: "^(\\d+|X [0-9A-F]{6}) .+$",
  maxLength: 64,
  description: "As CWMP writes it, or a vendor's own, `X <OUI> <name>`.",
  examples: ["1 Firmware Upgrade Image", "3 Vendor Configuration File"],
});

const about = {
  version: Type.Optional(Type.String({ maxLength: 64, description: "Of the software that is in it." })),
  manufacturer: Type.Optional(Type.String({ maxLength: 64 })),
  oui: Type.Optional(Type.String({ pattern: "^[0-9A-F]{6}$" })),
  productClass: Type.Optional(Type.String({ maxLength: 64 })),
};

const sha256 = Type.String({ pattern: "^[0-9a-f]{64}$", description: "Hexadecimal." });

export type File = Shape<typeof File>;
export const File = Type.Object(
  {
    id: FileId,
    name: Type.String(),
    kind: Type.String({ examples: ["1 Firmware Upgrade Image"] }),
    ...about,
    device: Type.Optional(DeviceKey),
    bytes: Type.Integer({ minimum: 0 }),
    sha256,
    md5: Type.String({ description: "Hexadecimal; for old devices alone." }),
    added: Time,
  },
  {
    title: "File",
    description:
      "A file for devices of the manufacturer, OUI and product class that it names, or one that came from `device`.",
  },
);

export type FileList = Shape<typeof FileList>;
export const FileList = Type.Object({ items: Type.Array(File) }, { title: "FileList" });

export const FilePath = Type.Object({ id: FileId });

export type FileQuery = Shape<typeof FileQuery>;
export const FileQuery = Type.Object({ device: Type.Optional(DeviceKey) }, { additionalProperties: false });

export type NewFileQuery = Shape<typeof NewFileQuery>;
export const NewFileQuery = Type.Object(
  {
    name: Type.String({
      minLength: 1,
      maxLength: 128,
      description: "One part of a path; devices may look for it at the end of their URL.",
    }),
    kind: Type.Optional(FileKind),
    ...about,
    sha256: Type.Optional({
      ...sha256,
      description: "What whoever sends it found; another content is refused.",
    }),
  },
  { additionalProperties: false },
);

const window = Type.Object(
  {
    start: Type.Integer({
      minimum: 0,
      maximum: 4_294_967_295,
      description: "Seconds from when the device is asked.",
    }),
    end: Type.Integer({ minimum: 0, maximum: 4_294_967_295 }),
    mode: Type.Optional(
      Type.Enum(["1 At Any Time", "2 Immediately", "3 When Idle", "4 Confirmation Needed"], {
        default: "1 At Any Time",
      }),
    ),
    message: Type.Optional(Type.String({ maxLength: 256, description: "For the device's user." })),
    retries: Type.Optional(Type.Integer({ minimum: -1, maximum: 100, default: 0 })),
  },
  { additionalProperties: false },
);

const delay = Type.Optional(
  Type.Integer({
    minimum: 0,
    maximum: 86_400,
    default: 0,
    description: "Seconds that the device is to wait.",
  }),
);

const commandKey = Type.Optional(
  Type.String({ maxLength: 32, description: "By which the device names it; made where it is left out." }),
);

export type DownloadRequest = Shape<typeof DownloadRequest>;
export const DownloadRequest = Type.Object(
  {
    file: FileId,
    delay,
    windows: Type.Optional(
      Type.Array(window, {
        minItems: 1,
        maxItems: 2,
        description: "When it may be done: by ScheduleDownload.",
      }),
    ),
    target: Type.Optional(
      Type.String({ maxLength: 256, description: "The name that the file has on the device." }),
    ),
    commandKey,
    ...asking,
  },
  { title: "DownloadRequest", additionalProperties: false },
);

export type UploadRequest = Shape<typeof UploadRequest>;
export const UploadRequest = Type.Object(
  {
    kind: Type.Optional({ ...FileKind, default: "1 Vendor Configuration File" }),
    delay,
    commandKey,
    ...asking,
  },
  { title: "UploadRequest", additionalProperties: false },
);

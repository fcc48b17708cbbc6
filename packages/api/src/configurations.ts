import { Type } from "typebox";
import {
  Compliance,
  ComplianceState,
  Hold,
  PolicyConflict,
  PolicyName,
  Values,
  WantedFile,
  WantedObject,
} from "./policies.ts";
import { DeviceKey, Time, type Shape } from "./schema.ts";

const Version = Type.Integer({
  minimum: 1,
  description:
    "Only rises; it is counted for all devices, so that one of them has no version for many of its numbers.",
});

const contentFields = {
  hold: Hold,
  values: Values,
  objects: Type.Array(WantedObject, { maxItems: 100 }),
};

export type ConfigurationRequest = Shape<typeof ConfigurationRequest>;
export const ConfigurationRequest = Type.Object(
  {
    hold: Type.Optional(Hold),
    values: Type.Optional(Values),
    objects: Type.Optional(contentFields.objects),
  },
  {
    title: "ConfigurationRequest",
    description:
      "All that this device alone is to hold: what was said before and is not said here is let go.",
    additionalProperties: false,
  },
);

const versionFields = { version: Version, ...contentFields, set: Time, by: Type.String() };

export type Configuration = Shape<typeof Configuration>;
export const Configuration = Type.Object(
  { device: DeviceKey, ...versionFields, compliance: Compliance },
  { title: "Configuration", description: "What one device alone is to hold, and where it stands with that." },
);

export type ConfigurationVersionList = Shape<typeof ConfigurationVersionList>;
export const ConfigurationVersionList = Type.Object(
  { items: Type.Array(Type.Object(versionFields, { title: "ConfigurationVersion" })) },
  { title: "ConfigurationVersionList", additionalProperties: false },
);

const origin = {
  policy: { ...PolicyName, description: "Who says so; `private`: the device's own configuration." },
  version: Type.Integer({ minimum: 1 }),
  state: { ...ComplianceState, description: "Where the device stands with that policy." },
};

const DesiredValue = Type.Object(
  { path: Type.String(), value: Type.Unknown(), ...origin },
  { title: "DesiredValue", description: "A path, what it is to hold, and which policy holds it." },
);

const DesiredObject = Type.Object(
  { ...WantedObject.properties, ...origin },
  { title: "DesiredObject", description: "An object that must be there." },
);

const { file, hours, version: software } = WantedFile.properties;

const DesiredFile = Type.Object(
  { file, software, hours, ...origin },
  { title: "DesiredFile", description: "A file that the device is to have." },
);

export type DesiredState = Shape<typeof DesiredState>;
export const DesiredState = Type.Object(
  {
    values: Type.Array(DesiredValue, { description: "Of all policies, in the order in which they hold." }),
    objects: Type.Array(DesiredObject),
    files: Type.Array(DesiredFile),
    conflicts: Type.Array(PolicyConflict, {
      description: "Paths that policies of this device set to different values.",
    }),
  },
  { title: "DesiredState", description: "All that a device is to hold, of all its policies." },
);

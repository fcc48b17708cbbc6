import { Type } from "typebox";
import { DeviceKey, page, paging, Time, type Shape } from "./schema.ts";

export type Approval = Shape<typeof Approval>;
export const Approval = Type.Enum(["waiting", "approved", "rejected"], {
  title: "Approval",
  description: "Only an approved device is managed; one that waits has introduced itself and no more.",
});

export type Reachability = Shape<typeof Reachability>;
export const Reachability = Type.Enum(["connected", "wakeable", "unreachable"], {
  title: "Reachability",
  description:
    "`connected`: calls reach it now. `wakeable`: a connection request should bring it here. `unreachable`: the last " +
    "connection request failed, or none can be sent; its next Inform is waited for.",
});

export type DeviceId = Shape<typeof DeviceId>;
export const DeviceId = Type.Object(
  {
    Manufacturer: Type.String(),
    OUI: Type.String(),
    ProductClass: Type.String(),
    SerialNumber: Type.String(),
  },
  { title: "DeviceId", description: "Who the device says it is, as its Inform has it." },
);

export type DeviceFacts = Shape<typeof DeviceFacts>;
export const DeviceFacts = Type.Object(
  {
    root: Type.Optional(Type.String({ description: "`Device.` or `InternetGatewayDevice.`" })),
    softwareVersion: Type.Optional(Type.String()),
    hardwareVersion: Type.Optional(Type.String()),
    connectionRequestUrl: Type.Optional(Type.String()),
  },
  { title: "DeviceFacts", description: "What its Informs say of it." },
);

export type ConnectionRequestOutcome = Shape<typeof ConnectionRequestOutcome>;
export const ConnectionRequestOutcome = Type.Object(
  {
    at: Time,
    result: Type.Enum(
      ["accepted", "sent", "busy", "unauthorized", "refused", "unreachable", "forbidden", "impossible"],
      {
        description:
          "`accepted`: it will call. `sent`: by UDP, which it does not answer but by calling. `busy`: it answered 503. `unauthorized`: it refused the ACS's credentials. " +
          "`refused`: it answered otherwise. `unreachable`: no answer. `forbidden`: the ACS does not send to its " +
          "address. `impossible`: it gave no usable address, or has no credentials yet.",
      },
    ),
    status: Type.Optional(Type.Integer({ description: "Its HTTP status, where it answered." })),
    detail: Type.String({ description: "What was tried and what came back." }),
  },
  { title: "ConnectionRequestOutcome" },
);

export type ConnectionRequestStatus = Shape<typeof ConnectionRequestStatus>;
export const ConnectionRequestStatus = Type.Object(
  {
    attempts: Type.Integer({ minimum: 0, description: "Since it last opened a session." }),
    last: Type.Optional(ConnectionRequestOutcome),
    next: Type.Optional(Time),
  },
  { title: "ConnectionRequestStatus", description: "What became of connection requests to the device." },
);

export type DeviceConnection = Shape<typeof DeviceConnection>;
export const DeviceConnection = Type.Object(
  {
    transport: Type.Enum(["classic", "light"], {
      description: "`classic`: a CWMP session, over in a moment. `light`: a WebSocket, which stays.",
    }),
    subprotocol: Type.Optional(Type.String({ description: "Of a light one.", examples: ["cwmp.json"] })),
    since: Time,
  },
  { title: "DeviceConnection", description: "The connection that carries calls to the device now." },
);

export type LightStanding = Shape<typeof LightStanding>;
export const LightStanding = Type.Object(
  {
    subprotocol: Type.String({ examples: ["cwmp.json"] }),
    lapsed: Type.Boolean({
      description:
        "It was referred to the light transport and did not come in time: its sessions carry its calls until it does.",
    }),
  },
  { title: "LightStanding", description: "How a device that speaks the light transport stands with it." },
);

export type DeviceClaim = Shape<typeof DeviceClaim>;
export const DeviceClaim = Type.Object(
  {
    at: Time,
    last: Time,
    address: Type.String({ description: "Where the last of them came from." }),
    count: Type.Integer({ minimum: 1 }),
    approved: Type.Optional(
      Type.String({
        format: "date-time",
        description:
          "When it was approved: the device is awaited by first contact, and nothing else opens it.",
      }),
    ),
  },
  {
    title: "DeviceClaim",
    description:
      "Informs that say that the device starts from nothing, and prove the first-contact secret alone: it was reset, or " +
      "somebody else wants to be it. The device goes on as before until the claim is approved; where it shows its own " +
      "credentials again, the claim is dropped.",
  },
);

export type CredentialsRotation = Shape<typeof CredentialsRotation>;
export const CredentialsRotation = Type.Object(
  {
    told: Type.Enum(["now", "later"], {
      description: "`now`: it is connected and is being told. `later`: it is told when it comes next.",
    }),
  },
  {
    title: "CredentialsRotation",
    description: "The credentials it has stay good until it has confirmed the new ones.",
  },
);

export type DeviceStrain = Shape<typeof DeviceStrain>;
export const DeviceStrain = Type.Object(
  {
    reason: Type.Enum(["resources", "silent", "rebooted"], {
      description:
        "`resources`: 9004 for the least there is to ask. `silent`: it did not answer. `rebooted`: while it was read, and " +
        "unasked.",
    }),
    strikes: Type.Integer({ description: "How often in a row." }),
    at: Time,
    until: Type.Optional(Time),
  },
  {
    title: "DeviceStrain",
    description:
      "What reading did to the device since it last answered a read. Until then it is left alone by what asks by itself; " +
      "a person may ask.",
  },
);

export type DeviceCircle = Shape<typeof DeviceCircle>;
export const DeviceCircle = Type.Object(
  {
    path: Type.String(),
    access: Type.Enum(["read", "written"]),
    times: Type.Integer(),
    by: Type.Array(Type.String(), { description: "What fights: whatever asked for it by itself." }),
    at: Time,
    until: Time,
  },
  {
    title: "DeviceCircle",
    description:
      "A path that was read or written again and again by what asks by itself, which is stopped until then.",
  },
);

export type Device = Shape<typeof Device>;
export const Device = Type.Object(
  {
    key: DeviceKey,
    deviceId: DeviceId,
    approval: Approval,
    reachability: Reachability,
    connection: Type.Optional(DeviceConnection),
    light: Type.Optional(LightStanding),
    address: Type.String({
      description: "Where its last authenticated Inform, or its last light connection, came from.",
    }),
    enrolled: Type.Object({
      at: Time,
      by: Type.Enum(["certificate", "open-enrolment", "first-contact"], {
        description:
          "By its own certificate, by the open-enrolment setting, or by the shared first-contact secret.",
      }),
    }),
    lastInform: Type.Optional(Time),
    lastBoot: Type.Optional(Time),
    lastBootstrap: Type.Optional(Time),
    facts: DeviceFacts,
    connectionRequest: ConnectionRequestStatus,
    credentials: Type.Enum(["none", "staged", "confirmed", "refused", "rotating"], {
      description:
        "Its own credentials: none yet, sent but unconfirmed, confirmed, refused by it, or confirmed and to be replaced.",
    }),
    claim: Type.Optional(DeviceClaim),
    strain: Type.Optional(DeviceStrain),
    circle: Type.Optional(DeviceCircle),
    tags: Type.Array(Type.String()),
  },
  { title: "Device" },
);

export type DevicePage = Shape<typeof DevicePage>;
export const DevicePage = Type.Object(
  {
    ...page("DevicePage", Device).properties,
    unfinished: Type.Optional(
      Type.Literal(true, {
        description: "Not all devices were looked at: there may be more from `next` on.",
      }),
    ),
  },
  { title: "DevicePage", additionalProperties: false },
);

export type DeviceQuery = Shape<typeof DeviceQuery>;
export const DeviceQuery = Type.Object(
  {
    query: Type.Optional(
      Type.String({
        maxLength: 256,
        description:
          "Words that must each occur, in any case, in the key, manufacturer, software version, address or a tag.",
      }),
    ),
    where: Type.Optional(
      Type.String({
        maxLength: 4096,
        description: "Only devices of which this expression is true, as `docs/expressions.md` describes it.",
        examples: ['tag = "gold" and softwareVersion < 2.1'],
      }),
    ),
    approval: Type.Optional(Approval),
    claimed: Type.Optional(
      Type.Boolean({
        description: "Only devices with a claim that nobody has decided on; false: only the others.",
      }),
    ),
    ...paging,
  },
  { additionalProperties: false },
);

export const DevicePath = Type.Object({ key: DeviceKey });

import { MAX_PATH_CHARS } from "../model/path.ts";
import { rpc } from "./definition.ts";
import {
  boolean,
  dateTime,
  defaulted,
  map,
  object,
  optional,
  struct,
  text,
  textArray,
  unsignedInt,
  values,
  type StructOf,
} from "./field.ts";
import type { Answer, Request } from "./table.ts";

const EPOCH_CHARS = 64;
const CHANNEL_CHARS = 256;
/** Tokens are signed; ours have about 400 characters. */
const TOKEN_CHARS = 4096;

/** Where a subscriber stands in a channel [LIGHT 6]. */
const position = { Epoch: text(EPOCH_CHARS), Offset: unsignedInt() };

/** Names what is observed among all that is. */
const view = text(32);

/** What the light transport adds to the methods that a device calls on the ACS [LIGHT 3]. */
export const lightRpcs = {
  /** Begins the use of a connection, or renews its token and limits. */
  Attach: rpc({
    since: "1.0",
    resend: "freely",
    request: {
      MaxInFlight: optional(unsignedInt()),
      MaxMessageBytes: optional(unsignedInt()),
      KeepAlive: defaulted(boolean()),
      ReplayWindow: defaulted(unsignedInt()),
      Channels: optional(map(struct(position))),
      /** Reserved. */
      Deflate: defaulted(boolean()),
    },
    answer: {
      Session: text(64),
      Token: text(TOKEN_CHARS),
      /** Seconds. */
      ExpiresIn: unsignedInt(),
      /** Seconds. */
      PingInterval: unsignedInt(),
      MaxInFlight: unsignedInt(),
      MaxMessageBytes: unsignedInt(),
      Channels: optional(map(struct({ ...position, Recovered: boolean() }))),
    },
  }),
  /** What became of a publication that is to be answered; said again after each Attach until the ACS has it [LIGHT 6]. */
  PublishResult: rpc({
    since: "1.0",
    resend: "freely",
    request: {
      Channel: text(CHANNEL_CHARS),
      ...position,
      /** `applied` or `faulted`. */
      Status: text(16, /^(applied|faulted)$/),
      /** What the device has to say of it. */
      Data: optional(object()),
    },
    answer: {},
  }),
  /** What is observed, in the order of the answer to Observe: said without an id, so that it waits for no answer [LIGHT 6]. */
  Publish: rpc({
    since: "1.0",
    resend: "freely",
    request: { Channel: text(CHANNEL_CHARS), View: view, Time: dateTime(), Values: values() },
    answer: {},
  }),
};

/** What the light transport adds to what the ACS says to a device. */
export const lightDeviceRpcs = {
  /** Something was published on a channel of the device's: said without an id, so that it waits for no answer [LIGHT 6]. */
  Publish: rpc({
    since: "1.0",
    resend: "freely",
    request: {
      Channel: text(CHANNEL_CHARS),
      ...position,
      /** It is all that the channel says by now, whatever the device missed. */
      State: defaulted(boolean()),
      /** A PublishResult is wanted. */
      Answer: defaulted(boolean()),
      Data: object(),
    },
    answer: {},
  }),
  /**
   * Has the device publish values on `private/monitor` for as long as the connection lasts, or until Unobserve. A view that is
   * asked for again is replaced [LIGHT 6].
   */
  Observe: rpc({
    since: "1.0",
    resend: "freely",
    request: {
      View: view,
      /** Full and partial paths, in which `*` stands for every instance. */
      Paths: textArray(text(MAX_PATH_CHARS), { least: 1 }),
      /** Seconds. */
      Interval: optional(unsignedInt([1, 86_400])),
      OnChange: defaulted(boolean()),
    },
    /** What there is of them, in the order of the values. */
    answer: { Paths: textArray(text(MAX_PATH_CHARS)) },
  }),
  Unobserve: rpc({ since: "1.0", resend: "freely", request: { View: view }, answer: {} }),
};

/** One RPC of the light transport's own that the ACS asks of a device. */
export type ObservationRequest = { [M in "Observe" | "Unobserve"]: Request<M, ObservationParams<M>> }[
  "Observe" | "Unobserve"];

export type ObservationParams<M extends "Observe" | "Unobserve"> = StructOf<
  (typeof lightDeviceRpcs)[M]["request"]
>;

/** How a device answers one that went well. */
export type ObservationResult = StructOf<(typeof lightDeviceRpcs)["Observe"]["answer"]> | EmptyResult;
type EmptyResult = StructOf<(typeof lightDeviceRpcs)["Unobserve"]["answer"]>;

export type LightDeviceMethod = keyof typeof lightDeviceRpcs;

/** Something published on a channel, as a device is told. */
export type Publish = StructOf<(typeof lightDeviceRpcs)["Publish"]["request"]>;

export type LightMethod = keyof typeof lightRpcs;
export type LightParams<M extends LightMethod> = StructOf<(typeof lightRpcs)[M]["request"]>;
export type LightResult<M extends LightMethod> = StructOf<(typeof lightRpcs)[M]["answer"]>;

/** One RPC of the light transport's own that a device asks of the ACS. */
export type LightRequest = { [M in LightMethod]: Request<M, LightParams<M>> }[LightMethod];

/** How the ACS answers one that went well. */
export type LightAnswer = { [M in LightMethod]: Answer<M, LightResult<M>> }[LightMethod];

export function isLightDeviceMethod(name: string): name is LightDeviceMethod {
  return Object.hasOwn(lightDeviceRpcs, name);
}

export function isLightMethod(name: string): name is LightMethod {
  return Object.hasOwn(lightRpcs, name);
}

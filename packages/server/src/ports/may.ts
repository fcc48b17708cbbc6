import type { DeviceKey } from "@heliograph/protocol";
import { isNarrower } from "./device-scope.ts";
import { isWithinPrefixes, mayRead, mayWrite } from "./path-scope.ts";
import type { Act, DeviceScope, Names, Rights } from "./rights.ts";
import { unreachable } from "./unreachable.ts";

/** What somebody wants, as far as it matters for whether they may. */
export type Wish =
  /** To see what the ACS knows of a device. */
  | { readonly type: "see"; readonly device: DeviceKey }
  | { readonly type: "call"; readonly device: DeviceKey; readonly calls: readonly Reach[] }
  | { readonly type: "follow"; readonly channel: string }
  /** On a device where it is named, else on the ACS. */
  | { readonly type: "act"; readonly act: Act; readonly device?: DeviceKey };

/** How far one call of a method goes. */
export interface Reach {
  readonly method: string;
  readonly reads: readonly string[];
  readonly writes: readonly string[];
}

export type Verdict = { readonly type: "allowed" } | { readonly type: "refused"; readonly reason: string };

const ALLOWED: Verdict = { type: "allowed" };

/**
 * The one place where it is decided whether somebody may do something. A scope by expression holds no device here: what it holds
 * now is said by {@link rightsOn}.
 */
export function may(rights: Rights, wish: Wish): Verdict {
  switch (wish.type) {
    case "see":
      return onDevice(rights, wish.device);
    case "call":
      return firstRefusal([
        onDevice(rights, wish.device),
        ...wish.calls.map((reach) => withinReach(rights, reach)),
      ]);
    case "follow":
      return isNamedChannel(wish.channel, rights.channels) ? ALLOWED : refused(`the channel ${wish.channel}`);
    case "act":
      return firstRefusal([
        rights.acts.includes(wish.act) ? ALLOWED : refused(wish.act),
        wish.device === undefined ? ALLOWED : onDevice(rights, wish.device),
      ]);
    default:
      return unreachable(wish);
  }
}

/** The first of what `inner` gives that `outer` does not; undefined where it gives no more. Nobody hands on what they lack. */
export function beyond(inner: Rights, outer: Rights): string | undefined {
  const excess = [
    ...beyondDevices(inner.devices, outer.devices),
    ...beyondNames("the method", inner.methods, outer.methods),
    ...inner.read
      .filter((prefix) => !isWithinPrefixes(prefix, outer.read, false))
      .map((prefix) => `reading ${prefix}`),
    ...inner.write
      .filter((prefix) => !isWithinPrefixes(prefix, outer.write, true))
      .map((prefix) => `writing ${prefix}`),
    ...beyondNames(CHANNEL, inner.channels, outer.channels),
    ...inner.acts.filter((act) => !outer.acts.includes(act)),
    ...(inner.secrets === "shown" && outer.secrets === "hidden" ? ["secrets"] : []),
  ];
  return excess[0];
}

function onDevice({ devices }: Rights, device: DeviceKey): Verdict {
  const isMeant = devices.type === "every" || (devices.type === "keys" && devices.keys.includes(device));
  return isMeant ? ALLOWED : refused(`the device ${device}`);
}

function withinReach(rights: Rights, { method, reads, writes }: Reach): Verdict {
  if (!isNamed(method, rights.methods)) return refused(`the method ${method}`);
  const read = reads.find((path) => !mayRead(path, rights.read));
  if (read !== undefined) return refused(`reading ${named(read)}`);
  const written = writes.find((path) => !mayWrite(path, rights.write));
  return written === undefined ? ALLOWED : refused(`writing ${named(written)}`);
}

function isNamed(name: string, names: Names): boolean {
  return names.type === "every" || names.names.includes(name);
}

/** With a star for its owner, a channel of a device is that of each device that may be seen. */
function isNamedChannel(channel: string, names: Names): boolean {
  return isNamed(channel, names) || isNamed(channel.replace(OWNER, "private/*/"), names);
}

const OWNER = /^private\/[^/]+\//;

function named(path: string): string {
  return path === "" ? "the whole data model" : path;
}

function refused(what: string): Verdict {
  return { type: "refused", reason: `${what} is not among what you may` };
}

function firstRefusal(verdicts: readonly Verdict[]): Verdict {
  return verdicts.find(({ type }) => type === "refused") ?? ALLOWED;
}

function beyondDevices(inner: DeviceScope, outer: DeviceScope): readonly string[] {
  if (outer.type === "every") return [];
  if (inner.type === "every") return ["every device"];
  if (inner.type === "keys" && inner.keys.length === 0) return [];
  if (outer.type === "expression") {
    // Devices by their keys would stay where those of the expression change.
    const isWithin = inner.type === "expression" && isNarrower(inner.expression, outer.expression);
    return isWithin ? [] : [`devices but by the expression (${outer.expression}) and more`];
  }
  if (inner.type === "expression") return ["devices by an expression"];
  return inner.keys.filter((key) => !outer.keys.includes(key)).map((key) => `the device ${key}`);
}

function beyondNames(kind: string, inner: Names, outer: Names): readonly string[] {
  if (outer.type === "every") return [];
  if (inner.type === "every") return [`${kind} of any name`];
  const isGiven = kind === CHANNEL ? isNamedChannel : isNamed;
  return inner.names.filter((name) => !isGiven(name, outer)).map((name) => `${kind} ${name}`);
}

const CHANNEL = "the channel";

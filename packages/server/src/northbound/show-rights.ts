import type { Grant as ShownGrant, Rights as ShownRights, Role, User as ShownUser } from "@heliograph/api";
import { parseDeviceKey, printExpression } from "@heliograph/protocol";
import {
  acts,
  builtInRoles,
  isPrefix,
  type CustomRole,
  type DeviceScope,
  type Grant,
  type Names,
  type Rights,
  type User,
} from "../ports/index.ts";
import { present } from "./present.ts";
import { readExpression } from "./read-expression.ts";
import { isRefusal, refuseInput, type Refusal } from "./refusal.ts";
import { showOptionalTime, showTime } from "./show-time.ts";

export function showRights({ devices, methods, read, write, channels, acts, secrets }: Rights): ShownRights {
  return {
    devices: devices.type === "every" ? "every" : showScope(devices),
    methods: showNames(methods),
    read,
    write,
    channels: showNames(channels),
    acts,
    secrets: secrets === "shown",
  };
}

/** Rights as they came, or what is wrong in them; `at` says where in the body they stand. */
export function readRights(shown: ShownRights): Rights | Refusal {
  const { read, write, methods, channels, secrets } = shown;
  const devices = shown.devices === "every" ? EVERY : readScope(shown.devices);
  if (isRefusal(devices)) return devices;
  const wrong = wrongPrefixes({ read, write });
  if (wrong !== undefined) return wrong;
  return {
    devices,
    methods: readNames(methods),
    read,
    write,
    channels: readNames(channels),
    acts: acts.filter((act) => shown.acts.includes(act)),
    secrets: secrets ? "shown" : "hidden",
  };
}

/** Devices as they came: by their keys, or by what is true of them. */
export function readScope(shown: ShownGrant["devices"]): DeviceScope | Refusal {
  if (!("where" in shown)) return readKeys(shown);
  const expression = readExpression(shown.where, "$.devices.where");
  return isRefusal(expression) ? expression : { type: "expression", expression: printExpression(expression) };
}

function readKeys(texts: readonly string[]): DeviceScope | Refusal {
  const keys = texts.map(parseDeviceKey);
  const wrong = texts.find((_, index) => keys[index] === undefined);
  if (wrong !== undefined) {
    return refuseInput("invalid-request", [{ at: "$.devices", detail: `${wrong} is no key of a device` }]);
  }
  return { type: "keys", keys: keys.filter((key) => key !== undefined) };
}

/** Why a list holds what is no prefix; undefined where each is one. */
export function wrongPrefixes(
  lists: Readonly<Record<"read" | "write", readonly string[]>>,
): Refusal | undefined {
  const errors = (["read", "write"] as const).flatMap((name) =>
    lists[name]
      .filter((prefix) => !isPrefix(prefix))
      .map((prefix) => ({ at: `$.${name}`, detail: `${prefix} is no path, or has an alias in it` })),
  );
  return errors.length === 0 ? undefined : refuseInput("invalid-request", errors);
}

export function showGrant(grant: Grant): ShownGrant {
  const { id, holder, reason, rights, givenBy, createdAt, expiresAt, revokedAt } = grant;
  const { devices, methods, read, write, channels } = rights;
  return present({
    id,
    holder,
    reason,
    devices: devices.type === "every" ? [] : showScope(devices),
    methods: namesOf(methods),
    read,
    write,
    channels: namesOf(channels),
    givenBy,
    created: showTime(createdAt),
    expires: showTime(expiresAt),
    revoked: showOptionalTime(revokedAt),
  });
}

export function showUser({ name, role, disabled, createdAt }: User): ShownUser {
  return { name, role, disabled, created: showTime(createdAt) };
}

export function showRole({ name, rights }: Pick<CustomRole, "name" | "rights">): Role {
  return { name, builtIn: Object.hasOwn(builtInRoles, name), rights: showRights(rights) };
}

const EVERY = { type: "every" } as const;

function showScope(scope: Exclude<DeviceScope, typeof EVERY>): ShownGrant["devices"] {
  return scope.type === "keys" ? scope.keys : { where: scope.expression };
}

function showNames(names: Names): "every" | readonly string[] {
  return names.type === "every" ? "every" : names.names;
}

function readNames(shown: "every" | readonly string[]): Names {
  return shown === "every" ? EVERY : { type: "names", names: shown };
}

function namesOf(names: Names): readonly string[] {
  return names.type === "every" ? [] : names.names;
}

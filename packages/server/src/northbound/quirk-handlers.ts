import { routes, type Model } from "@heliograph/api";
import {
  isQuirkName,
  isQuirkValue,
  modelKey,
  normalModel,
  quirkNames,
  quirkTable,
  subjects,
  type AuditEntry,
  type DeviceRecord,
  type ModelQuirks,
  type Quirk,
  type QuirkChoice,
  type QuirkName,
} from "../ports/index.ts";
import { findDevice, unknownDevice } from "./device-handlers.ts";
import { isRefusal, refuse, type Refusal } from "./refusal.ts";
import { give, serve } from "./serve.ts";
import type { NorthboundPorts } from "./settings.ts";
import { showDeviceQuirk, showModel, showQuirk } from "./show-quirks.ts";

/** What is known of the ways in which devices differ, and what a person says of them. */
export function quirkHandlers(ports: NorthboundPorts) {
  return {
    listDeviceQuirks: serve(routes.listDeviceQuirks, async ({ input: { params } }) => {
      const device = await findDevice(ports, params.key);
      if (device === undefined) return unknownDevice(params.key);
      return give(200, { items: ports.quirks.explain(device).map(showDeviceQuirk) });
    }),

    setDeviceQuirk: serve(routes.setDeviceQuirk, async ({ input: { params, body }, manager }) => {
      const quirk = readChoice(params.name, body.value);
      return isRefusal(quirk) ? quirk : decideForDevice(ports, params.key, { quirk, by: manager.name });
    }),

    unsetDeviceQuirk: serve(routes.unsetDeviceQuirk, async ({ input: { params }, manager }) => {
      const quirk = readChoice(params.name, undefined);
      return isRefusal(quirk) ? quirk : decideForDevice(ports, params.key, { quirk, by: manager.name });
    }),

    listQuirks: serve(routes.listQuirks, async () => {
      const models = await ports.store.modelQuirks();
      return give(200, { items: quirkNames.map(showQuirk), models: models.map(showModel) });
    }),

    setModelQuirk: serve(routes.setModelQuirk, async ({ input: { params, query, body }, manager }) => {
      const quirk = readChoice(params.name, body.value);
      return isRefusal(quirk) ? quirk : decideForModel(ports, query, { quirk, by: manager.name });
    }),

    unsetModelQuirk: serve(routes.unsetModelQuirk, async ({ input: { params, query }, manager }) => {
      const quirk = readChoice(params.name, undefined);
      return isRefusal(quirk) ? quirk : decideForModel(ports, query, { quirk, by: manager.name });
    }),
  };
}

interface Decision {
  readonly quirk: QuirkChoice;
  readonly by: string;
}

/** To take back what is not set changes nothing, and is no event. */
async function decideForDevice(ports: NorthboundPorts, key: string, { quirk, by }: Decision) {
  const { store, clock } = ports;
  const device = await findDevice(ports, key);
  if (device === undefined) return unknownDevice(key);
  if (quirk.value === undefined && device.quirks?.set[quirk.name] === undefined) {
    return showOne(ports, device, quirk.name);
  }
  const at = clock.now();
  const detail = detailOf(quirk);
  const audit: AuditEntry = { at, manager: by, action: `${deedOf(quirk)}-quirk`, device: device.key, detail };
  const events = [{ at, device: device.key, name: `quirk-${deedOf(quirk)}`, data: detail }];
  const scope = { type: "device", device: device.key } as const;
  const { held } = await store.commit("set-quirk", { scope, quirk, at, by, audit, events });
  const changed = held ? await store.device(device.key) : undefined;
  return changed === undefined ? unknownDevice(key) : showOne(ports, changed, quirk.name);
}

/** Events are of a device: what is decided of a model stands in the audit log alone. */
async function decideForModel(ports: NorthboundPorts, asked: Model, { quirk, by }: Decision) {
  const { store, clock, bus } = ports;
  const model = normalModel(asked);
  const before = await findModel(ports, model);
  if (quirk.value === undefined && before.known.set[quirk.name] === undefined) {
    return give(200, showModel(before));
  }
  const at = clock.now();
  const detail = { ...detailOf(quirk), model: { ...model } };
  const audit: AuditEntry = { at, manager: by, action: `${deedOf(quirk)}-quirk`, detail };
  await store.commit("set-quirk", { scope: { type: "model", model }, quirk, at, by, audit, events: [] });
  bus.publish(subjects.configChanged, { what: "quirks" });
  return give(200, showModel(await findModel(ports, model)));
}

/** Of a model that nobody knows, nothing is known. */
async function findModel({ store }: NorthboundPorts, model: Model): Promise<ModelQuirks> {
  const models = await store.modelQuirks();
  const found = models.find((each) => modelKey(each.model) === modelKey(model));
  return found ?? { model, known: { set: {}, learned: {} } };
}

function showOne({ quirks }: NorthboundPorts, device: DeviceRecord, name: QuirkName) {
  const explained = quirks.explain(device).find((each) => each.name === name);
  if (explained === undefined) throw new Error(`the quirk ${name} is not explained`);
  return give(200, showDeviceQuirk(explained));
}

function deedOf({ value }: QuirkChoice): "set" | "unset" {
  return value === undefined ? "unset" : "set";
}

function detailOf({ name, value }: QuirkChoice) {
  return value === undefined ? { name } : { name, value };
}

function readChoice(name: string, value: string | undefined): QuirkChoice | Refusal {
  const choice = { name, value };
  if (isChoice(choice)) return choice;
  return isQuirkName(name) ? unknownValue(name, value) : unknownQuirk(name);
}

function isChoice(choice: {
  readonly name: string;
  readonly value: string | undefined;
}): choice is QuirkChoice {
  const { name, value } = choice;
  return isQuirkName(name) && (value === undefined || isQuirkValue(name, value));
}

function unknownQuirk(name: string): Refusal {
  return refuse("unknown-quirk", `there is no quirk ${name}: there are ${quirkNames.join(", ")}`);
}

function unknownValue(name: QuirkName, value = ""): Refusal {
  const { values }: Quirk = quirkTable[name];
  return refuse("unknown-quirk-value", `${name} is never "${value}": it is ${values.join(" or ")}`);
}

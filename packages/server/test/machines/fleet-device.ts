import { Contact, dataModel, type Activity, type DataModel, type DeviceState } from "@heliograph/agent";
import type { ConnectionRequestAddress, SharedConnectionRequests } from "@heliograph/agent/node";
import { parseDeviceKey, type DeviceKey } from "@heliograph/protocol";
import type { DeviceLedger } from "../device-ledger.ts";
import { markOf } from "../marked-call.ts";
import { inTurn, roamingSessions, roamingTransfer, roamingTransport } from "./roaming.ts";

/** Where a fleet finds its ACS, and how it behaves. */
export interface FleetSettings {
  /** `host:port` of each process that takes Informs, and of each that takes WebSockets. */
  readonly cwmp: readonly string[];
  readonly light: readonly string[];
  /** The address on which devices listen for connection requests. */
  readonly host: string;
  /** What their serial numbers begin with. */
  readonly name: string;
  readonly devices: number;
  /** Every so many devices one is classic alone; 0: none is. */
  readonly classicEvery: number;
  readonly informSeconds: number;
  /** `CWMPRetryMinimumWaitInterval`. */
  readonly retrySeconds: number;
  /** Where what they run is written down. */
  readonly ledger: string;
}

export interface FleetDeviceOptions extends FleetSettings {
  readonly index: number;
  readonly notes: DeviceLedger;
  readonly listener: SharedConnectionRequests;
}

/** How long a device was out, in milliseconds since 1970. */
export interface Outage {
  readonly from: number;
  readonly until: number;
}

/** The value that a device shows to whoever watches it. */
export const LEVEL = "Device.X_F0F0F0_Dial.Level";
const TRANSFER_TRIES = 30;

export function fleetKey(name: string, index: number): DeviceKey {
  const key = parseDeviceKey(`F0F0F0-Machines-${name}${index}`);
  if (key === undefined) throw new Error(`${name} makes no key`);
  return key;
}

export function isClassic({ classicEvery }: Pick<FleetSettings, "classicEvery">, index: number): boolean {
  return classicEvery > 0 && index % classicEvery === classicEvery - 1;
}

/** A device as the agent makes one, which finds its ACS at several addresses, and writes down whatever it runs. */
export class FleetDevice {
  readonly key: DeviceKey;
  readonly isClassic: boolean;
  readonly model: DataModel;
  readonly #contact: Contact;
  readonly #listener: SharedConnectionRequests;
  readonly #notes: DeviceLedger;
  readonly #first = Promise.withResolvers<undefined>();
  #kept: DeviceState | undefined;
  #door: ConnectionRequestAddress | undefined;
  #isIn = false;
  #inSince = 0;
  #inUntil = 0;
  #informs = 0;

  constructor(options: FleetDeviceOptions) {
    const { index, name, cwmp, light } = options;
    this.key = fleetKey(name, index);
    this.isClassic = isClassic(options, index);
    this.#notes = options.notes;
    this.#listener = options.listener;
    this.model = modelOf(options);
    const classicDoors = inTurn(cwmp, index);
    this.#contact = new Contact(
      {
        acsUrl: `http://${cwmp[0] ?? ""}/`,
        deviceId: {
          Manufacturer: "Acme",
          OUI: "F0F0F0",
          ProductClass: "Machines",
          SerialNumber: `${name}${index}`,
        },
        dataModel: this.model,
        state: { load: () => this.#kept, save: (state) => (this.#kept = state) },
        light: this.isClassic ? "not" : { subprotocols: ["cwmp.json"] },
        holdsPolicies: true,
        transfer: roamingTransfer(classicDoors, TRANSFER_TRIES),
        restartMs: RESTART_MS,
        onActivity: (activity) => this.#note(activity),
      },
      { classic: roamingSessions(classicDoors), light: roamingTransport(inTurn(light, index)) },
    );
  }

  /** Whether the ACS could call it at some time since then, as far as it knows: it was attached, or its last session ended well. */
  wasIn(since: number): boolean {
    return this.#isIn || this.#inUntil > since;
  }

  /** When it went out last, and came in again; undefined where it never did, or is out. */
  get outage(): Outage | undefined {
    const [from, until] = [this.#inUntil, this.#inSince];
    return this.#isIn && from > 0 ? { from, until } : undefined;
  }

  /** How many of its Informs were answered. */
  get informs(): number {
    return this.#informs;
  }

  /** Switches it on; resolves once it is in for the first time. */
  async start(): Promise<void> {
    const { device } = this.#contact;
    this.#listen();
    device.onCallable(() => this.#listen());
    device.boot();
    await this.#first.promise;
  }

  async close(): Promise<void> {
    this.#door?.close();
    await this.#contact.close();
  }

  #listen(): void {
    const { device } = this.#contact;
    if (device.isCallable === (this.#door !== undefined)) return;
    this.#door?.close();
    this.#door = device.isCallable
      ? this.#listener.accept({
          credentials: () =>
            device.settings.credentials("ConnectionRequestUsername", "ConnectionRequestPassword"),
          isReady: () => device.isUp,
          onConnectionRequest: () => this.#contact.summon(),
        })
      : undefined;
    device.connectionRequestUrl = this.#door?.url ?? "";
  }

  #note(activity: Activity): void {
    if (activity.type === "rpc-served") {
      const { request } = activity;
      const mark = markOf(request);
      if (mark !== "") this.#notes.note({ device: this.key, method: request.method, mark });
    }
    if (activity.type === (this.isClassic ? "session-ended" : "informed")) this.#informs += 1;
    if (activity.type === (this.isClassic ? "session-ended" : "attached")) this.#comeIn();
    if (activity.type === (this.isClassic ? "session-failed" : "detached")) this.#goOut();
  }

  #comeIn(): void {
    if (!this.#isIn) this.#inSince = Date.now();
    this.#isIn = true;
    this.#first.resolve(undefined);
  }

  #goOut(): void {
    if (this.#isIn) this.#inUntil = Date.now();
    this.#isIn = false;
  }
}

const RESTART_MS = 200;

function modelOf({ informSeconds, retrySeconds, index }: FleetDeviceOptions): DataModel {
  return dataModel({
    "Device.DeviceInfo.SoftwareVersion": "1.0",
    [LEVEL]: { type: "unsignedInt", value: index },
    "Device.X_F0F0F0_Dial.Mode": { type: "string", value: "none", writable: true },
    "Device.X_F0F0F0_Marks.Last": { type: "string", value: "", writable: true },
    "Device.NAT.PortMapping.": { writable: true, row: () => ({ Description: { type: "string" } }) },
    "Device.ManagementServer.PeriodicInformInterval": {
      type: "unsignedInt",
      value: informSeconds,
      writable: true,
    },
    "Device.ManagementServer.CWMPRetryMinimumWaitInterval": {
      type: "unsignedInt",
      value: retrySeconds,
      writable: true,
    },
  });
}

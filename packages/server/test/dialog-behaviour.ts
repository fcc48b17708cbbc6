import type { Credentials } from "@heliograph/agent/node";
import {
  deviceKey,
  grouped,
  groupedEntries,
  type AcsRequest,
  type DeviceAnswer,
  type DeviceId,
  type DeviceKey,
  type DeviceRequest,
  type ParameterValues,
} from "@heliograph/protocol";
import type { DeviceLedger } from "./device-ledger.ts";
import { markOf } from "./marked-call.ts";

export interface InformEvent {
  readonly EventCode: string;
  readonly CommandKey: string;
}

export type InformRequest = Extract<AcsRequest, { readonly method: "Inform" }>;

interface Transfer {
  readonly commandKey: string;
  readonly at: string;
}

const OWN = "Device.ManagementServer.";

/**
 * What a device of the dialogs is, however it is connected: it runs what it is called to run as often as it is called, and
 * writes that down; it keeps what it must tell the ACS until that was told.
 */
export class DialogBehaviour {
  readonly key: DeviceKey;
  /** CommandKeys of the transfers whose TransferComplete was answered. */
  readonly reported: string[] = [];
  /** What it logs in with; undefined until the ACS has said. */
  credentials: Credentials | undefined;
  /** What a connection request must bring. */
  expected: Credentials | undefined;
  readonly #deviceId: DeviceId;
  readonly #ledger: DeviceLedger;
  #events: readonly InformEvent[] = [];
  #transfers: readonly Transfer[] = [];
  #reboots: readonly string[] = [];
  #instances = 0;

  constructor(serialNumber: string, ledger: DeviceLedger) {
    this.#ledger = ledger;
    this.#deviceId = {
      Manufacturer: "Heliograph",
      OUI: "F0F0F0",
      ProductClass: "Dialog",
      SerialNumber: serialNumber,
    };
    const key = deviceKey(this.#deviceId);
    if (key === undefined) throw new Error(`no device has the serial number ${serialNumber}`);
    this.key = key;
  }

  /** What the ACS has not heard of. */
  get events(): readonly InformEvent[] {
    return this.#events;
  }

  get hasBooted(): boolean {
    return this.#events.some(({ EventCode }) => EventCode === "1 BOOT");
  }

  get mustReboot(): boolean {
    return this.#reboots.length > 0;
  }

  note(...events: readonly InformEvent[]): void {
    this.#events = [...this.#events, ...events];
  }

  /** Has a transfer to report. */
  transferred(commandKey: string): void {
    this.#transfers = [...this.#transfers, { commandKey, at: new Date().toISOString() }];
    this.note(
      { EventCode: "7 TRANSFER COMPLETE", CommandKey: "" },
      { EventCode: "M Download", CommandKey: commandKey },
    );
  }

  told(events: readonly InformEvent[]): void {
    this.#events = this.#events.filter((event) => !events.includes(event));
  }

  giveUp(): void {
    this.#events = [];
  }

  informRequest(retries: number, connectionRequestUrl: string): InformRequest {
    return {
      method: "Inform",
      params: {
        DeviceId: this.#deviceId,
        Event: this.#events.slice(0, 64),
        MaxEnvelopes: 1,
        CurrentTime: new Date().toISOString(),
        RetryCount: retries,
        ParameterList: grouped([
          ["Device.RootDataModelVersion", "2.12"],
          ["Device.DeviceInfo.HardwareVersion", "1"],
          ["Device.DeviceInfo.SoftwareVersion", "1.0"],
          ["Device.DeviceInfo.ProvisioningCode", ""],
          [`${OWN}ParameterKey`, ""],
          [`${OWN}ConnectionRequestURL`, connectionRequestUrl],
        ]),
      },
    };
  }

  /** The report it owes; undefined where there is none. */
  transferComplete(): AcsRequest | undefined {
    const [transfer] = this.#transfers;
    if (transfer === undefined) return undefined;
    const { commandKey: CommandKey, at } = transfer;
    return {
      method: "TransferComplete",
      params: { CommandKey, FaultStruct: { FaultCode: 0 }, StartTime: at, CompleteTime: at },
    };
  }

  isReported(): void {
    const [transfer, ...rest] = this.#transfers;
    if (transfer !== undefined) this.reported.push(transfer.commandKey);
    this.#transfers = rest;
  }

  run(request: DeviceRequest): DeviceAnswer {
    const mark = markOf(request);
    this.#ledger.note({ device: this.key, method: request.method, mark });
    switch (request.method) {
      case "GetParameterValues": {
        const values = request.params.ParameterNames.map((name) => [name, "set"] as const);
        return { method: request.method, result: { ParameterList: grouped(values) } };
      }
      case "SetParameterValues":
        this.#set(request.params.ParameterList);
        return { method: request.method, result: { Status: 0 } };
      case "AddObject":
        this.#instances += 1;
        return { method: request.method, result: { InstanceNumber: this.#instances, Status: 0 } };
      case "Download": {
        const at = "0001-01-01T00:00:00Z";
        this.transferred(mark);
        return { method: request.method, result: { Status: 1, StartTime: at, CompleteTime: at } };
      }
      case "Reboot":
        this.#reboots = [...this.#reboots, mark];
        return { method: request.method, result: {} };
      case "X_F0F0F0_Chime":
        return { method: request.method, result: { Mark: mark } };
      default:
        throw new Error(`nobody asked for ${request.method}`);
    }
  }

  /** Takes its credentials from the ACS, both ways. */
  #set(values: ParameterValues): void {
    const own = new Map([...groupedEntries(values)].map(([path, value]) => [path, String(value)]));
    const pair = (name: string): Credentials | undefined => {
      const username = own.get(`${OWN}${name}Username`);
      const password = own.get(`${OWN}${name}Password`);
      return username === undefined || password === undefined ? undefined : { username, password };
    };
    this.credentials = pair("") ?? this.credentials;
    this.expected = pair("ConnectionRequest") ?? this.expected;
  }

  /** Does the reboots it was told to do, once what told it so is over. */
  reboot(): void {
    const reboots = this.#reboots;
    if (reboots.length === 0) return;
    this.#reboots = [];
    this.note({ EventCode: "1 BOOT", CommandKey: "" });
    for (const CommandKey of reboots) this.note({ EventCode: "M Reboot", CommandKey });
  }
}

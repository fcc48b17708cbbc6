import { NoReplyError, HttpDialogue, PATIENCE_MS } from "@heliograph/testkit";
import {
  openConnectionRequestServer,
  type ConnectionRequestServer,
  type Credentials,
} from "@heliograph/agent/node";
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
import { within } from "./deadline.ts";
import type { DeviceLedger } from "./device-ledger.ts";
import { holdSession, SessionRefusedError } from "./device-session.ts";
import { markOf } from "./marked-call.ts";
import type { Life, Supervisor } from "./supervisor.ts";

export interface DialogDeviceOptions {
  readonly supervisor: Supervisor;
  readonly serialNumber: string;
  readonly ledger: DeviceLedger;
}

interface InformEvent {
  readonly EventCode: string;
  readonly CommandKey: string;
}

interface Transfer {
  readonly commandKey: string;
  readonly at: string;
}

/** Several sessions, one after the other, with the server's restarts between them. */
const LONG_WORK_MS = 120_000;
const OWN = "Device.ManagementServer.";

/**
 * A device that acts by itself: it informs of what happens to it until a session ended well, tries again at once when a
 * link breaks and the server is back, runs what it is called to run as often as it is called, and writes that down.
 */
export class DialogDevice implements AsyncDisposable {
  readonly key: DeviceKey;
  /** CommandKeys of the transfers whose TransferComplete was answered. */
  readonly reported: string[] = [];
  readonly #options: DialogDeviceOptions;
  readonly #deviceId: DeviceId;
  #events: readonly InformEvent[] = [];
  #transfers: readonly Transfer[] = [];
  #reboots: readonly string[] = [];
  #instances = 0;
  #credentials: Credentials | undefined;
  #expected: Credentials | undefined;
  #endpoint: ConnectionRequestServer | undefined;
  #work: Promise<void> | undefined;
  #failure: Error | undefined;

  constructor(options: DialogDeviceOptions) {
    const { serialNumber } = options;
    this.#options = options;
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

  /** Listens for connection requests from now on. */
  async listen(): Promise<void> {
    this.#endpoint = await openConnectionRequestServer({
      credentials: () => this.#expected,
      onConnectionRequest: () => this.inform("6 CONNECTION REQUEST"),
      limit: { requests: Infinity, periodMs: 1_000 },
    });
  }

  /** Has a transfer to report that nobody asked for by an RPC of this run. */
  transferred(commandKey: string): void {
    this.#transfers = [...this.#transfers, { commandKey, at: new Date().toISOString() }];
    this.#inform({ EventCode: "7 TRANSFER COMPLETE", CommandKey: "" });
    this.#inform({ EventCode: "M Download", CommandKey: commandKey });
  }

  /** Something happened; the ACS will hear of it. */
  inform(...codes: readonly string[]): void {
    for (const EventCode of codes) this.#inform({ EventCode, CommandKey: "" });
  }

  /** Resolves once the ACS has heard of all that happened. Rejects with what went wrong with a session. */
  async idle(): Promise<void> {
    while (this.#work !== undefined) {
      await within(this.#work, `the sessions of ${this.key} to end`, LONG_WORK_MS);
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#endpoint?.close();
  }

  #inform(event: InformEvent): void {
    this.#events = [...this.#events, event];
    this.#work ??= this.#comply();
  }

  async #comply(): Promise<void> {
    try {
      while (this.#events.length > 0) await this.#complete();
    } catch (error) {
      this.#failure = error instanceof Error ? error : new Error(String(error));
      this.#events = [];
    } finally {
      this.#work = undefined;
    }
  }

  /** Sessions until one ended well. */
  async #complete(): Promise<void> {
    let least = 1;
    let refusedBy = 0;
    for (let retries = 0; ; retries += 1) {
      const life = await this.#options.supervisor.up(least);
      const informed = this.#events;
      const failure = await this.#attempt(life, retries);
      if (failure === undefined) {
        this.#events = this.#events.filter((event) => !informed.includes(event));
        return;
      }
      const isRefused = failure instanceof SessionRefusedError;
      if (isRefused && life.number === refusedBy) throw failure;
      refusedBy = isRefused ? life.number : 0;
      least = isRefused ? life.number : life.number + 1;
    }
  }

  /** One session; why it did not end well, where the ACS refused it or the link broke. */
  async #attempt(life: Life, retries: number): Promise<Error | undefined> {
    try {
      await this.#hold(life, retries);
      return undefined;
    } catch (error) {
      if (error instanceof SessionRefusedError || isBroken(error)) return error;
      throw error;
    } finally {
      this.#reboot();
    }
  }

  async #hold(life: Life, retries: number): Promise<void> {
    const dialogue = new HttpDialogue({
      url: life.acsUrl,
      credentials: this.#credentials ?? life.firstContact,
      patienceMs: 4 * PATIENCE_MS,
    });
    try {
      await holdSession(dialogue, {
        inform: this.#informRequest(retries),
        nextRequest: () => this.#transferComplete(),
        answered: () => this.#isReported(),
        run: (request) => this.#run(request),
      });
    } finally {
      dialogue.cut();
    }
  }

  #informRequest(retries: number): AcsRequest {
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
          [`${OWN}ConnectionRequestURL`, this.#endpoint?.url ?? ""],
        ]),
      },
    };
  }

  #transferComplete(): AcsRequest | undefined {
    const [transfer] = this.#transfers;
    if (transfer === undefined) return undefined;
    const { commandKey: CommandKey, at } = transfer;
    return {
      method: "TransferComplete",
      params: { CommandKey, FaultStruct: { FaultCode: 0 }, StartTime: at, CompleteTime: at },
    };
  }

  #isReported(): void {
    const [transfer, ...rest] = this.#transfers;
    if (transfer !== undefined) this.reported.push(transfer.commandKey);
    this.#transfers = rest;
  }

  #run(request: DeviceRequest): DeviceAnswer {
    const { ledger } = this.#options;
    const mark = markOf(request);
    ledger.note({ device: this.key, method: request.method, mark });
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
    this.#credentials = pair("") ?? this.#credentials;
    this.#expected = pair("ConnectionRequest") ?? this.#expected;
  }

  /** Reboots it was told to do during a session are done when that session is over, however it ended. */
  #reboot(): void {
    const reboots = this.#reboots;
    if (reboots.length === 0) return;
    this.#reboots = [];
    this.#inform({ EventCode: "1 BOOT", CommandKey: "" });
    for (const CommandKey of reboots) this.#inform({ EventCode: "M Reboot", CommandKey });
  }
}

/** Whether the connection broke, or could not be made. */
function isBroken(error: unknown): error is Error {
  if (error instanceof NoReplyError) return true;
  if (!(error instanceof Error)) return false;
  const code = "code" in error ? error.code : undefined;
  return code === "ECONNREFUSED" || code === "ECONNRESET" || code === "EPIPE";
}

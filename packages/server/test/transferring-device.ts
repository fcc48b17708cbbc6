import assert from "node:assert/strict";
import type { Client } from "@heliograph/api/client";
import type { File, Operation } from "@heliograph/api";
import { LockstepDevice, type LockstepOptions } from "@heliograph/testkit";

export const FIRMWARE = Buffer.from("firmware 2.1 ".repeat(10_000));

export const went = {
  FaultStruct: { FaultCode: 0, FaultString: "" },
  StartTime: "2026-01-01T00:00:00Z",
  CompleteTime: "2026-01-01T00:01:00Z",
};

const LATER = { Status: 1, StartTime: "0001-01-01T00:00:00Z", CompleteTime: "0001-01-01T00:00:00Z" };

/** A device that moves files when the test says so, and what its manager asks of it. */
export class TransferringDevice implements AsyncDisposable {
  readonly device: LockstepDevice;
  readonly client: Client;

  private constructor(device: LockstepDevice, client: Client) {
    this.device = device;
    this.client = client;
  }

  /** Enrols, and takes no credentials. */
  static async enrol(client: Client, options: LockstepOptions): Promise<TransferringDevice> {
    const device = new LockstepDevice(options);
    await device.inform({ events: ["0 BOOTSTRAP"] });
    await device.expectRpc("SetParameterValues");
    await device.fault(9001, "no credentials, please");
    await device.expectNothing();
    return new TransferringDevice(device, client);
  }

  get key(): string {
    return this.device.key;
  }

  addFirmware(): Promise<File> {
    return this.client.files.add({ name: "router 2.1.bin", version: "2.1" }, FIRMWARE);
  }

  /** A session in which the device is asked to fetch the file, and says that it will; gives the call. */
  async acceptDownload() {
    await this.device.inform();
    const call = await this.device.expectRpc("Download");
    await this.device.answer(LATER);
    await this.device.expectNothing();
    return call.params;
  }

  async acceptUpload() {
    await this.device.inform();
    const call = await this.device.expectRpc("Upload");
    await this.device.answer(LATER);
    await this.device.expectNothing();
    return call.params;
  }

  /** A session in which the device says what came of a file. */
  async report(
    CommandKey: string,
    more: Partial<typeof went> = {},
    events = ["7 TRANSFER COMPLETE"],
  ): Promise<void> {
    await this.device.inform({ events });
    await this.device.request({ method: "TransferComplete", params: { CommandKey, ...went, ...more } });
    await this.device.expectNothing();
  }

  async reports(): Promise<number> {
    const { items } = await this.client.devices.events(this.key, { limit: 1_000 });
    return items.filter(({ name }) => name === "transfer-complete-report").length;
  }

  /** The operation's state, and its transfer's. */
  async states({ id }: Pick<Operation, "id">): Promise<readonly unknown[]> {
    const { state, transfer } = await this.client.operations.get(id);
    return [state, transfer?.state];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.device[Symbol.asyncDispose]();
  }
}

/** What a device gets at that URL. */
export async function fetched(url: string, headers: Readonly<Record<string, string>> = {}): Promise<Buffer> {
  const response = await fetch(url, { headers });
  assert.ok(response.ok, `${response.status}`);
  return Buffer.from(await response.arrayBuffer());
}

/** The status that a device gets for a file that it sends to that URL. */
export async function sent(url: string, content: string): Promise<number> {
  const response = await fetch(url, { method: "PUT", body: content });
  await response.body?.cancel();
  return response.status;
}

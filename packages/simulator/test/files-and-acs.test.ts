import { dataModel, type Transfer } from "@heliograph/agent";
import { httpTransfer, startDevice, type RunningDevice } from "@heliograph/agent/node";
import { createClient, type Client } from "@heliograph/api/client";
import type { DownloadRequest } from "@heliograph/api";
import { startServer } from "@heliograph/server";
import { readSettings } from "@heliograph/server/settings";
import { tempDir } from "@heliograph/testkit";
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, test } from "node:test";

const PATIENCE_MS = 30_000;
const FIRMWARE = Buffer.alloc(3 * 1024 * 1024, "sundial 2.0 ");
const CONFIGURATION = Buffer.from("<config/>");

const started = new AsyncDisposableStack();
let acsUrl: string;
let client: Client;
let devices = 0;

before(async () => {
  const folder = started.use(tempDir());
  const flags = { data: folder.path, southbound: "127.0.0.1:0", northbound: "127.0.0.1:0" };
  const server = await startServer(readSettings({ flags, environment: {}, file: {} }));
  started.defer(() => server.close());
  acsUrl = server.acsUrl;
  client = createClient({ url: server.northboundUrl, token: server.token });
});

after(() => started.disposeAsync());

/** A device that moves files, and what it has taken in. */
class Bench implements AsyncDisposable {
  readonly key: string;
  readonly taken: { readonly by: string; readonly sum: string }[] = [];
  readonly #model = dataModel({ "Device.DeviceInfo.SoftwareVersion": "1.0" });
  #device: RunningDevice | undefined;

  constructor() {
    devices += 1;
    this.key = `F0F0F0-Sundial-FILES${devices}`;
  }

  async start(light: boolean): Promise<this> {
    this.#device = await startDevice({
      acsUrl,
      deviceId: {
        Manufacturer: "Acme",
        OUI: "F0F0F0",
        ProductClass: "Sundial",
        SerialNumber: `FILES${devices}`,
      },
      dataModel: this.#model,
      transfer: httpTransfer({
        receive: (file, transfer) => this.#take(file, transfer),
        provide: () => CONFIGURATION,
      }),
      restartMs: 10,
      ...(light ? { light: { subprotocols: ["cwmp.json"] } } : {}),
    });
    if (light) await this.#event("connected");
    else await this.#event("credentials-confirmed");
    return this;
  }

  /** The operation at its end, with what the device has taken in by then. */
  async download(request: DownloadRequest) {
    return this.#ended((await client.operations.download(this.key, request)).id);
  }

  async upload() {
    return this.#ended((await client.operations.upload(this.key)).id);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#device?.close();
  }

  #take(file: Uint8Array, transfer: Transfer): void {
    const by = transfer.kind === "Download" ? (transfer.by ?? transfer.kind) : transfer.kind;
    this.taken.push({ by, sum: createHash("sha256").update(file).digest("hex") });
    this.#model.set("Device.DeviceInfo.SoftwareVersion", "2.0");
  }

  async #event(name: string): Promise<void> {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    for await (const { device } of client.events({ names: [name], after: 0, signal }))
      if (device === this.key) return;
  }

  async #ended(id: string) {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    for await (const { operation } of client.events({ names: ["operation"], after: 0, signal })) {
      const found = operation === id ? await client.operations.get(id) : undefined;
      if (found?.ended !== undefined) return found;
    }
    throw new Error("the operation did not end");
  }
}

for (const light of [false, true]) {
  const how = light ? "over a light connection" : "in its sessions";

  test(`${how}: a device is asked for, fetches, and runs a firmware, and the ACS knows`, async () => {
    await using it = await new Bench().start(light);
    const { id, sha256 } = await client.files.add({ name: "sundial 2.0.bin", version: "2.0" }, FIRMWARE);
    const { state, transfer } = await it.download({ file: id });
    assert.deepEqual([state, transfer?.state], ["done", "completed"]);
    assert.deepEqual(it.taken, [{ by: "Download", sum: sha256 }]);
    assert.equal(transfer?.progress?.bytes, FIRMWARE.length);
  });

  test(`${how}: a download in a window is done by ScheduleDownload`, async () => {
    await using it = await new Bench().start(light);
    const { id, sha256 } = await client.files.add(
      { name: "c.cfg", kind: "3 Vendor Configuration File" },
      CONFIGURATION,
    );
    const { state } = await it.download({ file: id, windows: [{ start: 1, end: 60 }] });
    assert.equal(state, "done");
    assert.deepEqual(it.taken, [{ by: "ScheduleDownload", sum: sha256 }]);
  });

  test(`${how}: a device sends its configuration, which is kept`, async () => {
    await using it = await new Bench().start(light);
    const { state, transfer } = await it.upload();
    assert.equal(state, "done");
    const content = await client.files.content(transfer?.file ?? "");
    assert.deepEqual(Buffer.from(await content.arrayBuffer()), CONFIGURATION);
  });
}

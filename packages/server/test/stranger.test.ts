import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { parseDeviceKey } from "@heliograph/protocol";
import { Arrivals, tempDir } from "@heliograph/testkit";
import { RunningServer } from "./running-server.ts";

const DEVICE = fileURLToPath(new URL("./stranger-device.ts", import.meta.url));

test("a device that was written from the page alone is referred, attaches and is managed", async () => {
  using folder = tempDir();
  await using server = await RunningServer.start(folder, "loopback");
  const { client, life } = server;
  await using stranger = new Stranger([life.acsUrl, "device", "unused", "42"]);
  const key = parseDeviceKey("5A5A5A-Stranger-42");
  assert.ok(key !== undefined);

  await stranger.expect("informed", "referred", "attached");
  await server.event(key, "credentials-confirmed");
  assert.equal((await client.devices.get(key)).reachability, "connected");

  const info = { ParameterNames: ["Device.DeviceInfo."] };
  const read = await client.call(key, "GetParameterValues", { params: info });
  assert.ok(softwareVersionIn(read) !== undefined, JSON.stringify(read));
  const one = { ParameterNames: ["Device.DeviceInfo.SoftwareVersion"] };
  const positional = await client.call(key, "GetParameterValues", { params: one });
  assert.deepEqual(softwareVersionIn(positional), softwareVersionIn(read));
  const names = { ParameterPath: "Device.", NextLevel: true };
  assert.ok("ParameterList" in (await client.call(key, "GetParameterNames", { params: names })));
  await assert.rejects(client.call(key, "X_5A5A5A_Nothing"), /9000|32601/);

  stranger.type("transfer");
  await stranger.expect("informed", "reported");
  await server.event(key, "transfer-complete-report");

  await client.call(key, "Reboot", { params: { CommandKey: "maintenance" } });
  await stranger.expect("closed", "informed", "referred", "attached");
  const rebooted = await server.event(key, "m-reboot");
  assert.equal(rebooted.data["commandKey"], "maintenance");
  assert.ok("ParameterList" in (await client.call(key, "GetParameterValues", { params: one })));
  await stranger.end();
});

function softwareVersionIn({ ParameterList: list }: Readonly<Record<string, unknown>>): string | undefined {
  const found = /"SoftwareVersion":("[^"]*")/.exec(JSON.stringify(list));
  return found?.[1];
}

/** The stranger's device as a process of its own; of what it says, what it is called to do is passed over. */
class Stranger implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #events = new Arrivals<string>("a line of the stranger's device", 30_000);

  constructor(args: readonly string[]) {
    const child = spawn(process.execPath, [DEVICE, ...args], { stdio: ["pipe", "pipe", "inherit"] });
    this.#child = child;
    createInterface({ input: child.stdout }).on("line", (line) => {
      const event = /"event":"([a-z]+)"/.exec(line)?.[1] ?? line;
      if (event !== "call") this.#events.add(event);
    });
  }

  async expect(...events: readonly string[]): Promise<void> {
    for (const event of events) assert.equal(await this.#events.take(), event);
  }

  type(line: string): void {
    this.#child.stdin?.write(`${line}\n`);
  }

  /** Ends its input, which ends the device. */
  async end(): Promise<void> {
    const exit = once(this.#child, "exit");
    this.#child.stdin?.end();
    await exit;
    assert.equal(this.#child.exitCode, 0);
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill();
    return Promise.resolve();
  }
}

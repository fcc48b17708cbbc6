import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { test } from "node:test";
import { dataModel } from "@heliograph/agent";
import { startDevice } from "@heliograph/agent/node";
import { LockstepDevice, tempDir } from "@heliograph/testkit";
import { everyForm, find, readTrace, textOnDisk } from "./read-trace.ts";
import { RunningServer } from "./running-server.ts";

/** Words that stand where secrets stand, and that nobody may see. */
const SECRETS = ["hush-read", "hush-set", "hush-login", "hush-word", "hush-query"] as const;
const [READ, SET, LOGIN, WORD, QUERY] = SECRETS;

const model = {
  "Device.DeviceInfo.SoftwareVersion": "1.0",
  "Device.X_00D09E_Remote.AdminPassword": { type: "string", value: READ, writable: true },
  "Device.X_00D09E_Remote.Name": { type: "string", value: "plainly", writable: true },
} as const;

for (const speaks of ["classic", "cwmp.json", "cwmp.soap", "v12.stomp"] as const) {
  test(`the trace of a device that speaks ${speaks} has both sides of all that is said, and no secret`, async () => {
    await using stack = new AsyncDisposableStack();
    const folder = stack.use(tempDir());
    const server = stack.use(await RunningServer.start(folder, "loopback"));
    const device = await startDevice({
      acsUrl: server.life.acsUrl,
      deviceId: { Manufacturer: "Maker", OUI: "00D09E", ProductClass: "Box", SerialNumber: speaks },
      dataModel: dataModel(model),
      light: speaks === "classic" ? "not" : { subprotocols: [speaks] },
    });
    stack.defer(() => device.close());
    const key = await confirmed(server);
    const { on } = await server.client.traces.switchOn(key, { for: 60 });
    assert.ok(on);
    await operate(server, key);

    // What was shown once is kept, whatever happens.
    const before = await readTrace(server.client, key);
    await server.supervisor.kill();
    const life = await server.supervisor.up(2);
    assert.equal(life.number, 2);
    const after = await server.client.traces.get(key);
    assert.ok(after.trace.on, "a trace that is on goes on after a crash");
    assert.deepEqual((await readTrace(server.client, key)).slice(0, before.length), before);
    await operate(server, key);
    await server.client.traces.switchOff(key);

    const messages = await readTrace(server.client, key);
    assert.deepEqual(
      messages.map(({ id }) => id),
      messages.map((_, at) => at + 1),
      "without gaps, and in order",
    );
    let at = 0;
    for (let life = 1; life <= 2; life += 1) {
      at = find(messages, ["sent", /GetParameterValues[^]*AdminPassword|AdminPassword[^]*Shape/], at);
      at = find(messages, ["received", /GetParameterValuesResponse|"result"|Values/], at);
      at = find(messages, ["sent", /SetParameterValues/], at);
      at = find(messages, ["received", /Status/], at);
      at = find(messages, ["sent", /Download/], at);
    }
    if (speaks !== "classic") {
      const opened = find(messages, ["received", /GET \/light/], before.length);
      find(messages, ["sent", /101 Switching Protocols\nSec-WebSocket-Protocol: /], opened);
    }
    const shown = await everyForm(server.client, key);
    assert.match(shown, /plainly/, "what is no secret is shown");
    for (const text of [shown, textOnDisk(folder.file("data/traces"))]) {
      for (const secret of SECRETS) assert.ok(!text.includes(secret), secret);
      assert.doesNotMatch(text, /\bey[\w-]{12,}/, "a token of the light transport");
      assert.doesNotMatch(text, /response=\\*"?[0-9a-f]{32}/, "a proof of a password");
      assert.doesNotMatch(text, /session=[0-9a-f]{32}/, "a cookie");
    }
    const actions = (await server.client.audit()).items.map(({ action }) => action);
    for (const action of ["switch-trace-on", "switch-trace-off", "read-trace"]) {
      assert.ok(actions.includes(action), action);
    }
  });
}

test("a device that is removed loses its trace, also where the server is killed just then", async () => {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(tempDir());
  const server = stack.use(await RunningServer.start(folder, "loopback"));
  const device = new LockstepDevice({ acsUrl: server.life.acsUrl });
  stack.use(device);
  await device.inform({ events: ["0 BOOTSTRAP"] });
  await server.client.traces.switchOn(device.key);
  await device.inform();
  assert.equal((await readTrace(server.client, device.key)).length, 2);
  await server.client.devices.remove(device.key);
  await server.supervisor.kill();
  await server.supervisor.up(2);
  assert.deepEqual(readdirSync(folder.file("data/traces")), []);
});

/** Calls in which secrets go both ways. */
async function operate({ client }: RunningServer, key: string): Promise<void> {
  const paths = ["Device.X_00D09E_Remote.Name", "Device.X_00D09E_Remote.AdminPassword"];
  const wait = 20;
  await client.call(key, "GetParameterValues", { params: { ParameterNames: paths }, wait });
  await client.call(key, "GetParameterValues", { params: { ParameterNames: paths.slice(0, 1) }, wait });
  const values = { "Device.X_00D09E_Remote.": { AdminPassword: SET } };
  await client.call(key, "SetParameterValues", {
    params: { ParameterList: values, ParameterKey: "k" },
    wait,
  });
  const download = {
    CommandKey: `d-${Math.random().toString(36).slice(2)}`,
    FileType: "1 Firmware Upgrade Image",
    URL: `http://${LOGIN}:${WORD}@127.0.0.1:9/fw.bin?sig=${QUERY}`,
    Username: LOGIN,
    Password: WORD,
    FileSize: 0,
    TargetFileName: "",
    DelaySeconds: 0,
    SuccessURL: "",
    FailureURL: "",
  };
  await client.operations.create(key, { method: "Download", params: download, wait: 5 });
}

async function confirmed({ client }: RunningServer): Promise<string> {
  for await (const { device, name } of client.events({ after: 0 })) {
    if (name === "credentials-confirmed") return device;
  }
  throw new Error("the event stream ended");
}

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { connect } from "@nats-io/transport-node";
import { within } from "../deadline.ts";
import { NatsServer, whyNoNats } from "../nats-server.ts";
import { guidedConfiguration, NATS_CA } from "./guided-nats.ts";
import { Program, type Environment } from "./program.ts";
import { ShippedServer } from "./shipped-server.ts";

const skip = whyNoNats() ?? false;
const CHANNEL = "Device.WiFi.Radio.1.Channel";
const NAMES = { ParameterNames: [CHANNEL] };
const READ = ["GetParameterValues", JSON.stringify(NAMES)] as const;
const WRITE = [
  "SetParameterValues",
  JSON.stringify({ ParameterList: { "Device.WiFi.Radio.1.": { Channel: 11 } }, ParameterKey: "" }),
] as const;
const REBOOT = ["Reboot", JSON.stringify({ CommandKey: "" })] as const;

const resources = new AsyncDisposableStack();
let nats: NatsServer;
let acs: ShippedServer;
before(async () => {
  if (skip !== false) return;
  nats = resources.use(await NatsServer.start(guidedConfiguration()));
  const { port } = nats;
  const address = `tls://heliograph:secret@127.0.0.1:${port}?ca=${encodeURIComponent(NATS_CA)}`;
  acs = resources.use(await ShippedServer.start({ HELIOGRAPH_NATS_URL: address }));
});
after(() => resources.disposeAsync());

function on(title: string, body: () => Promise<void>): void {
  test(`another system ${title}`, { skip }, body);
}

on("hears events by JetStream, goes on where it was, and goes on from there by REST", async () => {
  const position = acs.folder.file("nms.position");
  const events = ["examples/nms-events.ts", position];
  const first = Program.run(events, loginOf("observer", "seen"));
  await first.line(/listens/);
  await acs.client.call(acs.key, READ[0], { params: NAMES });
  await first.count(/operation/, 3);
  await first.kill();

  await acs.client.call(acs.key, READ[0], { params: NAMES });
  await using again = Program.run(events, loginOf("observer", "seen"));
  await again.count(/operation/, 3);
  await again.kill();

  await acs.client.call(acs.key, READ[0], { params: NAMES });
  const reading = await acs.access("nms events", "viewer");
  await using byRest = Program.run(events, reading);
  await byRest.count(/operation/, 3);
  // One that is killed between taking an event and noting so takes it again.
  const ids = [...new Set([first, again, byRest].flatMap(({ lines }) => idsIn(lines)))];
  const from = ids[0] ?? 0;
  assert.deepEqual(
    ids,
    ids.map((_, index) => from + index),
    "each event, and in order",
  );
});

on("asks a device by NATS for what its grant allows, and waits for the end", async () => {
  const token = await grantFor(["GetParameterValues", "SetParameterValues"]);
  const written = await ask(WRITE, { ...loginOf("manager", "asks"), HELIOGRAPH_TOKEN: token });
  assert.deepEqual(written, { code: 0, said: { Status: 0 } });
  const read = await ask(READ, { ...loginOf("manager", "asks"), HELIOGRAPH_TOKEN: token });
  assert.deepEqual(read.code, 0);
  assert.match(JSON.stringify(read.said), /"Channel":11/);
  const { items } = await acs.client.audit();
  assert.match(
    items.find(({ action }) => action === "call")?.manager ?? "",
    /^grant:/,
    "the log says by what it asked",
  );
});

on(
  "is refused by NATS what its grant does not allow, what has none, and what it says of itself",
  async () => {
    const manager = loginOf("manager", "asks");
    const token = await grantFor(["GetParameterValues"]);
    for (const beyond of [WRITE, REBOOT]) {
      const { code, said } = await ask(beyond, { ...manager, HELIOGRAPH_TOKEN: token });
      assert.deepEqual([code, refusalOf(said)], [1, 403], beyond[0]);
    }
    const guessed = await ask(READ, { ...manager, HELIOGRAPH_TOKEN: "0".repeat(64) });
    assert.equal(refusalOf(guessed.said), 401);
    // What a part of the ACS would be believed: who asks, and by what right.
    const forged = {
      id: "0".repeat(32),
      rpcs: [{ method: "Reboot", params: {} }],
      manager: "admin",
      waitMs: 0,
    };
    const { status } = await asked("manager", "asks", forged);
    assert.equal(status, 401);
  },
);

on("that only listens may not ask, and one that asks may not listen", async () => {
  const token = await grantFor(["GetParameterValues"]);
  const observer = Program.run(["examples/nms-rpc.ts", acs.key, ...READ], {
    ...loginOf("observer", "seen"),
    HELIOGRAPH_TOKEN: token,
  });
  assert.notEqual(await observer.ended(), 0);
  assert.match(observer.complaints, /no responders/i);
  const manager = Program.run(
    ["examples/nms-events.ts", acs.folder.file("nobody.position")],
    loginOf("manager", "asks"),
  );
  assert.notEqual(await manager.ended(), 0);
  assert.match(manager.complaints, /permissions violation|jetstream/i);
});

on("publishes a policy by a token that may keep policies, and nothing else", async () => {
  await acs.client.roles.set("policy-keeper", {
    devices: "every",
    methods: [],
    read: ["Device.WiFi."],
    write: ["Device.WiFi."],
    channels: [],
    acts: ["keep-policies"],
    secrets: false,
  });
  await acs.client.groups.set("routers", { expression: "has key" });
  const keeper = await acs.access("nms policies", "policy-keeper");
  const program = ["examples/nms-policy.ts", "nms-wifi", "routers"];
  await using good = Program.run([...program, '{"Device.WiFi.Radio.1.":{"Channel":44}}'], keeper);
  assert.equal(await good.ended(), 0, good.complaints);
  assert.match(good.lines.join("\n"), /version 1 is published\n1 of 1 hold it/);
  await acs.device.line(/channel 44/);

  await using beyond = Program.run([...program, '{"Device.DeviceInfo.":{"ProvisioningCode":"x"}}'], keeper);
  assert.equal(await beyond.ended(), 1);
  assert.match(beyond.lines.join("\n"), /refused: not-allowed/);
  await using asking = Program.run(["examples/nms-rpc.ts", acs.key, ...READ], {
    ...loginOf("manager", "asks"),
    ...keeper,
  });
  assert.equal(await asking.ended(), 1);
  assert.match(asking.lines.join("\n"), /"refused":403/);
});

function loginOf(user: string, password: string): Environment {
  const NATS_URL = `tls://127.0.0.1:${nats.port}`;
  return { NATS_URL, NATS_USER: user, NATS_PASSWORD: password, NATS_CA };
}

async function grantFor(methods: readonly string[]): Promise<string> {
  const { token } = await acs.client.grants.create({
    ...{ holder: "another system", reason: "a test", devices: [acs.key] },
    ...{ methods: [...methods], read: ["Device.WiFi."], write: ["Device.WiFi."] },
  });
  return token;
}

async function ask([method, params]: readonly [string, string], environment: Environment) {
  await using program = Program.run(["examples/nms-rpc.ts", acs.key, method, params], environment);
  const code = await program.ended();
  assert.equal(program.lines.length, 1, program.complaints);
  const said: unknown = JSON.parse(program.lines[0] ?? "");
  return { code, said };
}

/** What is answered to a message as it stands. */
async function asked(user: string, pass: string, message: object): Promise<{ readonly status: unknown }> {
  const tls = { caFile: NATS_CA, host: "127.0.0.1" };
  const login = { user, pass, inboxPrefix: `_INBOX.${user}` };
  const connection = await connect({ servers: `tls://127.0.0.1:${nats.port}`, ...login, ...{ tls } });
  try {
    const asking = connection.request(`hg.v1.device.${acs.key}.rpc`, JSON.stringify(message));
    const reply = await within(asking, "an answer");
    return reply.json<{ readonly status: unknown }>();
  } finally {
    await connection.close();
  }
}

function refusalOf(said: unknown): unknown {
  return typeof said === "object" && said !== null && "refused" in said ? said.refused : undefined;
}

function idsIn(lines: readonly string[]): readonly number[] {
  return lines.flatMap((line) => (line.startsWith("#") ? [Number(/^#(\d+)/.exec(line)?.[1])] : []));
}

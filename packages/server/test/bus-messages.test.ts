import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { LockstepDevice, tempDir } from "@heliograph/testkit";
import { connect, type Msg } from "@nats-io/transport-node";
import { Ajv, type ValidateFunction } from "ajv";
import { attach } from "./light-bench.ts";
import { JsonManager } from "./manage/json-manager.ts";
import { LiveWatch } from "./monitor/live-watch.ts";
import { LEVEL, WatchedDevice } from "./monitor/watched-device.ts";
import { NatsServer, whyNoNats } from "./nats-server.ts";
import { RunningServer } from "./running-server.ts";

const skip = whyNoNats() ?? false;
const FAILURE = "Heliograph-Failure";
const DOCUMENT = new URL("../../../spec/asyncapi.json", import.meta.url);
const read = {
  method: "GetParameterValues",
  params: { ParameterNames: ["Device.DeviceInfo.UpTime"] },
} as const;

/** Subjects of which this test brings about a message, and those whose questions it has answered. */
const SEEN = [
  ...["acceptAll", "announce", "attach", "call", "cancel", "connect", "next", "rpc", "wake"],
  ...["acceptAll", "announce", "attach", "call", "cancel", "connect", "next", "rpc", "wake"].map(
    (name) => `${name}Answer`,
  ),
  ...["channelChanged", "closed", "configChanged", "deviceEvent", "here", "observed", "operationChanged"],
  ...["published", "revoked", "watch"],
];

test("a message that is not as the document says is found", () => {
  const bus = new DocumentedBus();
  const hear = (subject: string, message: object): number => {
    bus.hear({ subject, data: Buffer.from(JSON.stringify(message)) });
    return bus.problems.length;
  };
  assert.equal(hear("hg.v1.config.changed", { what: "groups" }), 0);
  assert.equal(hear("hg.v1.config.changed", { what: 7 }), 1);
  assert.equal(hear("hg.v1.config.changed", {}), 2);
  assert.equal(hear("hg.v1.nothing", {}), 3);
});

test("whatever goes over the bus is as the published document of it says", { skip }, async (t) => {
  await using nats = await NatsServer.start();
  using folder = tempDir();
  const bus = new DocumentedBus();
  const observer = await connect({ servers: nats.url });
  observer.subscribe(">", { callback: (_, message) => bus.hear(message) });
  await observer.flush();
  await using server = await RunningServer.start(folder, "loopback", { "nats-url": nats.url });
  await doMuch(server);
  await server.supervisor.stop();
  await observer.close();
  t.diagnostic(`${bus.heard} messages of ${[...bus.seen].toSorted().join(", ")}`);
  assert.deepEqual(bus.problems, []);
  assert.deepEqual(
    SEEN.filter((name) => !bus.seen.has(name)),
    [],
  );
});

async function doMuch(server: RunningServer): Promise<void> {
  const { client, life } = server;
  await using classic = new LockstepDevice({ acsUrl: life.acsUrl, deviceId: { SerialNumber: "CLASSIC" } });
  await classic.inform({ events: ["0 BOOTSTRAP"] });
  await classic.expectRpc("SetParameterValues");
  await classic.fault(9001, "no credentials, please");
  await classic.expectNothing();
  const first = await client.operations.create(classic.key, read);
  await classic.inform();
  await classic.expectRpc("GetParameterValues");
  await classic.answer({ ParameterList: { "Device.DeviceInfo.": { UpTime: 5 } } });
  await classic.expectNothing();
  await server.ended(first.id);
  const second = await client.operations.create(classic.key, read);
  await client.operations.cancel(second.id);
  using manager = await JsonManager.connect(life);
  manager.call("1", read.method, { Device: classic.key, ...read.params, Expires: 3600 });
  await client.groups.addTag(classic.key, "gold");
  await client.groups.set("gold", { expression: 'tag = "gold"' });
  await client.channels.set("public/fleet", {});
  await client.channels.publish("public/fleet", { Text: "hello" });
  const grant = { holder: "h", reason: "r", devices: [classic.key], read: ["Device."] };
  await client.grants.revoke((await client.grants.create(grant)).id);

  await using light = new LockstepDevice({ acsUrl: life.acsUrl, deviceId: { SerialNumber: "LIGHT" } });
  await using socket = await attach(server, light);
  const third = client.operations.create(light.key, { ...read, wait: 20 });
  socket.answer(await socket.expectCall("GetParameterValues"), { Values: [5] });
  await third;

  await using watched = await WatchedDevice.start({ acsUrl: life.acsUrl, serial: "1", speaks: "cwmp.json" });
  await using live = new LiveWatch(client, [watched.key, LEVEL], { changes: true });
  await live.values();
}

/** What is heard of the bus, held against the document. */
class DocumentedBus {
  readonly seen = new Set<string>();
  readonly problems: string[] = [];
  heard = 0;
  readonly #ajv = new Ajv({ strict: false, validateSchema: false });
  readonly #channels: readonly Channel[];
  readonly #checks = new Map<string, ValidateFunction>();
  /** What a question is answered with, by where its answer goes. */
  readonly #answers = new Map<string, string>();

  constructor() {
    const document = objectOf(JSON.parse(readFileSync(DOCUMENT, "utf8")));
    this.#ajv.addSchema({ ...document }, "bus");
    this.#channels = Object.entries(objectOf(document["channels"])).map(([name, channel]) => {
      const { address, messages } = objectOf(channel);
      const [message = ""] = Object.keys(objectOf(messages));
      return { name, message, pattern: patternOf(address) };
    });
  }

  knows(name: string): boolean {
    return this.#channels.some((channel) => channel.name === name);
  }

  hear({ subject, reply, data, headers }: Heard): void {
    // What went wrong is told by a header, and its body is for people.
    if (headers?.has(FAILURE) === true) return;
    const answered = this.#answers.get(subject);
    const channel = this.#channels.find(({ name, pattern }) =>
      answered === undefined ? pattern?.test(subject) === true : name === answered,
    );
    if (channel === undefined) {
      if (subject.startsWith("hg.v1.")) this.problems.push(`${subject} is no subject of the document`);
      return;
    }
    this.heard += 1;
    this.seen.add(channel.name);
    const answer = `${channel.name}Answer`;
    if (reply !== undefined && reply !== "" && this.knows(answer)) this.#answers.set(reply, answer);
    this.#check(channel, Buffer.from(data).toString("utf8"));
  }

  #check({ name, message }: Channel, text: string): void {
    const known = this.#checks.get(message);
    const check = known ?? this.#ajv.compile({ $ref: `bus#/components/messages/${message}/payload` });
    this.#checks.set(message, check);
    if (check(JSON.parse(text))) return;
    this.problems.push(`${name}: ${this.#ajv.errorsText(check.errors)} in ${text.slice(0, 500)}`);
  }
}

type Heard = Pick<Msg, "subject" | "data"> & Partial<Pick<Msg, "reply" | "headers">>;

interface Channel {
  readonly name: string;
  readonly message: string;
  /** Undefined where answers go to whoever asked. */
  readonly pattern: RegExp | undefined;
}

function patternOf(address: unknown): RegExp | undefined {
  if (typeof address !== "string") return undefined;
  const parts = address.split(/\{\w+\}/).map((part) => part.replaceAll(".", "\\."));
  return new RegExp(`^${parts.join("[^.]+")}$`);
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  assert.ok(typeof value === "object" && value !== null);
  return Object.fromEntries(Object.entries(value));
}

import assert from "node:assert/strict";
import { test } from "node:test";
import stompit from "stompit";
import type { Client, ConnectOptions, Message } from "stompit";
import { Arrivals } from "@heliograph/testkit";
import { startStompListener } from "../src/southbound/stomp-listener.ts";
import { certificatePair } from "./certificates.ts";
import { asJson, openLightBench } from "./light-gateway-bench.ts";
import type { LightBench } from "./light-gateway-bench.ts";

const PAIR = certificatePair("acs");
const LOCAL = "127.0.0.1";

interface Heard {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly message: Message;
}

function connect(options: Omit<ConnectOptions, "host">): Promise<Client> {
  return new Promise((resolve, reject) => {
    stompit.connect({ host: LOCAL, ...options }, (error, client) => {
      if (error === null) resolve(client);
      else reject(error);
    });
  });
}

function subscribe(client: Client, headers: Readonly<Record<string, string>>): Arrivals<Heard> {
  const heard = new Arrivals<Heard>(`a message of ${headers["destination"]}`);
  client.subscribe({ ...headers }, (error, message) => {
    if (error !== null) return;
    message.readString("utf8", (_error, body = "") => {
      heard.add({ headers: message.headers, body, message });
    });
  });
  return heard;
}

const doors: readonly (readonly [
  name: string,
  open: (
    bench: LightBench,
    stack: AsyncDisposableStack,
  ) => Promise<Omit<ConnectOptions, "host" | "connectHeaders">>,
])[] = [
  ["TCP", async ({ stompPort }) => ({ port: stompPort })],
  [
    "TLS",
    async ({ gateway }, stack) => {
      const tls = { host: LOCAL, port: 0, pair: PAIR };
      const listener = await startStompListener(gateway, { tls });
      stack.defer(() => listener.close());
      return { port: listener.secureAddress?.port ?? 0, ssl: true, ca: PAIR.cert, servername: "acs.example" };
    },
  ],
];

for (const [name, open] of doors) {
  test(`a second public client of STOMP is a device by ${name}: calls, a transaction, receipts [STOMP-TCP-1, STOMP-TX-2]`, async () => {
    await using stack = new AsyncDisposableStack();
    const bench = stack.use(await openLightBench());
    const { key, token } = await bench.enrol();
    const door = await open(bench, stack);
    const connecting = connect({ ...door, connectHeaders: { passcode: token, "heart-beat": "30000,30000" } });
    const announcement = await bench.engine.connects.take();
    assert.equal(announcement.device, key);
    const client = await connecting;
    stack.defer(() => {
      client.destroy();
    });
    assert.equal(client.headers["version"], "1.2");
    assert.equal(client.headers["heart-beat"], "30000,30000");
    const answers = subscribe(client, { destination: "/responses" });
    const calls = subscribe(client, { destination: "/requests", ack: "client-individual" });
    await bench.engine.attaches.take();
    await bench.engine.attaches.take();

    const reading = { method: "GetParameterValues", params: { ParameterNames: ["Device."] } };
    const called = bench.engine.call(announcement, "a1", reading);
    const call = await calls.take();
    assert.deepEqual(JSON.parse(call.body), reading.params);
    client.ack(call.message);
    const result = { ParameterList: { "Device.": { Text: "snow ❄: a\\b\n" } } };
    const answer = {
      destination: "/responses",
      "request-id": call.headers["request-id"] ?? "",
      status: "ok",
    };
    const receipts = new Arrivals<string>("a receipt");
    client.sendString(answer, JSON.stringify(result), { onReceipt: () => receipts.add("answer") });
    assert.deepEqual(asJson(await called), { type: "answered", outcome: { result } });
    assert.equal(await receipts.take(), "answer");

    const kicked = { Command: "c", Referer: "r", Arg: "a", Next: "n" };
    const transaction = client.begin();
    for (const id of ["d1", "d2"]) {
      const asking = { destination: "/requests", method: "Kicked", "request-id": id };
      transaction.send(asking).end(JSON.stringify(kicked));
    }
    transaction.commit({ onReceipt: () => receipts.add("transaction") });
    assert.deepEqual(
      [(await answers.take()).headers["request-id"], (await answers.take()).headers["request-id"]],
      ["d1", "d2"],
    );
    assert.equal(await receipts.take(), "transaction");
    assert.equal((await bench.engine.reports.take()).method, "Kicked");

    const ended = bench.engine.closed.take();
    await new Promise<void>((resolve, reject) => {
      client.disconnect((error) => (error === null ? resolve() : reject(error)));
    });
    assert.match((await ended).detail ?? "", /1000/);
  });
}

test("a wrong passcode is an error for it", async () => {
  await using bench = await openLightBench();
  const connecting = connect({ port: bench.stompPort, connectHeaders: { passcode: "no" } });
  await assert.rejects(connecting, /token is not good/);
});

import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { test } from "node:test";
import { anyFault, FaultyTransport } from "./faulty-transport.ts";
import type { TransportFault } from "./faulty-transport.ts";
import { LockstepDevice } from "./lockstep-device.ts";
import { Arrivals } from "./patience.ts";
import { ScriptedAcs } from "./scripted-acs.ts";
import { seededRandom } from "./seeded-random.ts";

/** Says everything back, and keeps what it heard, each connection by itself. */
class Echo implements AsyncDisposable {
  readonly heard: string[] = [];
  readonly closed = new Arrivals<true>("the end of a connection");
  readonly #server = createServer((socket) => this.#serve(socket));

  async open(): Promise<number> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    const address = this.#server.address();
    assert.ok(isInet(address));
    return address.port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #serve(socket: Socket): void {
    const at = this.heard.push("") - 1;
    socket.on("data", (chunk) => {
      this.heard[at] = `${this.heard[at] ?? ""}${chunk.toString()}`;
      socket.write(chunk);
    });
    socket.on("error", () => undefined);
    socket.once("close", () => this.closed.add(true));
  }
}

function isInet(address: AddressInfo | string | null): address is AddressInfo {
  return typeof address === "object" && address !== null;
}

/** Sends a text and gives what came back until the connection closed or as much came as was sent. */
async function exchange(port: number, text: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  let answer = "";
  socket.write(text);
  for await (const chunk of socket) {
    answer += String(chunk);
    if (answer.length >= text.length) break;
  }
  return answer;
}

test("without a script everything passes", async () => {
  await using echo = new Echo();
  await using transport = await new FaultyTransport({ port: await echo.open() }).open();
  assert.equal(await exchange(transport.port, "hello"), "hello");
  assert.equal(transport.connections, 1);
});

test("a cut on the way up lets exactly so many bytes through", async () => {
  await using echo = new Echo();
  await using transport = await new FaultyTransport({ port: await echo.open() }).open();
  transport.next({ type: "cut", direction: "up", afterBytes: 3 });
  await exchange(transport.port, "hello");
  await echo.closed.take();
  assert.deepEqual(echo.heard, ["hel"]);
});

test("a cut on the way down comes after the server heard everything", async () => {
  await using echo = new Echo();
  await using transport = await new FaultyTransport({ port: await echo.open() }).open();
  transport.next({ type: "cut", direction: "down", afterBytes: 2 });
  assert.equal(await exchange(transport.port, "hello"), "he");
  assert.deepEqual(echo.heard, ["hello"]);
});

test("a half-open connection is silent and stays open", async () => {
  await using acs = await new ScriptedAcs().open();
  await using transport = await new FaultyTransport({ port: Number(new URL(acs.url).port) }).open();
  transport.next({ type: "half-open", direction: "down", afterBytes: 0 });
  const acsUrl = `http://127.0.0.1:${transport.port}/acs`;
  await using device = new LockstepDevice({ acsUrl, patienceMs: 200 });
  await assert.rejects(device.sendInform(), { name: "NoReplyError" });
  assert.equal((await acs.informs.take()).DeviceId.SerialNumber, device.deviceId.SerialNumber);
  device.cut();
  await device.inform();
});

test("a delay holds back one direction", async () => {
  await using echo = new Echo();
  await using transport = await new FaultyTransport({ port: await echo.open() }).open();
  transport.next({ type: "delay", direction: "up", ms: 60 });
  const started = performance.now();
  assert.equal(await exchange(transport.port, "hello"), "hello");
  assert.ok(performance.now() - started >= 59);
});

test("a duplicate says the same to the server once more and keeps its answer to itself", async () => {
  await using echo = new Echo();
  await using transport = await new FaultyTransport({ port: await echo.open() }).open();
  transport.next({ type: "duplicate" });
  assert.equal(await exchange(transport.port, "hello"), "hello");
  await echo.closed.take();
  await echo.closed.take();
  assert.deepEqual(echo.heard, ["hello", "hello"]);
});

test("a seed gives the same faults again, and all kinds of them", (t) => {
  const draw = (): readonly TransportFault[] => {
    const random = seededRandom((line) => t.diagnostic(line), 7);
    return Array.from({ length: 40 }, () => anyFault(random, 100));
  };
  assert.deepEqual(draw(), draw());
  assert.equal(new Set(draw().map(({ type }) => type)).size, 4);
});

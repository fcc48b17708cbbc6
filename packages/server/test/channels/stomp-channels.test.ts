import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeServerFrame, defaultStompLimits, StompReader, writeFrame } from "@heliograph/protocol";
import type { ServerFrame, StompCommand } from "@heliograph/protocol";
import { Arrivals, LockstepDevice } from "@heliograph/testkit";
import { WebSocket } from "ws";
import { runAcs } from "../running-acs.ts";

const FLEET = "public/fleet";
const SUBSCRIPTION = { id: "c", destination: `/channel/${FLEET}`, ack: "client" } as const;

test("a STOMP device that comes back is told what it has not acknowledged, and then what comes [STOMP-CHANNEL-2, STOMP-CHANNEL-3]", async () => {
  await using acs = await runAcs();
  const { channels } = acs.client;
  await using device = new LockstepDevice({ acsUrl: acs.url });
  await device.inform({
    events: ["0 BOOTSTRAP", "1 BOOT"],
    header: { webSocketSupport: ["v12.stomp"] },
  });
  const { url, token } = device.header.webSocketReference ?? {};
  assert.ok(url !== undefined && token !== undefined);
  await device.expectNothing();
  await channels.set(FLEET);
  await channels.setMembers(FLEET, { join: [device.key] });

  const first = await Session.open(url, token);
  first.say("SUBSCRIBE", SUBSCRIPTION);
  const state = await first.publication();
  assert.deepEqual([state.offset, state.headers.get("state")], ["0", "true"]);
  for (const Text of ["a", "b", "c"]) await channels.publish(FLEET, { Text });
  const told = [await first.publication(), await first.publication(), await first.publication()];
  assert.deepEqual(
    told.map(({ text }) => text),
    ["a", "b", "c"],
  );
  first.say("ACK", { id: told[0]?.ack ?? "", receipt: "acked" });
  await first.receipt();
  await standsAt(1);
  first.end();

  const second = await Session.open(url, first.token);
  second.say("SUBSCRIBE", SUBSCRIPTION);
  await channels.publish(FLEET, { Text: "d" });
  const again = [await second.publication(), await second.publication(), await second.publication()];
  assert.deepEqual(
    again.map(({ offset, text }) => `${offset} ${text}`),
    ["2 b", "3 c", "4 d"],
  );
  second.end();

  /** What was acknowledged is stored by and by. */
  async function standsAt(offset: number): Promise<void> {
    for (;;) {
      const { members } = await channels.presence(FLEET);
      if (members.items[0]?.position?.offset === offset) return;
    }
  }
});

/** A STOMP session of a device over a WebSocket. */
class Session {
  readonly #socket: WebSocket;
  readonly #frames = new Arrivals<ServerFrame>("a frame");
  token = "";

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on("message", (data) => {
      assert.ok(Buffer.isBuffer(data));
      for (const item of new StompReader(defaultStompLimits).read(data)) {
        assert.ok(item.ok && item.value.kind === "frame");
        const frame = decodeServerFrame(item.value.frame, "1.2");
        assert.ok(frame.ok);
        this.#frames.add(frame.value);
      }
    });
  }

  static async open(url: string, passcode: string): Promise<Session> {
    const socket = new WebSocket(url, "v12.stomp");
    const session = new Session(socket);
    await new Promise<void>((resolve, reject) => socket.once("open", resolve).once("error", reject));
    session.say("CONNECT", { "accept-version": "1.2", host: "acs", passcode });
    const connected = await session.#frames.take();
    assert.ok(connected.command === "CONNECTED");
    session.token = connected.headers.get("token") ?? "";
    return session;
  }

  say(command: StompCommand, headers: Readonly<Record<string, string>>): void {
    const frame = { command, headers: new Map(Object.entries(headers)), body: new Uint8Array() };
    const written = writeFrame(frame, "1.2");
    assert.ok(written.ok);
    this.#socket.send(Buffer.from(written.value).toString());
  }

  async publication() {
    const frame = await this.#frames.take();
    assert.ok(frame.command === "MESSAGE", frame.command);
    const data: unknown = JSON.parse(Buffer.from(frame.body).toString());
    const text = typeof data === "object" && data !== null && "Text" in data ? String(data.Text) : "";
    return { ack: frame.ack, headers: frame.headers, offset: frame.headers.get("offset"), text };
  }

  async receipt(): Promise<void> {
    const frame = await this.#frames.take();
    assert.equal(frame.command, "RECEIPT");
  }

  end(): void {
    this.#socket.terminate();
  }
}

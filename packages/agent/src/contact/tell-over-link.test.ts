import assert from "node:assert/strict";
import { test } from "node:test";
import { VirtualClock } from "@heliograph/testkit";
import { dataModel } from "../data-model.ts";
import { Device } from "../device.ts";
import { Calls } from "../light/calls.ts";
import { LightConnection } from "../light/light-connection.ts";
import { Observations } from "../light/observations.ts";
import { ScriptedTransport } from "../light/scripted-link.fixture.ts";
import { tellOverLink } from "./tell-over-link.ts";
import type { LinkTelling } from "./tell-over-link.ts";

const nothing = (): void => undefined;

/** A device on a connection, whose ACS says what a test says. */
class Bench {
  readonly device = new Device(
    {
      acsUrl: "http://acs/",
      deviceId: { Manufacturer: "Acme", OUI: "00D09E", ProductClass: "Router", SerialNumber: "1" },
      dataModel: dataModel({ "Device.X": "x" }),
    },
    { wanted: nothing, booted: nothing, goingDown: nothing, moved: nothing },
  );
  readonly transport = new ScriptedTransport();
  readonly activities: string[] = [];
  readonly #connection: LightConnection;
  #asked = 0;

  constructor() {
    const { dispatch } = this.device;
    this.#connection = new LightConnection({
      transport: this.transport,
      target: { url: "ws://acs/", subprotocols: ["cwmp.json"], token: "t" },
      clock: new VirtualClock(),
      calls: new Calls({ dispatch, maxInFlight: 1, replayWindow: 0, hold: nothing, release: nothing }),
      observations: new Observations({ model: this.device.model, clock: new VirtualClock() }),
      freshId: () => `d${(this.#asked += 1)}`,
      onOpened: nothing,
      onRefused: nothing,
      onClosed: nothing,
    });
    this.transport.listener.opened("cwmp.json");
  }

  async tell(): Promise<LinkTelling> {
    const onActivity = ({ type }: { readonly type: string }): void => void this.activities.push(type);
    return tellOverLink(this.#connection, { device: this.device, retryCount: 0, onActivity });
  }

  answer(id: string, token: object = { result: { MaxEnvelopes: 1 } }): void {
    this.transport.listener.received(JSON.stringify({ jsonrpc: "2.0", id, ...token }));
  }
}

test("what was answered is delivered, and told once", async () => {
  const it = new Bench();
  it.device.note({ EventCode: "0 BOOTSTRAP" });
  const told = it.tell();
  it.answer("d1");
  assert.deepEqual(await told, { type: "told" });
  assert.equal(it.device.hasUndelivered, false);
  assert.deepEqual(it.activities, ["informed"]);
});

test("where there is nothing to tell, nothing is said", async () => {
  const it = new Bench();
  assert.deepEqual(await it.tell(), { type: "told" });
  assert.deepEqual(it.transport.link.sent, []);
});

test("what the ACS refuses, or cannot hear any more, is still to be delivered", async () => {
  const it = new Bench();
  it.device.note({ EventCode: "0 BOOTSTRAP" });
  const refused = it.tell();
  it.answer("d1", { error: { code: 8001, message: "Request denied" } });
  assert.deepEqual(await refused, {
    type: "not-told",
    reason: "the ACS refuses Inform: 8001 Request denied",
  });
  const lost = it.tell();
  it.transport.listener.closed(1006, "");
  assert.deepEqual(await lost, { type: "lost" });
  assert.equal(it.device.hasUndelivered, true);
});

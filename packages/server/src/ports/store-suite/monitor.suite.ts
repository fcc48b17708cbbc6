import assert from "node:assert/strict";
import type { DeviceKey } from "@heliograph/protocol";
import { monitorRules, privateChannel } from "../channels.ts";
import type { OpenConnection, Store } from "../store.ts";
import { anAudit, anEvent, at, enrolled, opening, type On } from "./store.fixture.ts";

const CHANGED = "Device.WiFi.Radio.1.Channel";
const changed = { data: { code: "4 VALUE CHANGE", commandKey: "", parameters: [CHANGED] } };

/** What Informs tell, on the monitors of their devices. */
export function monitorSuite(on: On): void {
  on(
    "what an Inform tells is published on its device's monitor, with values where they changed",
    async (store) => {
      const device = await monitored(store);
      const boot = anEvent(device, "boot", { data: { code: "1 BOOT", commandKey: "k" } });
      await informed(store, device, { seconds: 1, events: [boot] });
      const value = { "Device.WiFi.Radio.1.": { Channel: 11, KeyPassphrase: "sesame" } };
      await informed(store, device, {
        seconds: 2,
        events: [anEvent(device, "value-change", changed)],
        parameters: value,
      });
      assert.deepEqual(await told(store, device), [
        { Event: [{ EventCode: "1 BOOT", CommandKey: "k" }], CurrentTime: time(1) },
        {
          Event: [{ EventCode: "4 VALUE CHANGE", CommandKey: "" }],
          CurrentTime: time(2),
          ParameterList: { "Device.WiFi.Radio.1.": { Channel: 11, KeyPassphrase: "(hidden)" } },
        },
      ]);
    },
  );

  on("a device that has nothing to tell, or that nobody monitors, has nothing published", async (store) => {
    const device = await monitored(store);
    await informed(store, device, { seconds: 1, events: [] });
    assert.deepEqual(await told(store, device), []);
    const other = await enrolled(store, "2");
    await informed(store, other, { seconds: 2, events: [anEvent(other, "boot")] });
    assert.equal(await store.channel(privateChannel(other, "monitor")), undefined);
  });

  on("a monitor keeps no more than its history", async (store) => {
    const device = await monitored(store, 2);
    for (let count = 0; count < 5; count++) {
      await informed(store, device, { seconds: count, events: [anEvent(device, "boot")] });
    }
    const { head, first } = (await store.channel(privateChannel(device, "monitor"))) ?? {};
    assert.deepEqual([head, first], [5, 4]);
  });
}

async function monitored(store: Store, count = 100): Promise<DeviceKey> {
  const device = await enrolled(store, "1");
  const rules = { ...monitorRules, history: { ...monitorRules.history, count } };
  const name = privateChannel(device, "monitor");
  await store.commit("set-channel", { name, rules, epoch: "e1", at: at(0), audit: anAudit("set") });
  return device;
}

interface Informed extends Pick<OpenConnection, "events">, Partial<Pick<OpenConnection, "parameters">> {
  readonly seconds: number;
}

async function informed(store: Store, device: DeviceKey, { seconds, ...said }: Informed): Promise<void> {
  const change = opening(device, `c${seconds}`, { ...said, at: at(seconds) });
  const { type } = await store.commit("open-connection", change);
  assert.equal(type, "opened");
}

async function told(store: Store, device: DeviceKey): Promise<readonly unknown[]> {
  const channel = privateChannel(device, "monitor");
  const kept = await store.publications({ channel, after: 0, limit: 100 });
  return kept.map(({ data }) => data);
}

function time(seconds: number): string {
  return new Date(at(seconds)).toISOString();
}

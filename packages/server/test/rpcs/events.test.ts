import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { DeviceEvent } from "@heliograph/api";
import type { DeviceKey } from "@heliograph/protocol";
import { within } from "../deadline.ts";
import { runAcs } from "../running-acs.ts";
import { bindings, enrolReporting, type Event } from "./reporting-device.ts";

const acs = await runAcs();
after(() => acs[Symbol.asyncDispose]());

/** What each event of an Inform is told as. */
const names: Readonly<Record<string, string>> = {
  "0 BOOTSTRAP": "bootstrap",
  "1 BOOT": "boot",
  "3 SCHEDULED": "scheduled",
  "4 VALUE CHANGE": "value-change",
  "5 KICKED": "kicked",
  "6 CONNECTION REQUEST": "connection-request",
  "7 TRANSFER COMPLETE": "transfer-complete",
  "8 DIAGNOSTICS COMPLETE": "diagnostics-complete",
  "9 REQUEST DOWNLOAD": "request-download",
  "10 AUTONOMOUS TRANSFER COMPLETE": "autonomous-transfer-complete",
  "11 DU STATE CHANGE COMPLETE": "du-state-change-complete",
  "12 AUTONOMOUS DU STATE CHANGE COMPLETE": "autonomous-du-state-change-complete",
  "13 WAKEUP": "wakeup",
  "M Reboot": "m-reboot",
  "M ScheduleInform": "m-scheduleinform",
  "M Download": "m-download",
  "M ScheduleDownload": "m-scheduledownload",
  "M Upload": "m-upload",
  "M ChangeDUState": "m-changedustate",
  "M X_001122_Dance": "m-x-001122-dance",
  "X 001122 Too Hot": "x-001122-too-hot",
  "Good Morning!": "good-morning",
};
const signsOfLife = ["2 PERIODIC", "14 HEARTBEAT"];

for (const binding of bindings) {
  test(`by ${binding} each event of an Inform is stored with its code and CommandKey, and found by its name [RPCS-REPORT-2, RPCS-EVENT-1, RPCS-EVENT-2, RPCS-EVENT-4, RPCS-EVENT-5, RPCS-EVENT-6, RPCS-EVENT-7, RPCS-EVENT-8, RPCS-EVENT-9, RPCS-EVENT-10, RPCS-EVENT-11, RPCS-EVENT-12, RPCS-EVENT-13, RPCS-EVENT-14, RPCS-EVENT-16, RPCS-EVENT-17, RPCS-EVENT-18, RPCS-EVENT-19, RPCS-EVENT-20, RPCS-EVENT-21, RPCS-EVENT-22, RPCS-EVENT-23, RPCS-EVENT-24]`, async () => {
    await using device = await enrolReporting(acs.url, binding);
    for (const [code, name] of Object.entries(names)) {
      const before = (await kept(device.key)).at(-1)?.id ?? 0;
      const event = { EventCode: code, CommandKey: code.startsWith("M ") ? `key of ${code}` : "" };
      const informed = await device.inform([event], { "Device.X.": { Y: "z" } });
      assert.deepEqual(informed, { result: { MaxEnvelopes: 1 } });
      const { data } = await first({ device: device.key, name, after: before });
      const { parameters, ...rest } = data;
      assert.deepEqual(rest, { code, commandKey: event.CommandKey });
      const changed = Array.isArray(parameters) && parameters.includes("Device.X.Y");
      assert.equal(changed, code === "4 VALUE CHANGE");
    }
  });

  test(`by ${binding} a sign of life is kept as the time of the last Inform, and as no event [RPCS-EVENT-3, RPCS-EVENT-15]`, async () => {
    await using device = await enrolReporting(acs.url, binding);
    for (const EventCode of signsOfLife) {
      const events = (await informs(device.key)).length;
      const { lastInform: before = "" } = await acs.client.devices.get(device.key);
      assert.ok((await device.inform([{ EventCode, CommandKey: "" }])).fault === undefined);
      await within(later(device.key, before), "the time of the Inform");
      assert.equal((await informs(device.key)).length, events);
    }
  });

  test(`by ${binding} several M events of one method are as many events, each with its CommandKey [RPCS-EVENT-25]`, async () => {
    await using device = await enrolReporting(acs.url, binding);
    const events: readonly Event[] = ["a", "b", "c"].map((CommandKey) => ({
      ...{ EventCode: "M Download", CommandKey },
    }));
    await device.inform([{ EventCode: "7 TRANSFER COMPLETE", CommandKey: "" }, ...events]);
    const told = (await kept(device.key)).filter(({ name }) => name === "m-download");
    assert.deepEqual(
      told.map(({ data }) => data["commandKey"]),
      ["a", "b", "c"],
    );
  });
}

async function kept(key: DeviceKey): Promise<readonly DeviceEvent[]> {
  return (await acs.client.devices.events(key, { limit: 1_000 })).items;
}

/** The events that came with an Inform. */
async function informs(key: DeviceKey): Promise<readonly DeviceEvent[]> {
  return (await kept(key)).filter(({ data }) => "code" in data && "commandKey" in data);
}

/** The first that follows, as whoever asks for that name gets it. */
async function first(wanted: {
  readonly device: DeviceKey;
  readonly name: string;
  readonly after: number;
}): Promise<DeviceEvent> {
  const { device, name, after } = wanted;
  const signal = AbortSignal.timeout(30_000);
  for await (const event of acs.client.events({ device, names: [name], after, signal })) return event;
  throw new Error("the event stream ended");
}

/** A sign of life is answered before it is stored. */
async function later(key: DeviceKey, before: string): Promise<void> {
  while (((await acs.client.devices.get(key)).lastInform ?? "") <= before);
}
